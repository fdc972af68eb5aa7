/* SPDX-License-Identifier: MIT */
#include <linux/fcntl.h>

#include "guest/arch/direct.h"
#include "guest/arch/offload.h"
#include "guest/core/process.h"
#include "guest/fs/ext2_fs.h"
#include "guest/fs/file.h"
#include "guest/fs/fsize.h"
#include "guest/fs/wanted.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/usercopy.h"

#define AHEAD_MAX BATCH_PAGES_MAX /* pages read at a time when reading in order */
#define WRITE_MAX 32              /* pages written in one offloaded call */

/* ---- where a page is on the disk --------------------------------------- */

/* Where all blocks of the page are; those of [from, to) are allocated if need be. */
static int map_page(struct ext2_node *node, uint64_t index, uint32_t from, uint32_t to,
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

static bool is_any(const uint32_t *blocks)
{
	return blocks[0] || blocks[1] || blocks[2] || blocks[3];
}

static bool has_blocks(const struct cache_page *page)
{
	return is_any(page->block);
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
	err = map_page(node, index, 0, 0, blocks);
	if (err)
		return err;
	page = cache_add(&node->pages, index);
	if (!page)
		return -ENOMEM;
	memcpy(page->block, blocks, sizeof(blocks));
	if (!has_blocks(page)) {
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

/* What lies behind the end of a file is zero in memory. */
static void clear_end(const struct ext2_node *node, struct cache_page *page)
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
			clear_end(f->node, page);
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

/* ---- reading ----------------------------------------------------------- */

/* A part of a file and of the running program's memory. */
struct transfer {
	struct ext2_node *node;
	struct space *space;
	uint64_t pos;
	vaddr_t va;
	uint64_t left;
	uint32_t nr_pages; /* in this call */
};

/* Why an offloaded run has ended before all was done. */
enum { TRANSFER_GOES_ON, TRANSFER_WANTS_USER };

static void advance(struct transfer *t, uint64_t n)
{
	t->pos += n;
	t->va += n;
	t->left -= n;
}

static uint64_t read_run(void *arg)
{
	struct transfer *t = arg;

	cache_begin();
	while (t->left) {
		uint64_t into = t->pos % PAGE_SIZE, n = min_u64(t->left, PAGE_SIZE - into);
		struct cache_page *page = cache_find(&t->node->pages, t->pos / PAGE_SIZE);
		void *dst;

		if (!page || !page->is_valid)
			return ext2_want_page(t->node, t->pos / PAGE_SIZE);
		dst = user_present(t->space, t->va, &n, ACCESS_WRITE);
		if (!dst)
			return TRANSFER_WANTS_USER;
		memcpy(dst, page->data + into, n);
		advance(t, n);
	}
	return TRANSFER_GOES_ON;
}

static int read_all(struct transfer *t)
{
	const struct inode *inode = t->node->inode;
	int err = 0;

	while (!err && t->left && t->pos < inode->object.size) {
		t->left = min_u64(t->left, inode->object.size - t->pos);
		err = (int)offload_call(read_run, t);
		if (err == -EABSENT)
			err = wanted_bring();
		else if (err == TRANSFER_WANTS_USER)
			err = user_bring(t->space, t->va, ACCESS_WRITE) ? 0 : -EFAULT;
	}
	return err;
}

static int64_t file_read(struct file *file, vaddr_t buf, uint64_t len, uint64_t *pos)
{
	struct inode *inode = file->inode;
	struct transfer t = { ext2_node_of(inode), current()->space, *pos, buf, len, 0 };
	int err = read_all(&t);

	/* As "relatime": once after each change is enough to tell. */
	if (len && inode->atime_ns <= inode->mtime_ns && !(file->flags & O_NOATIME) &&
	    !t.node->fs->is_read_only)
		inode_touch(inode, INODE_READ);
	if (t.pos == *pos)
		return err;
	len = t.pos - *pos;
	*pos = t.pos;
	return len;
}

/* ---- writing ----------------------------------------------------------- */

/* The page to be written to in [into, into + n), with blocks for that. */
static int own_page(struct ext2_node *node, uint64_t index, uint64_t into, uint64_t n,
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
	err = map_page(node, index, into >> fs->block_shift,
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

static int write_page(struct transfer *t)
{
	struct ext2_node *node = t->node;
	uint64_t into = t->pos % PAGE_SIZE, n = min_u64(t->left, PAGE_SIZE - into);
	const void *src = user_present(t->space, t->va, &n, ACCESS_READ);
	struct cache_page *page;
	int err;

	if (!src)
		return TRANSFER_WANTS_USER;
	err = own_page(node, t->pos / PAGE_SIZE, into, n, &page);
	if (err)
		return err;
	memcpy(page->data + into, src, n);
	cache_set_dirty(page, &node->fs->dirty, CACHE_DATA);
	advance(t, n);
	if (t->pos > node->inode->object.size) {
		ext2_change(node);
		node->inode->object.size = t->pos;
	}
	return 0;
}

/* Page after page; what is written stays so, whatever the next one needs. */
static int write_work(struct ext2 *fs, void *arg)
{
	struct transfer *t = arg;

	for (t->nr_pages = 0; t->left && t->nr_pages < WRITE_MAX; t->nr_pages++) {
		int result = write_page(t);

		if (result)
			return result;
		ext2_mark(fs);
	}
	return TRANSFER_GOES_ON;
}

static int write_piece(struct ext2_node *node, const struct user_piece *piece, uint64_t *pos)
{
	struct transfer t = { node, current()->space, *pos, piece->start, piece->len, 0 };
	uint64_t max = node->fs->bytes_max;
	int err = 0;

	t.left = *pos < max ? min_u64(t.left, max - *pos) : 0;
	if (!t.left && piece->len)
		return -EFBIG;
	while (!err && t.left) {
		err = ext2_run_growing(node->fs, write_work, &t);
		if (err == TRANSFER_WANTS_USER)
			err = user_bring(t.space, t.va, ACCESS_READ) ? 0 : -EFAULT;
		ext2_balance(node->fs);
	}
	*pos = t.pos;
	return err;
}

/* How much of the pieces the process's limit lets it write, or -EFBIG. */
static int64_t may_write(uint64_t pos, const struct user_piece *pieces, unsigned nr)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < nr; i++)
		total += pieces[i].len;
	return unlikely(rlimit_has_any(current())) ? fsize_allow(pos, total) : (int64_t)total;
}

static int64_t file_write(struct file *file, const struct user_piece *pieces, unsigned nr,
			  uint64_t *pos)
{
	struct inode *inode = file->inode;
	struct ext2_node *node = ext2_node_of(inode);
	uint64_t start;
	int64_t left;
	int err = 0;

	sleep_lock_take(&node->lock);
	if (file->flags & O_APPEND)
		*pos = inode->object.size;
	start = *pos;
	left = may_write(start, pieces, nr);
	for (unsigned i = 0; i < nr && left > 0 && !err; i++) {
		struct user_piece piece = { pieces[i].start, min_u64(pieces[i].len, left) };

		err = write_piece(node, &piece, pos);
		left -= piece.len;
	}
	if (left < 0)
		err = left;
	if (*pos != start)
		inode_touch(inode, INODE_WRITTEN);
	sleep_lock_drop(&node->lock);
	if (*pos == start)
		return err;
	if (file->flags & O_DSYNC) { /* which is a part of O_SYNC */
		err = ext2_fsync(inode);
		if (err)
			return err;
	}
	return *pos - start;
}

const struct file_ops ext2_file_ops = {
	.read = file_read,
	.write = file_write,
	.can_seek = true,
};

/* ---- size -------------------------------------------------------------- */

struct resize {
	struct ext2_node *node;
	uint64_t size;
};

/* The end of the file as readers see it; what is behind it is still allocated. */
static int resize_work(struct ext2 *fs, void *arg)
{
	const struct resize *r = arg;
	struct ext2_node *node = r->node;
	uint64_t index = r->size / PAGE_SIZE, into = r->size % PAGE_SIZE;
	struct cache_page *page = into ? cache_find(&node->pages, index) : NULL;

	if (r->size < node->inode->object.size) {
		if (into && (!page || !page->is_valid))
			return ext2_want_page(node, index);
		cache_remove_from(&node->pages, index + !!into);
	}
	ext2_change(node);
	node->inode->object.size = r->size;
	if (!page || !page->is_valid)
		return 0;
	clear_end(node, page);
	for (uint32_t i = 0; i < fs->blocks_per_page; i++)
		if (i << fs->block_shift >= into)
			page->block[i] = 0;
	if (has_blocks(page))
		cache_set_dirty(page, &fs->dirty, CACHE_DATA);
	return 0;
}

static int cut_work(struct ext2 *fs, void *arg)
{
	const struct resize *r = arg;

	return ext2_map_cut(r->node, (r->size + fs->block_bytes - 1) >> fs->block_shift);
}

int ext2_resize(struct inode *inode, uint64_t size)
{
	struct resize r = { ext2_node_of(inode), size };
	struct ext2 *fs = r.node->fs;
	bool shrinks;
	int err;

	if (fs->is_read_only)
		return -EROFS;
	if (size > fs->bytes_max)
		return -EFBIG;
	sleep_lock_take(&r.node->lock);
	shrinks = size < inode->object.size;
	err = size == inode->object.size ? 0 : ext2_run(fs, resize_work, &r);
	while (!err && shrinks && (err = ext2_run(fs, cut_work, &r)) == 1)
		err = 0;
	sleep_lock_drop(&r.node->lock);
	ext2_balance(fs);
	return err;
}

/* ---- mapping ----------------------------------------------------------- */

/*
 * A file that is mapped is in memory: ext2_load brings it in, and keepers see to
 * it that it stays. What is not here has come since, by a file that grew: a hole.
 */
static paddr_t object_page(struct memory_object *object, uint64_t index, bool is_shared)
{
	struct ext2_node *node = ext2_node_of(container_of(object, struct inode, object));
	struct cache_page *page = cache_find(&node->pages, index);
	uint32_t blocks[CACHE_BLOCKS_MAX] = { 0 };
	paddr_t pa;

	(void)is_shared;
	if (!page) {
		if (map_page(node, index, 0, 0, blocks) || is_any(blocks))
			return 0; /* a fault cannot wait for a disk */
		page = cache_add(&node->pages, index);
		if (!page)
			return 0;
		page->is_valid = true;
	}
	pa = direct_paddr(page->data);
	page_get(pa);
	return pa;
}

static void object_get(struct memory_object *object)
{
	struct inode *inode = container_of(object, struct inode, object);

	ext2_node_of(inode)->pages.nr_keepers++;
	inode_get(inode)->nr_maps++;
}

static void set_all_dirty(struct ext2_node *node)
{
	list_for_each(l, &node->pages.pages) {
		struct cache_page *page = list_entry(l, struct cache_page, in_owner);

		if (has_blocks(page))
			cache_set_dirty(page, &node->fs->dirty, CACHE_DATA);
	}
}

static void object_put(struct memory_object *object)
{
	struct inode *inode = container_of(object, struct inode, object);
	struct ext2_node *node = ext2_node_of(inode);

	inode->nr_maps--;
	if (!--node->pages.nr_keepers && !list_is_empty(&node->in_mapped)) {
		list_remove(&node->in_mapped);
		set_all_dirty(node);
	}
	inode_put(inode);
}

const struct memory_object_ops ext2_object_ops = {
	.page = object_page,
	.get = object_get,
	.put = object_put,
};

struct load {
	struct ext2_node *node;
	uint64_t index, end;
};

static uint64_t load_run(void *arg)
{
	struct load *l = arg;

	cache_begin();
	for (; l->index < l->end; l->index++) {
		struct cache_page *page = cache_find(&l->node->pages, l->index);

		if (!page || !page->is_valid)
			return ext2_want_page(l->node, l->index);
	}
	return 0;
}

/* Blocks for the holes of what will be written to through a mapping. */
static int own_work(struct ext2 *fs, void *arg)
{
	struct load *l = arg;
	uint64_t size = l->node->inode->object.size;

	for (; l->index < l->end && l->index * PAGE_SIZE < size; l->index++) {
		uint64_t n = min_u64(PAGE_SIZE, size - l->index * PAGE_SIZE);
		struct cache_page *page;
		int err = own_page(l->node, l->index, 0, n, &page);

		if (err)
			return err;
		ext2_mark(fs);
	}
	return 0;
}

int ext2_load(struct inode *inode, uint64_t start, uint64_t len, bool can_write)
{
	struct ext2_node *node = ext2_node_of(inode);
	struct load l = { node, start / PAGE_SIZE, 0 };
	int err = 0;

	if (start >= inode->object.size)
		return 0;
	l.end = (start + min_u64(len, inode->object.size - start) + PAGE_SIZE - 1) / PAGE_SIZE;
	if (l.end - l.index > cache_nr_max())
		return -ENOMEM;
	do
		err = (int)offload_call(load_run, &l);
	while (wanted_bring_for(&err));
	if (err || !can_write)
		return err;
	l.index = start / PAGE_SIZE;
	sleep_lock_take(&node->lock);
	err = ext2_run_growing(node->fs, own_work, &l);
	sleep_lock_drop(&node->lock);
	if (!err && list_is_empty(&node->in_mapped))
		list_add_tail(&node->fs->mapped, &node->in_mapped);
	return err;
}

/* Blocks for a page that has none, unless it is behind the end. */
static int own_one(struct ext2_node *node, uint64_t index)
{
	struct load l = { node, index, index + 1 };

	return ext2_run(node->fs, own_work, &l);
}

int ext2_write_maps(struct ext2_node *node)
{
	struct list *pages = &node->pages.pages, *l = pages->next;

	while (l != pages) {
		struct cache_page *page = list_entry(l, struct cache_page, in_owner);
		bool is_gone = false;
		int err = 0;

		if (!has_blocks(page)) {
			cache_hold(page);
			err = own_one(node, page->index);
			is_gone = !page->owner; /* cut off while a disk was waited for */
			l = is_gone ? pages : l;
			cache_unhold(page);
		}
		if (err)
			return err;
		l = l->next;
	}
	set_all_dirty(node);
	return 0;
}

const char *ext2_page(const struct inode *inode, uint64_t index)
{
	struct cache_page *page = cache_find(&ext2_node_of(inode)->pages, index);

	return page && page->is_valid ? page->data : NULL;
}

const struct inode_ops ext2_file_inode_ops = {
	.name = ext2_inode_own_name,
	.retire = ext2_inode_retire,
	.tree = &ext2_tree_ops,
};
