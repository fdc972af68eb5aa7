/* SPDX-License-Identifier: MIT */
#include <linux/fs.h>

#include "guest/core/clock.h"
#include "guest/fs/ext2.h"
#include "guest/fs/ext2_fs.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"

/* The name is gone, and perhaps with it the file. */
static void lose_name(struct inode *inode, uint64_t now)
{
	inode->nlink = inode_is_dir(inode) ? 0 : inode->nlink - 1;
	inode->ctime_ns = now;
	ext2_change(ext2_node_of(inode));
	inode_put(inode_get(inode));
}

static void note_written(struct inode *dir, uint64_t now)
{
	dir->mtime_ns = dir->ctime_ns = now;
	ext2_change(ext2_node_of(dir));
}

static void lose_folder(struct inode *dir)
{
	if (dir->nlink > 2) /* less: it was wrong before */
		dir->nlink--;
}

static int check_absent(struct inode *dir, const char *name, uint32_t len)
{
	struct ext2_found found;
	int err;

	if (!dir->nlink)
		return -ENOENT;
	err = ext2_dir_find(dir, name, len, &found);
	if (err == -ENOENT)
		return ext2_of(dir)->is_read_only ? -EROFS : 0;
	return err ? err : -EEXIST;
}

/* ---- which block first ------------------------------------------------- */

/*
 * The block that a name of a file leaves is written after the one that has got
 * another name of it. If one has to be before the other already, by an earlier
 * move, -EDEADLK: then all is written as it is, and it is done again.
 */
static int leave_block(struct inode *dir, const struct ext2_found *found)
{
	if (found->page->is_target || found->page->is_in_flight)
		return -EDEADLK;
	return ext2_dir_remove(dir, found, CACHE_NAMES_LEFT);
}

/* The other side; the block has been changed by now. */
static int check_target_block(const struct cache_page *page)
{
	return page->class == CACHE_NAMES_LEFT ? -EDEADLK : 0;
}

static int run_in_order(struct ext2 *fs, ext2_fn fn, void *arg)
{
	int err;

	do
		err = ext2_run_growing(fs, fn, arg);
	while (err == -EDEADLK && !(err = ext2_write_back(fs)));
	return err;
}

/* ---- adding ------------------------------------------------------------ */

struct create {
	struct inode *dir, *inode;
	const char *name, *target;
	uint32_t len, mode, rdev;
	uint64_t now;
};

/* What a link says: in the inode if it is short, else in a block. */
static int store_target(struct inode *link, const char *target)
{
	struct ext2_node *node = ext2_node_of(link);
	struct ext2 *fs = node->fs;
	uint32_t len = strlen(target), block;
	struct ext2_raw_inode *raw;
	struct cache_page *page;
	bool is_new;
	int err;

	if (len >= fs->block_bytes)
		return -ENAMETOOLONG;
	link->object.size = len;
	err = ext2_raw(fs, node->ino, &page, &raw);
	if (err)
		return err;
	if (len < sizeof(raw->block)) {
		memcpy(raw->block, target, len); /* ext2_inode_make is about to change it */
		return 0;
	}
	err = ext2_map_make(node, 0, &block, &is_new);
	if (!err)
		err = ext2_get_new(fs, block, CACHE_DATA, node->ino, &page);
	if (!err)
		memcpy(page->data, target, len);
	return err;
}

static int create_work(struct ext2 *fs, void *arg)
{
	struct create *c = arg;
	bool is_dir = (c->mode & MODE_TYPE) == MODE_DIR;
	struct inode *dir = c->dir;
	uint32_t ino;
	int err = check_absent(dir, c->name, c->len);

	if (!err && is_dir && dir->nlink >= EXT2_LINKS_MAX)
		err = -EMLINK;
	if (!err)
		err = ext2_ino_alloc(fs, dir->number, is_dir, &ino);
	if (!err)
		err = ext2_inode_make(fs, ino, c->mode, c->rdev, &c->inode);
	if (!err && is_dir)
		err = ext2_dir_begin(c->inode, dir->number);
	if (!err && c->target)
		err = store_target(c->inode, c->target);
	if (!err)
		err = ext2_dir_add(dir, c->name, c->len, ino, c->mode);
	if (err)
		return err;
	c->inode->nlink = is_dir ? 2 : 1;
	dir->nlink += is_dir;
	c->inode->atime_ns = c->now;
	note_written(c->inode, c->now);
	note_written(dir, c->now);
	ext2_inode_name(c->inode, dir, c->name, c->len);
	inode_get(c->inode);
	return 0;
}

