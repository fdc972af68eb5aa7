/* SPDX-License-Identifier: MIT */
#include "guest/fs/ext2_fs.h"
#include "guest/fs/file.h"
#include "guest/fs/wanted.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"

#define TYPE_SHIFT 12

/* file_type of an entry by the type in st_mode, and back. */
static const uint8_t type_of_mode[16] = { [1] = 5, [2] = 3, [4] = 2, [6] = 4, [8] = 1, [10] = 7,
					  [12] = 6 };
static const uint8_t mode_of_type[8] = { 0, 8, 4, 2, 6, 1, 12, 10 };

static uint32_t nr_blocks(const struct inode *dir)
{
	return dir->object.size >> ext2_of(dir)->block_shift;
}

static uint32_t entry_bytes(uint32_t name_len)
{
	return ALIGN_UP(sizeof(struct ext2_entry) + name_len, 4);
}

static struct ext2_entry *entry_at(const struct cache_page *page, uint32_t offset)
{
	return (struct ext2_entry *)(page->data + offset);
}

static const char *name_of(const struct ext2_entry *entry)
{
	return (const char *)(entry + 1);
}

/* Block number index of the folder. */
static int get_block(struct inode *dir, uint32_t index, struct cache_page **page)
{
	struct ext2_node *node = ext2_node_of(dir);
	uint32_t block;
	int err = ext2_map_find(node, index, &block);

	if (err)
		return err;
	if (!block)
		return ext2_complain(node->fs, "a hole in a folder, inode", node->ino);
	return ext2_get(node->fs, block, page);
}

/* Whether an entry is as it must be for the next one to be found. */
static bool entry_is_good(const struct ext2 *fs, const struct ext2_entry *e, uint32_t left)
{
	return left >= sizeof(*e) && e->rec_len >= entry_bytes(1) && e->rec_len % 4 == 0 &&
	       e->rec_len <= left && entry_bytes(e->name_len) <= e->rec_len &&
	       e->inode <= fs->inodes_count;
}

/* A walk over the entries, block after block. */
struct scan {
	struct inode *dir;
	struct cache_page *page;
	uint32_t nr_begun;             /* blocks; the last of them is in page */
	uint32_t offset, before, next; /* in it */
};

static struct scan scan_from(struct inode *dir, uint32_t block)
{
	return (struct scan){ .dir = dir, .nr_begun = block, .next = ext2_of(dir)->block_bytes };
}

/* The next entry in *entry: 1, 0 at the end of the folder, or what ext2_get says. */
static int scan_next(struct scan *s, struct ext2_entry **entry)
{
	struct ext2 *fs = ext2_of(s->dir);

	if (s->next == fs->block_bytes) {
		int err = s->nr_begun < nr_blocks(s->dir) ?
				  get_block(s->dir, s->nr_begun, &s->page) : 0;

		if (err || s->nr_begun >= nr_blocks(s->dir))
			return err;
		s->nr_begun++;
		s->next = 0;
	}
	*entry = entry_at(s->page, s->next);
	if (!entry_is_good(fs, *entry, fs->block_bytes - s->next))
		return ext2_complain(fs, "a bad entry in a folder, inode", s->dir->number);
	s->before = s->next ? s->offset : 0;
	s->offset = s->next;
	s->next += (*entry)->rec_len;
	return 1;
}

static bool is_name(const struct ext2_entry *e, const char *name, uint32_t len)
{
	return e->inode && e->name_len == len && !memcmp(name_of(e), name, len);
}

int ext2_dir_find(struct inode *dir, const char *name, uint32_t len, struct ext2_found *found)
{
	struct scan s = scan_from(dir, 0);
	struct ext2_entry *e;
	int more;

	while ((more = scan_next(&s, &e)) > 0)
		if (is_name(e, name, len)) {
			*found = (struct ext2_found){ s.page, s.offset, s.before, e->inode };
			return 0;
		}
	return more ? more : -ENOENT;
}

/* ---- changing ---------------------------------------------------------- */

/* A block of the folder is about to change. What others know of its order, they
 * do not know any more. */
static int edit(struct inode *dir, struct cache_page *page, enum cache_class class)
{
	struct ext2_node *node = ext2_node_of(dir);

	node->flags &= ~EXT2_FLAG_INDEX;
	ext2_change(node);
	return ext2_edit(node->fs, page, class, node->ino);
}

static void fill_entry(const struct ext2 *fs, struct ext2_entry *e, const char *name, uint32_t len,
		       uint32_t ino, uint32_t mode)
{
	e->inode = ino;
	e->name_len = len;
	e->file_type = fs->has_types ? type_of_mode[(mode & MODE_TYPE) >> TYPE_SHIFT] : 0;
	memcpy(e + 1, name, len);
}

/* Where in the folder an entry of so many bytes has room: *entry is
 * unused, or has so much behind its name. 1, 0: nowhere, or -EIO. */
static int find_room(struct scan *s, uint32_t bytes, struct ext2_entry **entry)
{
	int more;

	while ((more = scan_next(s, entry)) > 0) {
		const struct ext2_entry *e = *entry;

		if (e->rec_len >= bytes + (e->inode ? entry_bytes(e->name_len) : 0))
			return 1;
	}
	return more;
}

/* The part of an entry behind what it needs for itself, as an entry. */
static struct ext2_entry *cut_entry(struct ext2_entry *e)
{
	uint32_t used = e->inode ? entry_bytes(e->name_len) : 0;
	struct ext2_entry *behind = (struct ext2_entry *)((char *)e + used);

	if (used) {
		behind->rec_len = e->rec_len - used;
		e->rec_len = used;
	}
	return behind;
}

