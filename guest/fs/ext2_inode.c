/* SPDX-License-Identifier: MIT */
#include "guest/arch/offload.h"
#include "guest/fs/blockdev.h"
#include "guest/fs/device.h"
#include "guest/fs/ext2_fs.h"
#include "guest/fs/file.h"
#include "guest/fs/pipe.h"
#include "guest/fs/text.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/pool.h"

#define NS_PER_SEC  1000000000ull
#define EPOCH_BITS  2     /* of a time's extra word; the rest is nanoseconds */
#define EPOCH_MASK  3u
#define TRIM_STEP   64    /* inodes looked at in one go */
#define HAS_TIMES   160u  /* inode size from which there are extra words */

static struct pool node_pool = POOL_INIT(node_pool, struct ext2_node);

/* Links of up to so many bytes are kept in the inode, where others have block
 * numbers. */
#define FAST_LINK_MAX (sizeof(((struct ext2_raw_inode *)0)->block) - 1)

/* ---- on the disk ------------------------------------------------------- */

int ext2_raw(struct ext2 *fs, uint32_t ino, struct cache_page **page, struct ext2_raw_inode **raw)
{
	uint64_t offset = (uint64_t)((ino - 1) % fs->inodes_per_group) * fs->inode_bytes;
	struct ext2_place p;
	int err = ext2_group_get(fs, (ino - 1) / fs->inodes_per_group, &p);

	if (!err)
		err = ext2_get(fs, p.group->inode_table + (offset >> fs->block_shift), page);
	if (!err)
		*raw = (struct ext2_raw_inode *)((*page)->data + offset % fs->block_bytes);
	return err;
}

static bool has_extra_times(const struct ext2 *fs, const struct ext2_raw_inode *raw)
{
	return fs->inode_bytes >= HAS_TIMES && raw->extra_isize >= EXT2_EXTRA_ISIZE - 8;
}

/* Times before the epoch become it. */
static uint64_t time_of(uint32_t seconds, uint32_t extra, bool has_extra)
{
	int64_t s = (int32_t)seconds;
	uint64_t ns = 0;

	if (has_extra) {
		s += (int64_t)(extra & EPOCH_MASK) << 32;
		ns = extra >> EPOCH_BITS;
	}
	return s < 0 || ns >= NS_PER_SEC ? 0 : s * NS_PER_SEC + ns;
}

static void set_time(uint64_t time_ns, uint32_t *seconds, uint32_t *extra, bool has_extra)
{
	uint64_t s = time_ns / NS_PER_SEC;

	if (!has_extra) {
		*seconds = min_u64(s, INT32_MAX);
		return;
	}
	*seconds = s;
	*extra = (uint32_t)(time_ns % NS_PER_SEC) << EPOCH_BITS |
		 (((int64_t)s - (int32_t)s) >> 32 & EPOCH_MASK);
}

/* What the inode says in memory, but its block numbers. */
static void store(const struct ext2_node *node, struct ext2_raw_inode *raw)
{
	const struct inode *inode = node->inode;
	bool has_extra = has_extra_times(node->fs, raw);

	raw->mode = inode->mode;
	raw->uid = inode->uid;
	raw->uid_high = inode->uid >> 16;
	raw->gid = inode->gid;
	raw->gid_high = inode->gid >> 16;
	raw->size = inode->object.size;
	if (inode_is_regular(inode))
		raw->size_high = inode->object.size >> 32;
	/* The last name is counted until the blocks are freed: the folder has to
	 * be written without it first. */
	raw->links_count = inode->nlink ? inode->nlink : 1;
	raw->blocks = node->nr_sectors;
	raw->flags = node->flags;
	set_time(inode->atime_ns, &raw->atime, &raw->atime_extra, has_extra);
	set_time(inode->mtime_ns, &raw->mtime, &raw->mtime_extra, has_extra);
	set_time(inode->ctime_ns, &raw->ctime, &raw->ctime_extra, has_extra);
}