static int ext2_create(struct inode *dir, const char *name, uint32_t len, uint32_t mode,
		       uint32_t rdev, const char *target, struct inode **made)
{
	struct ext2 *fs = ext2_of(dir);
	struct create c = { dir, NULL, name, target, len, mode, rdev, clock_real_ns() };
	int err = ext2_run_growing(fs, create_work, &c);

	if (err)
		return err;
	*made = c.inode;
	ext2_balance(fs);
	return 0;
}

static int link_work(struct ext2 *fs, void *arg)
{
	const struct create *c = arg;
	struct inode *inode = c->inode;
	struct ext2_found found;
	int err = check_absent(c->dir, c->name, c->len);

	(void)fs;
	if (!err && !inode->nlink)
		err = -ENOENT;
	if (!err && inode->nlink >= EXT2_LINKS_MAX)
		err = -EMLINK;
	if (!err)
		err = ext2_dir_add(c->dir, c->name, c->len, inode->number, inode->mode);
	if (!err)
		err = ext2_dir_find(c->dir, c->name, c->len, &found);
	if (!err)
		err = check_target_block(found.page);
	if (err)
		return err;
	found.page->is_target = true;
	inode->nlink++;
	inode->ctime_ns = c->now;
	ext2_change(ext2_node_of(inode));
	note_written(c->dir, c->now);
	return 0;
}

static int ext2_link(struct inode *dir, const char *name, uint32_t len, struct inode *inode)
{
	struct ext2 *fs = ext2_of(dir);
	struct create c = { .dir = dir, .inode = inode, .name = name, .len = len,
			    .now = clock_real_ns() };
	int err = run_in_order(fs, link_work, &c);

	if (!err)
		ext2_balance(fs);
	return err;
}

/* ---- removing ---------------------------------------------------------- */

struct removal {
	struct inode *dir;
	const char *name;
	uint32_t len;
	bool is_rmdir, has_slash;
	uint64_t now;
};

static int check_removal(const struct removal *r, struct inode *inode)
{
	if (r->is_rmdir)
		return inode_is_dir(inode) ? ext2_dir_check_empty(inode) : -ENOTDIR;
	if (inode_is_dir(inode))
		return -EISDIR;
	return r->has_slash ? -ENOTDIR : 0;
}

static int remove_work(struct ext2 *fs, void *arg)
{
	const struct removal *r = arg;
	struct ext2_found found;
	struct inode *inode;
	int err = ext2_dir_find(r->dir, r->name, r->len, &found);

	if (!err)
		err = ext2_inode_get(fs, found.ino, &inode);
	if (!err)
		err = check_removal(r, inode);
	if (!err)
		err = !r->is_rmdir && inode->nlink > 1 ?
			      leave_block(r->dir, &found) :
			      ext2_dir_remove(r->dir, &found, CACHE_NAMES);
	if (err)
		return err;
	if (r->is_rmdir)
		lose_folder(r->dir);
	note_written(r->dir, r->now);
	ext2_inode_name(inode, r->dir, NULL, 0);
	lose_name(inode, r->now);
	return 0;
}

static int ext2_remove(struct inode *dir, const char *name, uint32_t len, bool is_rmdir,
		       bool has_slash)
{
	struct ext2 *fs = ext2_of(dir);
	struct removal r = { dir, name, len, is_rmdir, has_slash, clock_real_ns() };
	int err = fs->is_read_only ? -EROFS : run_in_order(fs, remove_work, &r);

	if (!err)
		ext2_balance(fs);
	return err;
}

/* ---- renaming ---------------------------------------------------------- */

