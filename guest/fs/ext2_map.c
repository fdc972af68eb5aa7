/* SPDX-License-Identifier: MIT */
#include "guest/fs/ext2_fs.h"
#include "guest/lib/errno.h"

/* Blocks freed in one piece of work. */
#define CUT_MAX 2048
/* Blocks that freeing one block changes: where its number was, bitmap, group. */
#define CUT_EDITS 3

/* The way from the inode to a block: which slot at each level. */
struct way {
	uint32_t depth; /* blocks of numbers on it */
	uint32_t slots[EXT2_DEPTH_MAX + 1];
};

static bool way_to(const struct ext2 *fs, uint32_t index, struct way *way)
{
	uint64_t left = index, span = 1, per = fs->slots_per_block;

	way->depth = 0;
	way->slots[0] = index;
	if (index < EXT2_NR_DIRECT)
		return true;
	left -= EXT2_NR_DIRECT;
	for (way->depth = 1; way->depth <= EXT2_DEPTH_MAX; way->depth++) {
		span *= per;
		if (left < span)
			break;
		left -= span;
	}
	if (way->depth > EXT2_DEPTH_MAX)
		return false;
	way->slots[0] = EXT2_NR_DIRECT + way->depth - 1;
	for (uint32_t level = 1; level <= way->depth; level++) {
		span /= per;
		way->slots[level] = left / span;
		left %= span;
	}
	return true;
}

static uint32_t sectors_per_block(const struct ext2 *fs)
{
	return fs->block_bytes / BLOCK_SECTOR_SIZE;
}

static uint32_t goal_of(const struct ext2_node *node)
{
	const struct ext2 *fs = node->fs;

	if (node->goal)
		return node->goal;
	return fs->first_data_block + 1 +
	       (node->ino - 1) / fs->inodes_per_group * fs->blocks_per_group;
}

/* Blocks of numbers, by how many such blocks are below them, which are written first. */
static enum cache_class class_of(uint32_t nr_below)
{
	return CACHE_NUMBERS + nr_below;
}
_Static_assert(CACHE_NUMBERS + EXT2_DEPTH_MAX == CACHE_INODE, "class_of");

/* A block for an empty slot, which lies in page, at the level of the way. */
static int fill_slot(struct ext2_node *node, struct cache_page *page, uint32_t *slot,
		     const struct way *way, uint32_t level)
{
	uint32_t nr_left = way->depth - level; /* blocks of numbers from the slot on */
	enum cache_class class = level ? class_of(nr_left) : CACHE_INODE;
	struct ext2 *fs = node->fs;
	struct cache_page *numbers;
	uint32_t block;
	int err = ext2_block_alloc(fs, goal_of(node), &block);

	if (!err)
		err = ext2_edit(fs, page, class, node->ino);
	if (!err && nr_left)
		err = ext2_get_new(fs, block, class_of(nr_left - 1), node->ino, &numbers);
	if (err)
		return err;
	ext2_change(node);
	node->nr_sectors += sectors_per_block(fs);
	node->goal = block + 1;
	*slot = block;
	return 0;
}

static int walk(struct ext2_node *node, uint32_t index, bool makes, uint32_t *block, bool *is_new)
{
	struct ext2 *fs = node->fs;
	struct ext2_raw_inode *raw;
	struct cache_page *page;
	struct way way;
	uint32_t *slot;
	int err;

	*block = 0;
	*is_new = false;
	if (!way_to(fs, index, &way))
		return -EFBIG;
	err = ext2_raw(fs, node->ino, &page, &raw);
	if (err)
		return err;
	slot = &raw->block[way.slots[0]];
	for (uint32_t level = 0;; level++) {
		if (!*slot) {
			if (!makes)
				return 0;
			err = fill_slot(node, page, slot, &way, level);
			if (err)
				return err;
			*is_new = level == way.depth;
		} else if (!ext2_is_data_block(fs, *slot)) {
			return ext2_complain(fs, "a block out of range, of inode", node->ino);
		}
		if (level == way.depth)
			break;
		err = ext2_get(fs, *slot, &page);
		if (err)
			return err;
		slot = (uint32_t *)page->data + way.slots[level + 1];
	}
	*block = *slot;
	return 0;
}

int ext2_map_find(struct ext2_node *node, uint32_t index, uint32_t *block)
{
	bool is_new;

	return walk(node, index, false, block, &is_new);
}

int ext2_map_make(struct ext2_node *node, uint32_t index, uint32_t *block, bool *is_new)
{
	return walk(node, index, true, block, is_new);
}

/* ---- cutting ----------------------------------------------------------- */

/* Frees the block in the slot, which lies in page. 1: not now, it is too much. */
static int free_slot(struct ext2_node *node, struct cache_page *page, enum cache_class class,
		     uint32_t *slot, uint32_t *budget)
{
	struct ext2 *fs = node->fs;
	int err;

	if (!*budget || !ext2_can_edit(fs, CUT_EDITS))
		return 1;
	--*budget;
	err = ext2_block_free(fs, *slot);
	if (!err)
		err = ext2_edit(fs, page, class, node->ino);
	if (err)
		return err;
	ext2_change(node);
	node->nr_sectors -= min_u64(node->nr_sectors, sectors_per_block(fs));
	*slot = 0;
	return 0;
}

/*
 * Frees what hangs on the slot, with depth blocks of numbers on the way, from the
 * index-th block of it on, and what is then of no use.
 */
static int cut_slot(struct ext2_node *node, struct cache_page *page, enum cache_class class,
		    uint32_t *slot, uint32_t depth, uint64_t index, uint32_t *budget)
{
	struct ext2 *fs = node->fs;
	uint64_t span = 1, into;
	struct cache_page *numbers;
	int err;

	if (!*slot)
		return 0;
	if (!ext2_is_data_block(fs, *slot))
		return ext2_complain(fs, "a block out of range, of inode", node->ino);
	if (!depth)
		return free_slot(node, page, class, slot, budget);
	err = ext2_get(fs, *slot, &numbers);
	if (err)
		return err;
	for (uint32_t i = 1; i < depth; i++)
		span *= fs->slots_per_block;
	into = index % span;
	for (uint32_t i = index / span; i < fs->slots_per_block; i++, into = 0) {
		err = cut_slot(node, numbers, class_of(depth - 1),
			       (uint32_t *)numbers->data + i, depth - 1, into, budget);
		if (err)
			return err;
	}
	return index ? 0 : free_slot(node, page, class, slot, budget);
}

int ext2_map_cut(struct ext2_node *node, uint32_t index)
{
	struct ext2 *fs = node->fs;
	uint64_t start = 0, span = 1;
	uint32_t budget = CUT_MAX;
	struct ext2_raw_inode *raw;
	struct cache_page *page;
	int err = ext2_raw(fs, node->ino, &page, &raw);

	for (uint32_t i = 0; i < EXT2_NR_SLOTS && !err; i++) {
		uint32_t depth = i < EXT2_NR_DIRECT ? 0 : i - EXT2_NR_DIRECT + 1;

		if (depth)
			span *= fs->slots_per_block;
		if (index < start + span)
			err = cut_slot(node, page, CACHE_INODE, &raw->block[i], depth,
				       index > start ? index - start : 0, &budget);
		start += span;
	}
	return err;
}