static void load(struct ext2_node *node, const struct ext2_raw_inode *raw)
{
	struct inode *inode = node->inode;
	bool has_extra = has_extra_times(node->fs, raw);

	inode->uid = raw->uid | (uint32_t)raw->uid_high << 16;
	inode->gid = raw->gid | (uint32_t)raw->gid_high << 16;
	inode->object.size = raw->size;
	if (inode_is_regular(inode))
		inode->object.size |= (uint64_t)raw->size_high << 32;
	inode->nlink = raw->links_count;
	node->nr_sectors = raw->blocks;
	node->flags = raw->flags;
	node->file_acl = raw->file_acl;
	inode->atime_ns = time_of(raw->atime, raw->atime_extra, has_extra);
	inode->mtime_ns = time_of(raw->mtime, raw->mtime_extra, has_extra);
	inode->ctime_ns = time_of(raw->ctime, raw->ctime_extra, has_extra);
}

/* Whether what the disk says can be an inode in use. */
static int check_raw(struct ext2 *fs, uint32_t ino, const struct ext2_raw_inode *raw)
{
	uint64_t size = raw->size;

	if (!raw->links_count)
		return ext2_complain(fs, "a name of a removed file, inode", ino);
	if (raw->flags & EXT2_FLAG_EXTENTS)
		return ext2_complain(fs, "extents, which ext2 has not, in inode", ino);
	switch (raw->mode & MODE_TYPE) {
	case MODE_REGULAR:
		size |= (uint64_t)raw->size_high << 32;
		return size <= fs->bytes_max ? 0 :
			ext2_complain(fs, "a size beyond all limits, of inode", ino);
	case MODE_DIR:
		return size && size % fs->block_bytes == 0 && size <= INT32_MAX ? 0 :
			ext2_complain(fs, "a folder of an impossible size, inode", ino);
	case MODE_SYMLINK:
		return size && size < min_u64(PATH_SIZE, fs->block_bytes) ? 0 :
			ext2_complain(fs, "a link of an impossible size, inode", ino);
	case MODE_CHAR:
	case MODE_BLOCK:
	case MODE_FIFO:
	case MODE_SOCKET:
		return 0;
	default:
		return ext2_complain(fs, "a file of no known type, inode", ino);
	}
}

/* ---- links ------------------------------------------------------------- */

bool ext2_link_is_fast(const struct ext2_node *node)
{
	uint32_t of_acl = node->file_acl ? node->fs->block_bytes / BLOCK_SECTOR_SIZE : 0;

	return node->nr_sectors <= of_acl && node->inode->object.size <= FAST_LINK_MAX;
}

static int64_t link_read(struct inode *link, char *buf, const char **target)
{
	struct ext2_node *node = ext2_node_of(link);
	struct ext2_raw_inode *raw;
	struct cache_page *page;
	uint32_t block;
	int err;

	if (ext2_link_is_fast(node)) {
		err = ext2_raw(node->fs, node->ino, &page, &raw);
		if (!err)
			*target = (const char *)raw->block;
	} else {
		err = ext2_map_find(node, 0, &block);
		if (!err && !block)
			err = ext2_complain(node->fs, "a link without a target, inode", node->ino);
		if (!err)
			err = ext2_get(node->fs, block, &page);
		if (!err) /* then page is set */
			*target = page->data; /* cppcheck-suppress uninitStructMember */
	}
	if (err)
		return err;
	if (buf) {
		memcpy(buf, *target, link->object.size);
		*target = buf;
	}
	return link->object.size;
}

/* ---- in memory --------------------------------------------------------- */

uint32_t ext2_inode_own_name(const struct inode *inode, char text[DIR_TEXT_SIZE], const char **name)
{
	const struct ext2_node *node = ext2_node_of(inode);

	(void)text;
	*name = node->name;
	return node->name ? node->name_len : 0;
}

void ext2_inode_retire(struct inode *inode)
{
	struct ext2_node *node = ext2_node_of(inode);

	if (!list_is_empty(&node->in_orphans))
		return;
	cache_remove_from(&node->pages, 0);
	list_add_tail(&node->fs->orphans, &node->in_orphans);
	node->fs->nr_orphans++;
}

static const struct inode_ops link_ops = {
	.read_link = link_read,
	.name = ext2_inode_own_name,
	.retire = ext2_inode_retire,
	.tree = &ext2_tree_ops,
};
static const struct inode_ops special_ops = {
	.name = ext2_inode_own_name,
	.retire = ext2_inode_retire,
	.tree = &ext2_tree_ops,
};

static const struct file_ops no_file_ops;