struct rename {
	const struct tree_name *old, *new;
	unsigned flags;
	uint64_t now;
	struct inode *from, *to; /* to: NULL if the new name is not there */
	struct ext2_found old_found, new_found;
};

/* Whether dir is inode, or below it. */
static bool is_below(const struct inode *dir, const struct inode *inode)
{
	while (dir != inode && dir != dir->parent)
		dir = dir->parent;
	return dir == inode;
}

static int find_both(struct ext2 *fs, struct rename *r)
{
	int err = ext2_dir_find(r->old->dir, r->old->name, r->old->len, &r->old_found);

	r->to = NULL;
	if (!err)
		err = ext2_inode_get(fs, r->old_found.ino, &r->from);
	if (err)
		return err;
	err = ext2_dir_find(r->new->dir, r->new->name, r->new->len, &r->new_found);
	if (!err)
		err = ext2_inode_get(fs, r->new_found.ino, &r->to);
	if (!r->to)
		return err == -ENOENT && !(r->flags & RENAME_EXCHANGE) ? 0 : err;
	return r->flags & RENAME_NOREPLACE ? -EEXIST : 0;
}

/* As sys/rename.c has it for names in memory: slashes behind names, and folders
 * into themselves. */
static int check_shape(const struct rename *r)
{
	bool exchanges = r->flags & RENAME_EXCHANGE;

	if (exchanges && r->new->has_slash && !inode_is_dir(r->to))
		return -ENOTDIR;
	if (!inode_is_dir(r->from) && (r->old->has_slash || (r->new->has_slash && !exchanges)))
		return -ENOTDIR;
	if (inode_is_dir(r->from) && is_below(r->new->dir, r->from))
		return -EINVAL;
	if (r->to && inode_is_dir(r->to) && is_below(r->old->dir, r->to))
		return exchanges ? -EINVAL : -ENOTEMPTY;
	return r->new->dir->nlink ? 0 : -ENOENT;
}

/* Whether what has the new name may give way. */
static int check_target(const struct rename *r)
{
	if (!r->to || r->flags & RENAME_EXCHANGE)
		return 0;
	if (!inode_is_dir(r->from))
		return inode_is_dir(r->to) ? -EISDIR : 0;
	return inode_is_dir(r->to) ? ext2_dir_check_empty(r->to) : -ENOTDIR;
}

/* .. of a folder that comes into dir from elsewhere. */
static int set_parent(const struct rename *r, struct inode *inode, struct inode *dir)
{
	struct ext2_found found;
	int err;

	if (!inode_is_dir(inode) || r->old->dir == r->new->dir)
		return 0;
	err = ext2_dir_find(inode, "..", 2, &found);
	if (err == -ENOENT)
		return ext2_complain(ext2_of(dir), "a folder without .., inode", inode->number);
	return err ? err : ext2_dir_set(inode, &found, dir->number, MODE_DIR);
}

static int exchange_entries(struct rename *r)
{
	int err = ext2_dir_set(r->old->dir, &r->old_found, r->to->number, r->to->mode);

	if (!err)
		err = ext2_dir_set(r->new->dir, &r->new_found, r->from->number, r->from->mode);
	if (!err)
		err = set_parent(r, r->to, r->old->dir);
	return err ? err : set_parent(r, r->from, r->new->dir);
}

static int remove_old(struct rename *r)
{
	int err;

	if (r->old_found.page == r->new_found.page)
		return ext2_dir_remove(r->old->dir, &r->old_found, CACHE_NAMES);
	err = check_target_block(r->new_found.page);
	return err ? err : leave_block(r->old->dir, &r->old_found);
}

static int move_entry(struct rename *r)
{
	const struct tree_name *old = r->old, *new = r->new;
	int err;

	if (r->to)
		err = ext2_dir_set(new->dir, &r->new_found, r->from->number, r->from->mode);
	else
		err = ext2_dir_add(new->dir, new->name, new->len, r->from->number, r->from->mode);
	/* The new entry may be in front of the old one now. */
	if (!err)
		err = ext2_dir_find(new->dir, new->name, new->len, &r->new_found);
	if (!err)
		err = ext2_dir_find(old->dir, old->name, old->len, &r->old_found);
	if (!err)
		err = remove_old(r);
	return err ? err : set_parent(r, r->from, new->dir);
}

