/* SPDX-License-Identifier: MIT */
#include "guest/arch/offload.h"
#include "guest/fs/ext2_fs.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"

#define WORD_BITS 64
#define NONE      UINT32_MAX

static uint32_t groups_per_block(const struct ext2 *fs)
{
	return fs->block_bytes / sizeof(struct ext2_group);
}

/* Whether what the group says of itself lies on the disk. */
static bool group_is_good(struct ext2 *fs, const struct ext2_group *g)
{
	return ext2_is_data_block(fs, g->block_bitmap) && ext2_is_data_block(fs, g->inode_bitmap) &&
	       ext2_is_data_block(fs, g->inode_table) &&
	       fs->table_blocks <= fs->blocks_count - g->inode_table;
}

int ext2_group_get(struct ext2 *fs, uint32_t number, struct ext2_place *place)
{
	uint32_t per_block = groups_per_block(fs);
	int err = ext2_get(fs, fs->first_data_block + 1 + number / per_block, &place->page);

	if (err)
		return err;
	place->group = (struct ext2_group *)place->page->data + number % per_block;
	return group_is_good(fs, place->group) ? 0 :
		ext2_complain(fs, "a group's tables out of range, of group", number);
}

static uint32_t blocks_in_group(const struct ext2 *fs, uint32_t group)
{
	uint32_t start = fs->first_data_block + group * fs->blocks_per_group;

	return min_u64(fs->blocks_per_group, fs->blocks_count - start);
}

/* ---- bitmaps ----------------------------------------------------------- */

static bool bit_is_set(const struct cache_page *map, uint32_t bit)
{
	return (uint8_t)map->data[bit / 8] >> bit % 8 & 1;
}

static void bit_flip(struct cache_page *map, uint32_t bit)
{
	map->data[bit / 8] ^= 1 << bit % 8;
}

/*
 * What was freed can be given to others only when the disk knows: else a file that
 * was written to it, and a kill, would leave the inode that had it before pointing
 * at the other's bytes. Until then its bits are in maps of their own, two of them:
 * one for what the commit under way will have written, one for what comes later.
 * They are pages of the cache that are never given up, by number of the group, and
 * for inodes by as much more as there are groups.
 */
struct bits {
	const uint64_t *maps[3];
	unsigned nr;
};

static struct bits bits_of(struct ext2 *fs, const struct cache_page *map, uint32_t frozen_idx)
{
	struct bits bits = { { (const uint64_t *)map->data }, 1 };

	for (unsigned i = 0; i < ARRAY_SIZE(fs->frozen); i++) {
		const struct cache_page *page =
			fs->frozen[i].nr_pages ? cache_find(&fs->frozen[i], frozen_idx) : NULL;

		if (page)
			bits.maps[bits.nr++] = (const uint64_t *)page->data;
	}
	return bits;
}

static int freeze(struct ext2 *fs, uint32_t frozen_idx, uint32_t bit)
{
	struct cache_owner *owner = &fs->frozen[fs->freezing];
	struct cache_page *page = cache_find(owner, frozen_idx);

	if (!page)
		page = cache_add(owner, frozen_idx);
	if (!page)
		return -ENOMEM;
	page->is_valid = true;
	page->data[bit / 8] |= 1 << bit % 8;
	return 0;
}

bool ext2_has_frozen(const struct ext2 *fs)
{
	return fs->frozen[0].nr_pages || fs->frozen[1].nr_pages;
}

void ext2_begin_commit(struct ext2 *fs)
{
	fs->freezing = !fs->freezing;
}

static uint64_t thaw_run(void *arg)
{
	struct ext2 *fs = arg;

	cache_remove_from(&fs->frozen[!fs->freezing], 0);
	return 0;
}

void ext2_end_commit(struct ext2 *fs)
{
	if (fs->frozen[!fs->freezing].nr_pages)
		offload_call(thaw_run, fs);
}