static void set_ops(struct inode *inode)
{
	inode->file_ops = &no_file_ops;
	switch (inode->mode & MODE_TYPE) {
	case MODE_REGULAR:
		inode->ops = &ext2_file_inode_ops;
		inode->file_ops = &ext2_file_ops;
		inode->object.ops = &ext2_object_ops;
		break;
	case MODE_DIR:
		inode->ops = &ext2_dir_inode_ops;
		inode->file_ops = &ext2_dir_file_ops;
		break;
	case MODE_SYMLINK:
		inode->ops = &link_ops;
		break;
	case MODE_FIFO:
		inode->ops = &special_ops;
		inode->file_ops = &pipe_file_ops;
		break;
	case MODE_BLOCK:
		inode->ops = &special_ops;
		inode->file_ops = &blockdev_file_ops;
		break;
	default:
		inode->ops = &special_ops;
		inode->file_ops = device_file_ops((inode->mode & MODE_TYPE) == MODE_CHAR ?
							  inode->rdev : 0);
	}
}

static struct ext2_node **bucket_of(struct ext2 *fs, uint32_t ino)
{
	return &fs->buckets[ino % EXT2_BUCKETS];
}

/* An inode in memory, without a use; NULL without memory. */
static struct ext2_node *node_create(struct ext2 *fs, uint32_t ino, uint32_t mode, uint32_t rdev)
{
	struct ext2_node *node = pool_alloc(&node_pool), **bucket = bucket_of(fs, ino);
	struct inode *inode = node ? inode_create(NULL, block_rdev(fs->device), mode) : NULL;

	if (!inode) {
		if (node)
			pool_free(&node_pool, node);
		return NULL;
	}
	inode->users = 0;
	inode->number = ino;
	inode->rdev = rdev;
	inode->on_disk = node;
	node->inode = inode;
	node->fs = fs;
	node->ino = ino;
	node->next = *bucket;
	*bucket = node;
	cache_owner_init(&node->pages);
	node->nr_lost_told = ext2_nr_lost(node);
	sleep_lock_init(&node->lock);
	list_init(&node->in_unsaved);
	list_init(&node->in_mapped);
	list_init(&node->in_orphans);
	list_init(&node->in_sync);
	list_add_tail(&fs->nodes, &node->in_nodes);
	fs->nr_nodes++;
	set_ops(inode);
	return node;
}

struct ext2_node *ext2_inode_peek(struct ext2 *fs, uint32_t ino)
{
	struct ext2_node *node = *bucket_of(fs, ino);

	while (node && node->ino != ino)
		node = node->next;
	return node;
}

uint32_t ext2_inode_block(const struct ext2 *fs, uint32_t ino)
{
	return (ino - 1) / (fs->block_bytes / fs->inode_bytes);
}

static uint32_t rdev_of(const struct ext2_raw_inode *raw)
{
	uint32_t type = raw->mode & MODE_TYPE;

	if (type != MODE_CHAR && type != MODE_BLOCK)
		return 0;
	return raw->block[0] ? raw->block[0] : raw->block[1];
}

int ext2_inode_get(struct ext2 *fs, uint32_t ino, struct inode **inode)
{
	struct ext2_node *node = ext2_inode_peek(fs, ino);
	struct ext2_raw_inode *raw;
	struct cache_page *page;
	int err;

	if (node && !node->inode->nlink) /* one more name than it was said to have */
		return ext2_complain(fs, "a name of a removed file, inode", ino);
	if (node) {
		list_remove(&node->in_nodes);
		list_add_tail(&fs->nodes, &node->in_nodes);
		*inode = node->inode;
		return 0;
	}
	if (ino != EXT2_ROOT_INO && (ino < fs->first_ino || ino > fs->inodes_count))
		return ext2_complain(fs, "an inode number out of range", ino);
	err = ext2_raw(fs, ino, &page, &raw);
	if (!err)
		err = check_raw(fs, ino, raw);
	if (err)
		return err;
	node = node_create(fs, ino, raw->mode, rdev_of(raw));
	if (!node)
		return -ENOMEM;
	load(node, raw);
	*inode = node->inode;
	return 0;
}

static void store_rdev(struct ext2_raw_inode *raw, uint32_t rdev)
{
	uint32_t major = rdev >> 8 & 0xfff, minor = (rdev & 0xff) | (rdev >> 12 & 0xfff00);

	raw->block[major > 0xff || minor > 0xff] = rdev;
}

int ext2_inode_make(struct ext2 *fs, uint32_t ino, uint32_t mode, uint32_t rdev,
		    struct inode **inode)
{
	struct ext2_raw_inode *raw;
	struct ext2_node *node;
	struct cache_page *page;
	int err = ext2_raw(fs, ino, &page, &raw);

