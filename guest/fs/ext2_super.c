/* SPDX-License-Identifier: MIT */
#include "guest/arch/direct.h"
#include "guest/arch/monitor.h"
#include "guest/fs/ext2.h"
#include "guest/fs/ext2_fs.h"
#include "guest/lib/errno.h"
#include "guest/lib/fmt.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/pool.h"

#define BLOCK_SHIFT_MIN  10
#define LOG_BLOCK_MAX    2 /* 4096 bytes: a page */
#define COMPLAINTS_MAX   8
#define INCOMPAT_KNOWN   EXT2_INCOMPAT_FILETYPE
#define RO_COMPAT_KNOWN  (EXT2_RO_COMPAT_SPARSE_SUPER | EXT2_RO_COMPAT_LARGE_FILE)
#define SECTORS_MAX      UINT32_MAX /* i_blocks has 32 bits */

static struct pool ext2_pool = POOL_INIT(ext2_pool, struct ext2);

/* ---- may it be mounted? ------------------------------------------------ */

static const char *check_features(const struct ext2_super *s, bool *is_read_only)
{
	static const struct {
		uint32_t feature;
		const char *text;
	} refused[] = {
		{ EXT2_INCOMPAT_EXTENTS, "it is ext4 (feature extents)" },
		{ EXT2_INCOMPAT_RECOVER, "its journal has to be replayed first: run e2fsck" },
		{ EXT2_INCOMPAT_JOURNAL_DEV, "it is a journal, not a file system" },
		{ EXT2_INCOMPAT_64BIT, "it is ext4 (feature 64bit)" },
		{ EXT2_INCOMPAT_FLEX_BG, "it is ext4 (feature flex_bg)" },
		{ EXT2_INCOMPAT_META_BG, "feature meta_bg is not supported" },
		{ EXT2_INCOMPAT_MMP, "feature mmp is not supported" },
		{ EXT2_INCOMPAT_COMPRESSION, "feature compression is not supported" },
		{ EXT2_INCOMPAT_EA_INODE, "it is ext4 (feature ea_inode)" },
		{ EXT2_INCOMPAT_CSUM_SEED, "it is ext4 (feature metadata_csum_seed)" },
		{ EXT2_INCOMPAT_LARGEDIR, "it is ext4 (feature large_dir)" },
		{ EXT2_INCOMPAT_INLINE_DATA, "it is ext4 (feature inline_data)" },
		{ EXT2_INCOMPAT_ENCRYPT, "it is ext4 (feature encrypt)" },
		{ EXT2_INCOMPAT_CASEFOLD, "it is ext4 (feature casefold)" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(refused); i++)
		if (s->feature_incompat & refused[i].feature)
			return refused[i].text;
	if (s->feature_incompat & ~INCOMPAT_KNOWN)
		return "it has a feature that is not known here: make it with mke2fs -t ext2";
	if (s->feature_ro_compat & ~RO_COMPAT_KNOWN && !*is_read_only)
		return "it has a feature that only allows reading: mount it with :ro";
	return NULL;
}

static bool is_power_of_2(uint32_t n)
{
	return n && !(n & (n - 1));
}

static const char *check_geometry(const struct ext2_super *s, const struct block_device *device)
{
	uint32_t block_bytes, bits;

	if (s->log_block_size > LOG_BLOCK_MAX)
		return "its blocks are larger than 4096 bytes";
	block_bytes = 1024u << s->log_block_size;
	bits = block_bytes * 8;
	if (!is_power_of_2(s->inode_size) || s->inode_size < EXT2_INODE_SIZE_MIN ||
	    s->inode_size > block_bytes)
		return "the superblock is damaged: inode size";
	if (s->first_data_block != (block_bytes == 1024) ||
	    s->blocks_count <= s->first_data_block + 1)
		return "the superblock is damaged: number of blocks";
	if (!s->blocks_per_group || s->blocks_per_group > bits || !s->inodes_per_group ||
	    s->inodes_per_group > bits ||
	    s->inodes_per_group % (block_bytes / s->inode_size))
		return "the superblock is damaged: size of groups";
	if (s->inodes_count != (uint64_t)s->inodes_per_group *
				       ((s->blocks_count - s->first_data_block - 1) /
						s->blocks_per_group + 1))
		return "the superblock is damaged: number of inodes";
	if (s->first_ino <= EXT2_ROOT_INO || s->first_ino > s->inodes_per_group)
		return "the superblock is damaged: first inode";
	if ((uint64_t)s->blocks_count * (block_bytes / BLOCK_SECTOR_SIZE) > device->nr_sectors)
		return "it is larger than the disk: the image was cut off";
	return NULL;
}

static const char *check_super(const struct ext2_super *s, const struct block_device *device,
			       bool *is_read_only)
{
	const char *error;

	if (s->magic != EXT2_MAGIC)
		return "no ext2 file system is on it: make one with mke2fs -t ext2";
	if (s->rev_level != EXT2_REVISION)
		return "it is of another revision than 1: make it with mke2fs -t ext2";
	error = check_features(s, is_read_only);
	return error ? error : check_geometry(s, device);
}

/* ---- mounting ---------------------------------------------------------- */

/* As far as three levels of block numbers reach, and i_blocks counts. */
static uint64_t file_bytes_max(const struct ext2 *fs)
{
	uint64_t n = fs->slots_per_block, blocks = EXT2_NR_DIRECT + n + n * n + n * n * n;
	uint64_t numbers = n * n + 2 * n + 3; /* an upper bound of their blocks */
	uint64_t countable = (uint64_t)SECTORS_MAX / (fs->block_bytes / BLOCK_SECTOR_SIZE);

	blocks = min_u64(blocks, countable - numbers);
	return blocks << fs->block_shift;
}

static bool is_power_of(uint32_t n, uint32_t base)
{
	while (n % base == 0)
		n /= base;
	return n == 1;
}

/* Blocks that are no file's: the tables, and copies of the superblock and of the
 * descriptors in groups 0, 1 and the powers of 3, 5 and 7. */
static uint32_t overhead(const struct ext2 *fs, bool is_sparse)
{
	uint32_t per_block = fs->block_bytes / sizeof(struct ext2_group);
	uint32_t copy = 1 + (fs->nr_groups + per_block - 1) / per_block;
	uint64_t blocks = fs->first_data_block + (uint64_t)fs->nr_groups * (fs->table_blocks + 2);

	for (uint32_t i = 0; i < fs->nr_groups; i++)
		if (!is_sparse || i <= 1 || is_power_of(i, 3) || is_power_of(i, 5) ||
		    is_power_of(i, 7))
			blocks += copy;
	return min_u64(blocks, fs->blocks_count);
}

static void set_geometry(struct ext2 *fs, const struct ext2_super *s)
{
	fs->block_shift = BLOCK_SHIFT_MIN + s->log_block_size;
	fs->block_bytes = 1u << fs->block_shift;
	fs->blocks_per_page = PAGE_SIZE / fs->block_bytes;
	fs->slots_per_block = fs->block_bytes / sizeof(uint32_t);
	fs->blocks_count = s->blocks_count;
	fs->first_data_block = s->first_data_block;
	fs->blocks_per_group = s->blocks_per_group;
	fs->nr_groups = (s->blocks_count - s->first_data_block - 1) / s->blocks_per_group + 1;
	fs->inodes_count = s->inodes_count;
	fs->inodes_per_group = s->inodes_per_group;
	fs->inode_bytes = s->inode_size;
	fs->first_ino = s->first_ino;
	fs->table_blocks = s->inodes_per_group / (fs->block_bytes / s->inode_size);
	fs->reserved_blocks = s->r_blocks_count;
	fs->bytes_max = file_bytes_max(fs);
	fs->overhead = overhead(fs, s->feature_ro_compat & EXT2_RO_COMPAT_SPARSE_SUPER);
	fs->has_types = s->feature_incompat & EXT2_INCOMPAT_FILETYPE;
	fs->state_at_mount = s->state;
	fs->last_generation = s->wtime;
}

void ext2_close(struct ext2 *fs)
{
	while (!list_is_empty(&fs->nodes))
		ext2_inode_forget(list_entry(fs->nodes.next, struct ext2_node, in_nodes));
	cache_remove_from(&fs->meta, 0);
	for (unsigned i = 0; i < ARRAY_SIZE(fs->frozen); i++)
		cache_remove_from(&fs->frozen[i], 0);
	if (fs->flush_batch)
		batch_destroy(fs->flush_batch);
	if (fs->buckets)
		page_put(direct_paddr(fs->buckets));
	pool_free(&ext2_pool, fs);
}

static struct ext2 *create(struct block_device *device, const struct ext2_super *s,
			   bool is_read_only)
{
	struct ext2 *fs = pool_alloc(&ext2_pool);
	paddr_t pa;

	if (!fs)
		return NULL;
	fs->device = device;
	fs->is_read_only = is_read_only;
	set_geometry(fs, s);
	cache_owner_init(&fs->meta);
	for (unsigned i = 0; i < ARRAY_SIZE(fs->frozen); i++) {
		cache_owner_init(&fs->frozen[i]);
		fs->frozen[i].nr_keepers = 1;
	}
	cache_dirty_init(&fs->dirty);
	list_init(&fs->nodes);
	list_init(&fs->unsaved);
	list_init(&fs->mapped);
	list_init(&fs->orphans);
	sleep_lock_init(&fs->flush_lock);
	pa = page_alloc_zeroed();
	fs->buckets = pa ? direct_map(pa) : NULL;
	fs->flush_batch = batch_create(device, fs->block_bytes);
	if (fs->buckets && fs->flush_batch)
		return fs;
	ext2_close(fs);
	return NULL;
}
_Static_assert(EXT2_BUCKETS * sizeof(struct ext2_node *) <= PAGE_SIZE, "fs->buckets");

static int open_work(struct ext2 *fs, void *arg)
{
	int err = ext2_count_free(fs);

	(void)arg;
	return err ? err : ext2_inode_get(fs, EXT2_ROOT_INO, &fs->root);
}

/* Finds the root and takes possession. */
static const char *open(struct ext2 *fs)
{
	int err = ext2_run(fs, open_work, NULL);

	if (!err && !inode_is_dir(fs->root))
		return "its root is no folder: run e2fsck";
	if (err == -EIO)
		return "it cannot be read, or is damaged: run e2fsck";
	if (err)
		return "memory is too small to mount it";
	fs->root->parent = inode_get(fs->root);
	if (!fs->is_read_only && ext2_mark_mounted(fs, true))
		return "it cannot be written to";
	if (!(fs->state_at_mount & EXT2_STATE_VALID) || fs->state_at_mount & EXT2_STATE_ERROR)
		ext2_tell(fs, "it was not unmounted cleanly or has errors: run e2fsck", 0);
	return NULL;
}

const char *ext2_mount(struct block_device *device, bool is_read_only, struct ext2 **mounted)
{
	paddr_t pa = page_alloc();
	const struct ext2_super *s;
	const char *error = NULL;
	struct ext2 *fs = NULL;

	if (!pa || !cache_init())
		return "memory is too small to mount it";
	is_read_only |= device->is_read_only;
	s = direct_map(pa);
	if (device->nr_sectors * BLOCK_SECTOR_SIZE < 2 * EXT2_SUPER_OFFSET)
		error = "the disk is too small for a file system";
	else if (block_read(device, EXT2_SUPER_OFFSET / BLOCK_SECTOR_SIZE, pa, sizeof(*s)))
		error = "the disk cannot be read";
	else
		error = check_super(s, device, &is_read_only);
	if (!error) {
		fs = create(device, s, is_read_only);
		error = fs ? open(fs) : "memory is too small to mount it";
	}
	if (error && fs)
		ext2_close(fs);
	device->is_mounted = !error;
	page_put(pa);
	*mounted = fs;
	return error;
}

struct inode *ext2_root(struct ext2 *fs)
{
	return inode_get(fs->root);
}

/* Whether a file without a name is in use: its blocks cannot be freed. */
static bool has_nameless(struct ext2 *fs)
{
	list_for_each(l, &fs->nodes)
		if (!list_entry(l, struct ext2_node, in_nodes)->inode->nlink)
			return true;
	return false;
}

int ext2_unmount(struct ext2 *fs)
{
	int err;

	if (fs->is_read_only)
		return 0;
	/* What becomes free by one is written by the next; and a removed folder is
	 * used by the removed ones that were in it. */
	do
		err = ext2_write_back(fs);
	while (!err && (fs->nr_orphans || fs->dirty.nr));
	if (!err && fs->has_lost_untold)
		err = -EIO;
	if (!err && has_nameless(fs))
		err = -EBUSY;
	/* What could not be written leaves it as it is: not clean. */
	return err ? err : ext2_mark_mounted(fs, false);
}

void ext2_tell(struct ext2 *fs, const char *what, uint32_t number)
{
	static struct lde_notice notice;
	struct fmt f = { notice.text, notice.text + sizeof(notice.text) - 1 };

	if (fs->nr_complaints++ >= COMPLAINTS_MAX)
		return;
	notice.kind = LDE_NOTICE_DISK;
	string_copy(notice.name, fs->device->name, sizeof(notice.name));
	fmt_text(&f, what);
	if (number) {
		fmt_text(&f, " ");
		fmt_number(&f, number);
	}
	*f.at = '\0';
	monitor_notice(&notice);
}