/* One block more, of one unused entry. */
static int grow(struct inode *dir, struct cache_page **page, struct ext2_entry **entry)
{
	struct ext2_node *node = ext2_node_of(dir);
	struct ext2 *fs = node->fs;
	uint32_t block;
	bool is_new;
	int err;

	if (dir->object.size + fs->block_bytes > INT32_MAX)
		return -ENOSPC;
	err = ext2_map_make(node, nr_blocks(dir), &block, &is_new);
	if (!err && !is_new)
		err = ext2_complain(fs, "blocks behind the end of a folder, inode", node->ino);
	if (!err)
		err = ext2_get_new(fs, block, CACHE_NAMES, node->ino, page);
	if (err)
		return err;
	ext2_change(node);
	dir->object.size += fs->block_bytes;
	*entry = entry_at(*page, 0);
	(*entry)->rec_len = fs->block_bytes;
	return 0;
}

int ext2_dir_add(struct inode *dir, const char *name, uint32_t len, uint32_t ino, uint32_t mode)
{
	struct ext2 *fs = ext2_of(dir);
	struct scan s = scan_from(dir, 0);
	struct ext2_entry *e;
	int found = find_room(&s, entry_bytes(len), &e);

	if (found >= 0)
		found = found ? edit(dir, s.page, CACHE_NAMES) : grow(dir, &s.page, &e);
	if (found)
		return found;
	fill_entry(fs, cut_entry(e), name, len, ino, mode);
	return 0;
}

int ext2_dir_remove(struct inode *dir, const struct ext2_found *found, enum cache_class class)
{
	struct ext2_entry *e = entry_at(found->page, found->offset);
	int err = edit(dir, found->page, class);

	if (err)
		return err;
	if (found->offset)
		entry_at(found->page, found->before)->rec_len += e->rec_len;
	e->inode = 0;
	return 0;
}

int ext2_dir_set(struct inode *dir, const struct ext2_found *found, uint32_t ino, uint32_t mode)
{
	struct ext2_entry *e = entry_at(found->page, found->offset);
	int err = edit(dir, found->page, CACHE_NAMES);

	if (err)
		return err;
	e->inode = ino;
	if (ext2_of(dir)->has_types)
		e->file_type = type_of_mode[(mode & MODE_TYPE) >> TYPE_SHIFT];
	return 0;
}

int ext2_dir_begin(struct inode *dir, uint32_t parent_ino)
{
	struct ext2 *fs = ext2_of(dir);
	struct ext2_entry *dot, *dots;
	struct cache_page *page;
	int err = grow(dir, &page, &dot);

	if (err)
		return err;
	dot->rec_len = entry_bytes(1);
	fill_entry(fs, dot, ".", 1, dir->number, MODE_DIR);
	dots = entry_at(page, dot->rec_len);
	dots->rec_len = fs->block_bytes - dot->rec_len;
	fill_entry(fs, dots, "..", 2, parent_ino, MODE_DIR);
	return 0;
}

static bool is_dots(const struct ext2_entry *e)
{
	return is_name(e, ".", 1) || is_name(e, "..", 2);
}

int ext2_dir_check_empty(struct inode *dir)
{
	struct scan s = scan_from(dir, 0);
	struct ext2_entry *e;
	int more;

	while ((more = scan_next(&s, &e)) > 0)
		if (e->inode && !is_dots(e))
			return -ENOTEMPTY;
	return more;
}

/* ---- looking ----------------------------------------------------------- */

/* A folder has one name: another would make a ring of the tree. */
static int check_place(struct inode *dir, struct inode *inode, const char *name, uint32_t len)
{
	const struct ext2_node *node = ext2_node_of(inode);

	if (!inode_is_dir(inode))
		return 0;
	if (inode != dir && inode != node->fs->root &&
	    (!inode->parent || (inode->parent == dir && node->name && node->name_len == len &&
				!memcmp(node->name, name, len))))
		return 0;
	return ext2_complain(node->fs, "a second name of a folder, inode", node->ino);
}

static int dir_lookup(struct inode *dir, const char *name, uint32_t len, struct inode **found)
{
	struct ext2 *fs = ext2_of(dir);
	struct ext2_found f;
	int err = ext2_dir_find(dir, name, len, &f);

	if (!err)
		err = ext2_inode_get(fs, f.ino, found);
	if (!err)
		err = check_place(dir, *found, name, len);
	if (err)
		return err;
	ext2_inode_name(*found, dir, name, len);
	inode_get(*found);
	return 0;
}

/* Positions: 2 and where the entry is. Blocks may have changed since, so they are
 * walked from their beginning. */
static int dir_list(struct inode *dir, uint64_t pos, struct dir_cursor *cursor,
		    struct dir_item *item)
{
	struct ext2 *fs = ext2_of(dir);
	uint64_t at = pos - 2;
	struct scan s;
	struct ext2_entry *e;
	int more;

	(void)cursor;
	if (at >= dir->object.size)
		return 0;
	s = scan_from(dir, at >> fs->block_shift);
	while ((more = scan_next(&s, &e)) > 0) {
		uint64_t start = (uint64_t)(s.nr_begun - 1) << fs->block_shift;

		if (start + s.offset < at || !e->inode || is_dots(e))
			continue;
		item->name = name_of(e);
		item->len = e->name_len;
		item->mode = e->file_type < 8 && fs->has_types ?
				     mode_of_type[e->file_type] << TYPE_SHIFT : 0;
		item->number = e->inode;
		item->next = start + s.next + 2;
		break;
	}
	return more;
}

const struct inode_ops ext2_dir_inode_ops = {
	.lookup = dir_lookup,
	.list = dir_list,
	.name = ext2_inode_own_name,
	.retire = ext2_inode_retire,
	.tree = &ext2_tree_ops,
};

const struct file_ops ext2_dir_file_ops = { .can_seek = true };
