/* SPDX-License-Identifier: MIT */
#include <linux/fcntl.h>

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

#define WRITE_MAX 32              /* pages written in one offloaded call */

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

/* Before the file grows: what programs have written behind its end, in a page that is
 * mapped, does not become a part of it. */
static void clear_behind_end(struct ext2_node *node)
{
	struct cache_page *page;

	if (!node->inode->nr_maps)
		return;
	page = cache_find(&node->pages, node->inode->object.size / PAGE_SIZE);
	if (page && page->is_valid)
		ext2_clear_end(node, page);
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
	err = ext2_own_page(node, t->pos / PAGE_SIZE, into, n, &page);
	if (err)
		return err;
	if (t->pos > node->inode->object.size)
		clear_behind_end(node);
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
	start = *pos = file_write_start(file, *pos);
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
		err = ext2_fsync_open(file);
		if (err)
			return err;
	}
	return *pos - start;
}

/* Of what was lost before only if nobody knows. */
static int file_begin(struct file *file)
{
	file->nr_lost_told = ext2_node_of(file->inode)->nr_lost_told;
	return 0;
}

const struct file_ops ext2_file_ops = {
	.open = file_begin,
	.sync = ext2_fsync_open,
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
	} else {
		clear_behind_end(node);
	}
	ext2_change(node);
	node->inode->object.size = r->size;
	if (!page || !page->is_valid)
		return 0;
	ext2_clear_end(node, page);
	for (uint32_t i = 0; i < fs->blocks_per_page; i++)
		if (i << fs->block_shift >= into)
			page->block[i] = 0;
	if (ext2_has_blocks(page->block))
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
