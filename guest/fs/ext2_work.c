/* SPDX-License-Identifier: MIT */
#include "guest/arch/direct.h"
#include "guest/arch/offload.h"
#include "guest/core/clock.h"
#include "guest/fs/ext2.h"
#include "guest/fs/ext2_fs.h"
#include "guest/fs/wanted.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"

#define SHRINK_PAGES 64 /* given up when a piece of work got no memory */
#define RETRIES_MAX  4

/* ---- bringing what is absent ------------------------------------------- */

struct bring {
	struct ext2 *fs;
	uint64_t index;
	struct cache_batch *batch;
};

/* What a look at the cache has shown. */
enum { BRING_THERE, BRING_WAIT, BRING_READ };

static uint64_t bring_begin(void *arg)
{
	struct bring *b = arg;
	struct cache_page *page;

	cache_begin();
	page = cache_find(&b->fs->meta, b->index);
	if (page)
		return page->is_valid ? BRING_THERE : BRING_WAIT;
	page = cache_add(&b->fs->meta, b->index);
	if (!page)
		return -ENOMEM;
	batch_clear(b->batch, BLOCK_READ);
	batch_add_block(b->batch, page);
	return BRING_READ;
}

/* The disk has answered: a page that it could not read goes away again. */
static uint64_t bring_end(void *arg)
{
	struct bring *b = arg;
	struct cache_page *page = b->batch->pages[0];

	page->is_valid = !b->index;
	if (b->index && page->owner)
		cache_remove(page);
	batch_release(b->batch);
	return 0;
}

static int bring_block(struct ext2 *fs, uint64_t index)
{
	struct bring b = { fs, index, batch_create(fs->device, fs->block_bytes) };
	int err;

	if (!b.batch)
		return -ENOMEM;
	err = (int)offload_call(bring_begin, &b);
	if (err == BRING_WAIT) {
		batch_wait_any();
		err = 0;
	} else if (err == BRING_READ) {
		b.index = err = batch_run(b.batch);
		offload_call(bring_end, &b);
	}
	batch_destroy(b.batch);
	return err;
}

static int bring(void *arg)
{
	struct ext2 *fs = arg;

	if (fs->want.is_pending) {
		batch_wait_any();
		return 0;
	}
	if (fs->want.node)
		return ext2_bring_pages(fs->want.node, fs->want.index);
	return bring_block(fs, fs->want.index);
}

static int want(struct ext2 *fs, struct ext2_node *node, uint64_t index, bool is_pending)
{
	fs->want = (struct ext2_want){ node, index, is_pending };
	wanted_set(bring, fs);
	return -EABSENT;
}

int ext2_want_page(struct ext2_node *node, uint64_t index)
{
	return want(node->fs, node, index, false);
}

/* ---- blocks of the structure ------------------------------------------- */

int ext2_complain(struct ext2 *fs, const char *what, uint32_t number)
{
	if (!fs->complaint) {
		fs->complaint = what;
		fs->complaint_number = number;
	}
	fs->has_error = true;
	return -EIO;
}

int ext2_get(struct ext2 *fs, uint32_t block, struct cache_page **page)
{
	if (block >= fs->blocks_count)
		return ext2_complain(fs, "a block number out of range", block);
	*page = cache_find(&fs->meta, block);
	return *page && (*page)->is_valid ? 0 : want(fs, NULL, block, false);
}

static struct ext2_edit *find_edit(struct ext2 *fs, const struct cache_page *page)
{
	for (uint32_t i = 0; i < fs->nr_edits; i++)
		if (fs->edits[i].page == page)
			return &fs->edits[i];
	return NULL;
}

bool ext2_can_edit(const struct ext2 *fs, uint32_t nr)
{
	return fs->nr_edits + nr <= EXT2_EDITS_MAX;
}

int ext2_edit(struct ext2 *fs, struct cache_page *page, enum cache_class class, uint32_t ino)
{
	paddr_t pa;

	if (page->is_pending)
		return want(fs, NULL, page->index, true);
	if (!find_edit(fs, page)) {
		if (!ext2_can_edit(fs, 1))
			return -E2BIG;
		pa = page_alloc();
		if (!pa)
			return -ENOMEM;
		memcpy(direct_map(pa), page->data, fs->block_bytes);
		fs->edits[fs->nr_edits++] = (struct ext2_edit){ page, direct_map(pa) };
	}
	page->ino = ino;
	cache_set_dirty(page, &fs->dirty, class);
	return 0;
}

