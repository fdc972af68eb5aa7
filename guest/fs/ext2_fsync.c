/* SPDX-License-Identifier: MIT */
/*
 * fsync of one file: what is written is the file, with the names on the way to it,
 * and no more of others than has to be. Blocks of the disk are shared. That of an
 * inode has others' beside it, and those must not come to the disk without what they
 * lead to; so a file takes those that differ from the disk's in the same block along.
 * A block of a folder may name new files that are not written yet: should the end
 * come now, e2fsck takes these names away, since an inode number that was free on the
 * disk leads nowhere (ext2_balloc.c).
 */
#include "guest/arch/offload.h"
#include "guest/fs/ext2.h"
#include "guest/fs/ext2_fs.h"
#include "guest/fs/file.h"
#include "guest/lib/errno.h"

struct fsync {
	struct ext2 *fs;
	struct list nodes;  /* those that are written, each with a use */
	struct ext2_write write;
};

static void add(struct fsync *s, struct ext2_node *node)
{
	if (!list_is_empty(&node->in_sync))
		return;
	list_add_tail(&s->nodes, &node->in_sync);
	inode_get(node->inode);
}

static bool differs(const struct ext2_node *node)
{
	return node->pages.nr_dirty || !list_is_empty(&node->in_unsaved);
}

static void add_neighbours(struct fsync *s, const struct ext2_node *node)
{
	uint32_t nr = s->fs->block_bytes / s->fs->inode_bytes;
	uint32_t first = ext2_inode_block(s->fs, node->ino) * nr + 1;

	for (uint32_t i = 0; i < nr; i++) {
		struct ext2_node *other = ext2_inode_peek(s->fs, first + i);

		if (other && differs(other))
			add(s, other);
	}
}

static void add_folders(struct fsync *s, const struct ext2_node *node)
{
	const struct inode *inode = node->inode;

	/* Above the root is what it is mounted on. */
	while (inode != s->fs->root && inode->parent) {
		inode = inode->parent;
		if (differs(ext2_node_of(inode)))
			add(s, ext2_node_of(inode));
	}
}

static bool is_in(struct fsync *s, uint32_t ino)
{
	const struct ext2_node *node = ext2_inode_peek(s->fs, ino);

	return node && !list_is_empty(&node->in_sync);
}

/* Whether an inode in the same block is written. */
static bool has_neighbour_in(struct fsync *s, uint32_t ino)
{
	uint32_t nr = s->fs->block_bytes / s->fs->inode_bytes;
	uint32_t first = ext2_inode_block(s->fs, ino) * nr + 1;

	for (uint32_t i = 0; i < nr; i++)
		if (is_in(s, first + i))
			return true;
	return false;
}

static bool is_wanted(struct fsync *s, const struct cache_page *page)
{
	if (page->owner != &s->fs->meta)
		return !list_is_empty(&container_of(page->owner, struct ext2_node, pages)->in_sync);
	switch (page->class) {
	case CACHE_BITMAP:
		return true;
	case CACHE_NUMBERS:
	case CACHE_NUMBERS_2:
	case CACHE_NUMBERS_3:
	case CACHE_INODE:
		return has_neighbour_in(s, page->ino);
	case CACHE_NAMES_LEFT: /* since this began; write_one sees to it */
		return false;
	default:
		return is_in(s, page->ino);
	}
}

static void take(struct fsync *s)
{
	for (unsigned class = 0; class < CACHE_NR_CLASSES; class++)
		list_for_each_safe(l, &s->fs->dirty.pages[class]) {
			struct cache_page *page = list_entry(l, struct cache_page, in_dirty);

			if (is_wanted(s, page))
				ext2_write_take(&s->write, page);
		}
}

/* Who is written with whom; if all of them are saved, what they have to be written. */
static uint64_t gather_run(void *arg)
{
	struct fsync *s = arg;
	bool is_saved = true;

	list_for_each(l, &s->nodes) {
		const struct ext2_node *node = list_entry(l, struct ext2_node, in_sync);

		add_neighbours(s, node);
		add_folders(s, node);
		is_saved &= list_is_empty(&node->in_unsaved);
	}
	if (is_saved)
		take(s);
	return is_saved;
}

static uint64_t take_own_run(void *arg)
{
	struct fsync *s = arg;
	struct ext2_node *node = list_entry(s->nodes.next, struct ext2_node, in_sync);

	list_for_each(l, &node->pages.pages) {
		struct cache_page *page = list_entry(l, struct cache_page, in_owner);

		if (page->dirty)
			ext2_write_take(&s->write, page);
	}
	return 0;
}

static int save(struct fsync *s)
{
	int err = 0;

	list_for_each(l, &s->nodes) {
		struct ext2_node *node = list_entry(l, struct ext2_node, in_sync);

		ext2_write_maps(node);
		if (!err && !list_is_empty(&node->in_unsaved))
			err = ext2_save_now(node);
	}
	return err;
}

static void let_go(struct fsync *s)
{
	while (!list_is_empty(&s->nodes)) {
		struct ext2_node *node = list_entry(s->nodes.next, struct ext2_node, in_sync);

		list_remove(&node->in_sync);
		inode_put(node->inode);
	}
}

static int write_file(struct fsync *s, struct ext2_node *node)
{
	int err;

	ext2_write_begin(&s->write, s->fs);
	list_init(&s->nodes);
	add(s, node);
	ext2_write_maps(node);
	offload_call(take_own_run, s); /* its data, while others go on */
	err = ext2_write_out(&s->write);
	while (!err && !offload_call(gather_run, s))
		err = save(s);
	if (!err)
		err = ext2_write_out(&s->write);
	let_go(s);
	return err;
}

/* A name that moves to another block must be there before it leaves the old one,
 * and that may be anybody's. */
static bool has_moved_names(const struct ext2 *fs)
{
	return !list_is_empty(&fs->dirty.pages[CACHE_NAMES_LEFT]);
}

static int write_one(struct ext2_node *node)
{
	struct ext2 *fs = node->fs;
	struct fsync s = { .fs = fs };
	bool needs_all;
	int err;

	if (fs->is_read_only)
		return 0;
	sleep_lock_take(&fs->flush_lock);
	/* What was kept for the next time may be of inodes that are saved. */
	needs_all = has_moved_names(fs) || fs->is_stuck;
	err = needs_all ? 0 : write_file(&s, node);
	sleep_lock_drop(&fs->flush_lock);
	/* Its name, too, may be in a block that somebody has moved one from meanwhile. */
	needs_all |= has_moved_names(fs);
	return needs_all && !err ? ext2_write_back(fs) : err;
}

uint32_t ext2_nr_lost(const struct ext2_node *node)
{
	return node->nr_lost + node->fs->nr_flushes_failed;
}

/* As has been told up to *nr_told. */
static int sync_and_tell(struct ext2_node *node, uint32_t *nr_told)
{
	int err = write_one(node);

	if (*nr_told == ext2_nr_lost(node))
		return err;
	*nr_told = node->nr_lost_told = ext2_nr_lost(node);
	node->fs->has_lost_untold = false;
	return node->lost_error ? node->lost_error : -EIO;
}

int ext2_fsync(struct inode *inode)
{
	struct ext2_node *node = ext2_node_of(inode);

	/* Of a folder its names, which are worth nothing without the files. */
	return inode_is_dir(inode) ? ext2_sync(node->fs) :
		sync_and_tell(node, &node->nr_lost_told);
}

int ext2_fsync_open(struct file *file)
{
	return sync_and_tell(ext2_node_of(file->inode), &file->nr_lost_told);
}