/* What everybody knows of it in memory. Nothing can fail any more. */
static void note_moved(struct rename *r)
{
	struct inode *old_dir = r->old->dir, *new_dir = r->new->dir;
	bool exchanges = r->flags & RENAME_EXCHANGE;

	note_written(old_dir, r->now);
	note_written(new_dir, r->now);
	r->from->ctime_ns = r->now;
	ext2_change(ext2_node_of(r->from));
	if (!exchanges && r->new_found.page != r->old_found.page)
		r->new_found.page->is_target = true;
	if (inode_is_dir(r->from)) {
		lose_folder(old_dir);
		new_dir->nlink++;
	}
	if (r->to && inode_is_dir(r->to)) {
		lose_folder(new_dir);
		old_dir->nlink += exchanges;
	}
	if (exchanges) {
		r->to->ctime_ns = r->now;
		ext2_change(ext2_node_of(r->to));
		ext2_inode_name(r->to, old_dir, r->old->name, r->old->len);
	}
	ext2_inode_name(r->from, new_dir, r->new->name, r->new->len);
	if (r->to && !exchanges) {
		ext2_inode_name(r->to, new_dir, NULL, 0);
		lose_name(r->to, r->now);
	}
}

static int rename_work(struct ext2 *fs, void *arg)
{
	struct rename *r = arg;
	int err = find_both(fs, r);

	if (!err)
		err = check_shape(r);
	if (err || r->from == r->to)
		return err; /* two names of one file: both stay */
	err = check_target(r);
	if (err)
		return err;
	if (inode_is_dir(r->from) && r->new->dir->nlink >= EXT2_LINKS_MAX)
		return -EMLINK;
	err = r->flags & RENAME_EXCHANGE ? exchange_entries(r) : move_entry(r);
	if (!err)
		note_moved(r);
	return err;
}

static int ext2_rename(const struct tree_name *old, const struct tree_name *new, unsigned flags)
{
	struct ext2 *fs = ext2_of(old->dir);
	struct rename r = { .old = old, .new = new, .flags = flags, .now = clock_real_ns() };
	int err = fs->is_read_only ? -EROFS : run_in_order(fs, rename_work, &r);

	if (!err)
		ext2_balance(fs);
	return err;
}

/* ---- the rest ---------------------------------------------------------- */

static void ext2_changed(struct inode *inode)
{
	if (!ext2_of(inode)->is_read_only)
		ext2_unsaved(ext2_node_of(inode));
}

static int sync_all(struct inode *inode)
{
	return ext2_sync(ext2_of(inode));
}

static void usage(const struct inode *inode, struct tree_usage *u)
{
	const struct ext2 *fs = ext2_of(inode);

	u->magic = EXT2_MAGIC;
	u->block_bytes = fs->block_bytes;
	u->nr_blocks = fs->blocks_count - fs->overhead;
	u->nr_free = fs->free_blocks;
	u->nr_available = fs->free_blocks - min_u64(fs->free_blocks, fs->reserved_blocks);
	u->nr_inodes = fs->inodes_count;
	u->nr_inodes_free = fs->free_inodes;
}

static uint32_t nr_sectors(const struct inode *inode)
{
	return ext2_node_of(inode)->nr_sectors;
}

static bool is_read_only(const struct inode *inode)
{
	return ext2_of(inode)->is_read_only;
}

const struct tree_ops ext2_tree_ops = {
	.create = ext2_create,
	.link = ext2_link,
	.remove = ext2_remove,
	.rename = ext2_rename,
	.changed = ext2_changed,
	.resize = ext2_resize,
	.hold = ext2_hold,
	.let_go = ext2_let_go,
	.load = ext2_load,
	.map_for_writing = ext2_map_for_writing,
	.sync = ext2_fsync,
	.sync_all = sync_all,
	.usage = usage,
	.nr_sectors = nr_sectors,
	.is_read_only = is_read_only,
	.page = ext2_page,
};