int ext2_get_new(struct ext2 *fs, uint32_t block, enum cache_class class, uint32_t ino,
		 struct cache_page **page)
{
	if (!ext2_can_edit(fs, 1))
		return -E2BIG;
	*page = cache_add(&fs->meta, block);
	if (!*page)
		return -ENOMEM;
	(*page)->ino = ino;
	(*page)->is_valid = true;
	fs->edits[fs->nr_edits++] = (struct ext2_edit){ *page, NULL };
	cache_set_dirty(*page, &fs->dirty, class);
	return 0;
}

void ext2_change(struct ext2_node *node)
{
	struct ext2 *fs = node->fs;

	ext2_unsaved(node);
	for (uint32_t i = 0; i < fs->nr_undos; i++)
		if (fs->undos[i].node == node)
			return;
	fs->undos[fs->nr_undos++] =
		(struct ext2_undo){ node, node->inode->object.size, node->nr_sectors };
}

bool ext2_is_data_block(struct ext2 *fs, uint32_t block)
{
	return block > fs->first_data_block && block < fs->blocks_count;
}

/* ---- pieces of work ---------------------------------------------------- */

/* The work is not to have been: a block that was dirty before stays so, and one
 * that was not will be written as it was. */
static void put_back(struct ext2 *fs)
{
	for (uint32_t i = fs->nr_edits; i-- > 0;) {
		struct ext2_edit *e = &fs->edits[i];

		if (e->before) {
			memcpy(e->page->data, e->before, fs->block_bytes);
		} else {
			cache_remove(e->page);
		}
	}
	for (uint32_t i = 0; i < fs->nr_undos; i++) {
		const struct ext2_undo *u = &fs->undos[i];

		u->node->inode->object.size = u->size;
		u->node->nr_sectors = u->nr_sectors;
	}
	fs->free_blocks = fs->blocks_before;
	fs->free_inodes = fs->inodes_before;
	if (fs->made)
		ext2_inode_forget(fs->made);
}

void ext2_mark(struct ext2 *fs)
{
	for (uint32_t i = 0; i < fs->nr_edits; i++)
		if (fs->edits[i].before)
			page_put(direct_paddr(fs->edits[i].before));
	fs->nr_edits = fs->nr_undos = 0;
	fs->made = NULL;
	fs->blocks_before = fs->free_blocks;
	fs->inodes_before = fs->free_inodes;
}

struct piece {
	struct ext2 *fs;
	ext2_fn fn;
	void *arg;
};

static uint64_t run_once(void *arg)
{
	const struct piece *piece = arg;
	struct ext2 *fs = piece->fs;
	int result;

	cache_begin();
	result = piece->fn(fs, piece->arg);
	if (result < 0)
		put_back(fs);
	ext2_mark(fs);
	return result;
}

static void report(struct ext2 *fs)
{
	const char *what = fs->complaint;

	if (!what)
		return;
	fs->complaint = NULL;
	ext2_tell(fs, what, fs->complaint_number);
}

static uint64_t give_up_pages(void *arg)
{
	(void)arg;
	cache_begin();
	return cache_shrink(SHRINK_PAGES);
}

int ext2_run(struct ext2 *fs, ext2_fn fn, void *arg)
{
	struct piece piece = { fs, fn, arg };
	unsigned nr_retries = 0;
	int result;

	for (;;) {
		result = (int)offload_call(run_once, &piece);
		if (result == -EABSENT)
			result = wanted_bring();
		else if (result != -ENOMEM)
			break;
		if (result == -ENOMEM && (nr_retries++ == RETRIES_MAX ||
					  !offload_call(give_up_pages, NULL)))
			break;
		if (result && result != -ENOMEM)
			break;
	}
	report(fs);
	if (fs->dirty.nr && !fs->dirty_since)
		fs->dirty_since = clock_now();
	return result;
}

/* Whether writing back may help. */
static bool is_short(const struct ext2 *fs, int result)
{
	return (result == -ENOSPC && (fs->nr_orphans || ext2_has_frozen(fs))) ||
	       (result == -ENOMEM && fs->dirty.nr);
}

int ext2_run_growing(struct ext2 *fs, ext2_fn fn, void *arg)
{
	int result = ext2_run(fs, fn, arg);

	/* Twice: removed files are freed after the first, and can be used after that. */
	for (unsigned i = 0; i < 2 && is_short(fs, result); i++) {
		int err = ext2_write_back(fs);

		if (err)
			return err;
		result = ext2_run(fs, fn, arg);
	}
	return result;
}