	if (!err)
		err = ext2_edit(fs, page, CACHE_INODE, ino);
	if (err)
		return err;
	if (ext2_inode_peek(fs, ino))
		return ext2_complain(fs, "an inode in use that is said to be free, inode", ino);
	memset(raw, 0, fs->inode_bytes);
	if (fs->inode_bytes >= HAS_TIMES)
		raw->extra_isize = EXT2_EXTRA_ISIZE;
	raw->generation = ++fs->last_generation;
	raw->mode = mode;
	if ((mode & MODE_TYPE) == MODE_CHAR || (mode & MODE_TYPE) == MODE_BLOCK)
		store_rdev(raw, rdev);
	node = node_create(fs, ino, mode, rdev);
	if (!node)
		return -ENOMEM;
	fs->made = node;
	*inode = node->inode;
	return 0;
}

void ext2_unsaved(struct ext2_node *node)
{
	if (list_is_empty(&node->in_unsaved))
		list_add_tail(&node->fs->unsaved, &node->in_unsaved);
}

int ext2_save(struct ext2 *fs, void *arg)
{
	struct ext2_node *node = arg;
	struct ext2_raw_inode *raw;
	struct cache_page *page;
	int err = ext2_raw(fs, node->ino, &page, &raw);

	if (!err)
		err = ext2_edit(fs, page, CACHE_INODE, node->ino);
	if (err)
		return err;
	store(node, raw);
	if (node->inode->object.size > INT32_MAX)
		fs->has_large = true;
	list_remove(&node->in_unsaved);
	return 0;
}

static void drop_name(struct ext2_node *node)
{
	if (node->name)
		text_drop(node->name, node->name_len);
	node->name = NULL;
}

static void drop_parent(struct inode *inode)
{
	struct inode *parent = inode->parent;

	inode->parent = NULL;
	if (parent)
		inode_put(parent);
}

void ext2_inode_name(struct inode *inode, struct inode *dir, const char *name, uint32_t len)
{
	struct ext2_node *node = ext2_node_of(inode);

	if (node->name && name && inode->parent == dir && node->name_len == len &&
	    !memcmp(node->name, name, len))
		return;
	drop_name(node);
	if (!name)
		return; /* a folder still knows what .. is */
	node->name = text_keep(name, len);
	node->name_len = len;
	if (inode->parent == dir)
		return;
	drop_parent(inode);
	inode->parent = inode_get(dir);
}

void ext2_inode_forget(struct ext2_node *node)
{
	struct ext2 *fs = node->fs;
	struct ext2_node **link = bucket_of(fs, node->ino);

	while (*link != node)
		link = &(*link)->next;
	*link = node->next;
	list_remove(&node->in_nodes);
	list_remove(&node->in_unsaved);
	list_remove(&node->in_mapped);
	if (!list_is_empty(&node->in_orphans)) {
		list_remove(&node->in_orphans);
		fs->nr_orphans--;
	}
	fs->nr_nodes--;
	cache_remove_from(&node->pages, 0);
	drop_name(node);
	if (node->inode->parent != node->inode)
		drop_parent(node->inode);
	inode_destroy(node->inode);
	pool_free(&node_pool, node);
}

/* Whether all there is to know of it is on the disk, and nobody needs it in memory. */
static bool can_forget(const struct ext2_node *node)
{
	return !node->inode->users && node->inode->nlink && !node->pages.nr_dirty &&
	       !node->pages.nr_holds && list_is_empty(&node->in_unsaved);
}

static uint64_t trim_run(void *arg)
{
	struct ext2 *fs = arg;
	unsigned nr_seen = 0;

	cache_begin();
	list_for_each_safe(l, &fs->nodes) {
		struct ext2_node *node = list_entry(l, struct ext2_node, in_nodes);

		if (fs->nr_nodes <= EXT2_NODES_MAX || ++nr_seen > TRIM_STEP)
			break;
		if (can_forget(node)) {
			ext2_inode_forget(node);
		} else {
			list_remove(&node->in_nodes);
			list_add_tail(&fs->nodes, &node->in_nodes);
		}
	}
	return 0;
}

void ext2_trim_nodes(struct ext2 *fs)
{
	if (fs->nr_nodes > EXT2_NODES_MAX)
		offload_call(trim_run, fs);
}
