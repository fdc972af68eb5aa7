/* SPDX-License-Identifier: MIT */
/* Pages of files: where they are on the disk, and how they come from there. */
#include "guest/arch/offload.h"
#include "guest/fs/ext2_fs.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"

#define AHEAD_MAX BATCH_PAGES_MAX /* pages read at a time when reading in order */

/* ---- where a page is on the disk --------------------------------------- */

int ext2_map_page(struct ext2_node *node, uint64_t index, uint32_t from, uint32_t to,
		  uint32_t *blocks)
{
	uint32_t nr = node->fs->blocks_per_page, first = index * nr;
	int err = 0;

	for (uint32_t i = 0; i < nr && !err; i++) {
		bool is_new;

		if (blocks[i])
			continue;
		if (i >= from && i < to)
			err = ext2_map_make(node, first + i, &blocks[i], &is_new);
		else
			err = ext2_map_find(node, first + i, &blocks[i]);
	}
	return err;
}

/* ---- bringing pages in ------------------------------------------------- */

struct fill {
	struct ext2_node *node;
	struct cache_batch *batch;
	uint64_t index;
	uint32_t nr_max, nr; /* pages found out about */
	bool must_wait;      /* somebody else is reading the first one */
	int err;             /* of the disk */
};

/* One page more: 1 if it is to be read or zeroes, 0 if that was all. */
static int fill_add(struct fill *f, uint64_t index)
{
	struct ext2_node *node = f->node;
	uint32_t blocks[CACHE_BLOCKS_MAX] = { 0 };
	struct cache_page *page = cache_find(&node->pages, index);
	int err;

	if (page) {
		f->must_wait = !f->nr && !page->is_valid;
		return 0;
	}
	err = ext2_map_page(node, index, 0, 0, blocks);
	if (err)
		return err;
	page = cache_add(&node->pages, index);
	if (!page)
		return -ENOMEM;
	memcpy(page->block, blocks, sizeof(blocks));
	if (!ext2_has_blocks(page->block)) {
		page->is_valid = true;
	} else if (!batch_add(f->batch, page, node->fs->blocks_per_page)) {
		cache_remove(page);
		return 0;
	}
	return 1;
}

static int fill_work(struct ext2 *fs, void *arg)
{
	struct fill *f = arg;
	uint64_t nr_pages = (f->node->inode->object.size + PAGE_SIZE - 1) / PAGE_SIZE;

	(void)fs;
	for (f->nr = 0; f->nr < f->nr_max && f->index + f->nr < nr_pages; f->nr++) {
		int more = fill_add(f, f->index + f->nr);

		if (more < 0 && !f->nr)
			return more;
		if (more <= 0)
			break; /* what is ahead can wait */
	}
	return 0;
}

void ext2_clear_end(const struct ext2_node *node, struct cache_page *page)
{
	uint64_t start = page->index * PAGE_SIZE, size = node->inode->object.size;

	if (start < size && size - start < PAGE_SIZE)
		memset(page->data + (size - start), 0, PAGE_SIZE - (size - start));
}

static uint64_t fill_end(void *arg)
{
	struct fill *f = arg;

	for (uint32_t i = 0; i < f->batch->nr_pages; i++) {
		struct cache_page *page = f->batch->pages[i];

		page->is_valid = !f->err;
		if (f->err && page->owner)
			cache_remove(page);
		else if (page->owner)
			ext2_clear_end(f->node, page);
	}
	batch_release(f->batch);
	return 0;
}

static int fill(struct fill *f)
{
	int err;

	batch_clear(f->batch, BLOCK_READ);
	f->must_wait = false;
	err = ext2_run(f->node->fs, fill_work, f);
	if (!err && f->batch->nr_pages) {
		f->err = err = batch_run(f->batch);
		offload_call(fill_end, f);
	}
	return err;
}

int ext2_bring_pages(struct ext2_node *node, uint64_t index)
{
	struct fill f = { .node = node, .index = index, .nr_max = 1 };
	int err;

	f.batch = batch_create(node->fs->device, node->fs->block_bytes);
	if (!f.batch)
		return -ENOMEM;
	if (index == node->read_end)
		f.nr_max = AHEAD_MAX;
	err = fill(&f);
	if (err && f.nr > 1) { /* perhaps it was one of those ahead */
		f.nr_max = 1;
		err = fill(&f);
	}
	node->read_end = index + f.nr;
	batch_destroy(f.batch);
	if (!err && f.must_wait)
		batch_wait_any();
	return err;
}

/* ---- for writing ------------------------------------------------------- */

int ext2_own_page(struct ext2_node *node, uint64_t index, uint64_t into, uint64_t n,
		  struct cache_page **found)
{
	struct ext2 *fs = node->fs;
	uint32_t blocks[CACHE_BLOCKS_MAX] = { 0 };
	struct cache_page *page = cache_find(&node->pages, index);
	int err;

	if (page ? !page->is_valid :
		   n < PAGE_SIZE && index * PAGE_SIZE < node->inode->object.size)
		return ext2_want_page(node, index);
	if (page)
		memcpy(blocks, page->block, sizeof(blocks));
	err = ext2_map_page(node, index, into >> fs->block_shift,
			    (into + n + fs->block_bytes - 1) >> fs->block_shift, blocks);
	if (!err && !page) {
		page = cache_add(&node->pages, index);
		if (!page)
			err = -ENOMEM;
	}
	if (err)
		return err;
	memcpy(page->block, blocks, sizeof(blocks));
	page->is_valid = true;
	*found = page;
	return 0;
}