/* The first bit of [from, end) that is clear in all, or NONE. */
static uint32_t find_clear(const struct bits *bits, uint32_t from, uint32_t end)
{
	while (from < end) {
		uint64_t used = 0, free;

		for (unsigned i = 0; i < bits->nr; i++)
			used |= bits->maps[i][from / WORD_BITS];
		free = ~used >> from % WORD_BITS;

		if (free) {
			from += __builtin_ctzll(free);
			return from < end ? from : NONE;
		}
		from = ALIGN_DOWN(from, WORD_BITS) + WORD_BITS;
	}
	return NONE;
}

static uint32_t find_clear_near(const struct bits *bits, uint32_t goal, uint32_t start,
				uint32_t end)
{
	uint32_t bit = find_clear(bits, max_u64(goal, start), end);

	return bit == NONE ? find_clear(bits, start, min_u64(goal, end)) : bit;
}

/* Bitmap and descriptor are about to change. */
static int edit_both(struct ext2 *fs, struct cache_page *map, const struct ext2_place *place)
{
	int err = ext2_edit(fs, map, CACHE_BITMAP, 0);

	return err ? err : ext2_edit(fs, place->page, CACHE_BITMAP, 0);
}

/* A group with something free, by its own count, and the bitmap of that; or -ENOSPC. */
static int get_group_with_free(struct ext2 *fs, uint32_t number, bool of_inodes,
			       struct ext2_place *place, struct cache_page **map)
{
	const struct ext2_group *g;
	int err = ext2_group_get(fs, number, place);

	if (err)
		return err;
	g = place->group;
	if (!(of_inodes ? g->free_inodes : g->free_blocks))
		return -ENOSPC;
	return ext2_get(fs, of_inodes ? g->inode_bitmap : g->block_bitmap, map);
}

/* ---- blocks ------------------------------------------------------------ */

/* A block of the structure that a bitmap says is free would be overwritten. */
static bool is_structure(const struct ext2 *fs, const struct ext2_group *g, uint32_t block)
{
	return block == g->block_bitmap || block == g->inode_bitmap ||
	       (block >= g->inode_table && block - g->inode_table < fs->table_blocks) ||
	       block <= fs->first_data_block + (fs->nr_groups - 1) / groups_per_block(fs) + 1;
}

static int alloc_in_group(struct ext2 *fs, uint32_t number, uint32_t goal, uint32_t *block)
{
	uint32_t start = fs->first_data_block + number * fs->blocks_per_group, bit;
	struct cache_page *map;
	struct ext2_place p;
	struct bits bits;
	int err = get_group_with_free(fs, number, false, &p, &map);

	if (err)
		return err;
	bits = bits_of(fs, map, number);
	bit = find_clear_near(&bits, goal, 0, blocks_in_group(fs, number));
	if (bit == NONE)
		return -ENOSPC; /* all are frozen, or the count was wrong */
	/* What the block was in an earlier life must not be written any more. */
	if (is_structure(fs, p.group, start + bit) || !cache_forget(&fs->meta, start + bit))
		return ext2_complain(fs, "a block in use that is said to be free, block",
				     start + bit);
	err = edit_both(fs, map, &p);
	if (err)
		return err;
	bit_flip(map, bit);
	p.group->free_blocks--;
	fs->free_blocks--;
	*block = start + bit;
	return 0;
}

int ext2_block_alloc(struct ext2 *fs, uint32_t goal, uint32_t *block)
{
	uint32_t into = ext2_is_data_block(fs, goal) ? goal - fs->first_data_block : 0;
	uint32_t first = into / fs->blocks_per_group;

	if (!fs->free_blocks)
		return -ENOSPC;
	for (uint32_t i = 0; i < fs->nr_groups; i++) {
		uint32_t number = (first + i) % fs->nr_groups;
		int err = alloc_in_group(fs, number, i ? 0 : into % fs->blocks_per_group, block);

		if (err != -ENOSPC)
			return err;
	}
	return -ENOSPC;
}

int ext2_block_free(struct ext2 *fs, uint32_t block)
{
	uint32_t into = block - fs->first_data_block, number = into / fs->blocks_per_group;
	uint32_t bit = into % fs->blocks_per_group;
	struct cache_page *map;
	struct ext2_place p;
	int err = ext2_group_get(fs, number, &p);

	if (!err)
		err = ext2_get(fs, p.group->block_bitmap, &map);
	if (err)
		return err;
	if (!bit_is_set(map, bit) || is_structure(fs, p.group, block))
		return ext2_complain(fs, "a block that two own or none, block", block);
	err = edit_both(fs, map, &p);
	if (!err)
		err = freeze(fs, number, bit);
	if (err)
		return err;
	bit_flip(map, bit);
	p.group->free_blocks++;
	fs->free_blocks++;
	return 0;
}

/* ---- inodes ------------------------------------------------------------ */

static int ino_alloc_in_group(struct ext2 *fs, uint32_t number, bool is_dir, uint32_t *ino)
{
	uint32_t before = number * fs->inodes_per_group, bit, start = 0;
	struct cache_page *map;
	struct ext2_place p;
	struct bits bits;
	int err = get_group_with_free(fs, number, true, &p, &map);

	if (err)
		return err;
	if (before + 1 < fs->first_ino)
		start = fs->first_ino - 1 - before;
	bits = bits_of(fs, map, fs->nr_groups + number);
	bit = find_clear(&bits, start, fs->inodes_per_group);
	if (bit == NONE)
		return -ENOSPC;
	err = edit_both(fs, map, &p);
	if (err)
		return err;
	bit_flip(map, bit);
	p.group->free_inodes--;
	p.group->used_dirs += is_dir;
	fs->free_inodes--;
	*ino = before + bit + 1;
	return 0;
}

/* Whether a new folder, and what will be in it, finds room in the group: more
 * than the average, so that folders spread. */
static int has_room(struct ext2 *fs, uint32_t number)
{
	struct ext2_place p;
	int err = ext2_group_get(fs, number, &p);

	if (err)
		return err;
	return p.group->free_inodes && p.group->free_inodes >= fs->free_inodes / fs->nr_groups &&
	       p.group->free_blocks >= fs->free_blocks / fs->nr_groups;
}

int ext2_ino_alloc(struct ext2 *fs, uint32_t dir_ino, bool is_dir, uint32_t *ino)
{
	uint32_t first = (dir_ino - 1) / fs->inodes_per_group;

	for (uint32_t i = 0; is_dir && i < fs->nr_groups; i++) {
		uint32_t number = (first + i) % fs->nr_groups;
		int answer = has_room(fs, number);

		if (answer < 0)
			return answer;
		if (answer) {
			first = number;
			break;
		}
	}
	for (uint32_t i = 0; i < fs->nr_groups; i++) {
		int err = ino_alloc_in_group(fs, (first + i) % fs->nr_groups, is_dir, ino);

		if (err != -ENOSPC)
			return err;
	}
	return -ENOSPC;
}

int ext2_ino_free(struct ext2 *fs, uint32_t ino, bool is_dir)
{
	uint32_t number = (ino - 1) / fs->inodes_per_group, bit = (ino - 1) % fs->inodes_per_group;
	struct cache_page *map;
	struct ext2_place p;
	int err = ext2_group_get(fs, number, &p);

	if (!err)
		err = ext2_get(fs, p.group->inode_bitmap, &map);
	if (err)
		return err;
	if (!bit_is_set(map, bit))
		return ext2_complain(fs, "an inode in use that is said to be free, inode", ino);
	err = edit_both(fs, map, &p);
	if (!err)
		err = freeze(fs, fs->nr_groups + number, bit);
	if (err)
		return err;
	bit_flip(map, bit);
	p.group->free_inodes++;
	if (is_dir && p.group->used_dirs)
		p.group->used_dirs--;
	fs->free_inodes++;
	return 0;
}

int ext2_count_free(struct ext2 *fs)
{
	uint64_t blocks = 0, inodes = 0;

	for (uint32_t i = 0; i < fs->nr_groups; i++) {
		struct ext2_place p;
		int err = ext2_group_get(fs, i, &p);

		if (err)
			return err;
		blocks += p.group->free_blocks;
		inodes += p.group->free_inodes;
	}
	fs->free_blocks = blocks;
	fs->free_inodes = inodes;
	return 0;
}
