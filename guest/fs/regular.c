/* SPDX-License-Identifier: MIT */
#include "guest/fs/regular.h"

#include <linux/fcntl.h>

#include "guest/arch/direct.h"
#include "guest/arch/offload.h"
#include "guest/core/process.h"
#include "guest/fs/file.h"
#include "guest/fs/fsize.h"
#include "guest/fs/text.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/usercopy.h"

/* ---- mapping --------------------------------------------------------- */

/*
 * A page of the initrd is mapped as it is for those who will not write to it,
 * nor see what others write; everybody else gets one of the file's own.
 */
static paddr_t regular_page(struct memory_object *object, uint64_t index, bool is_shared)
{
	struct inode *inode = container_of(object, struct inode, object);
	struct content *c = &inode->content;
	paddr_t pa = is_shared ? 0 : content_find(c, index);

	if (!pa)
		pa = content_own(c, index, true);
	if (pa)
		page_get(pa);
	return pa;
}

static void regular_get(struct memory_object *object)
{
	inode_get(container_of(object, struct inode, object))->nr_maps++;
}

static void regular_put(struct memory_object *object)
{
	struct inode *inode = container_of(object, struct inode, object);

	inode->nr_maps--;
	inode_put(inode);
}

static const struct memory_object_ops regular_object_ops = {
	.page = regular_page,
	.get = regular_get,
	.put = regular_put,
};

/* ---- reading and writing --------------------------------------------- */

/* A part of a file and of the running program's memory; works off as much as
 * lies in pages that are there. */
struct transfer {
	struct inode *inode;
	struct space *space;
	uint64_t pos;
	vaddr_t va;
	uint64_t left;
	int error; /* with some left: 0 means that the page at va is to be brought in */
};

static void transfer_advance(struct transfer *t, uint64_t n)
{
	t->pos += n;
	t->va += n;
	t->left -= n;
}

static uint64_t read_run(void *arg)
{
	struct transfer *t = arg;

	while (t->left) {
		uint64_t into = t->pos % PAGE_SIZE, n = min_u64(t->left, PAGE_SIZE - into);
		void *dst = user_present(t->space, t->va, &n, ACCESS_WRITE);
		paddr_t pa = content_find(&t->inode->content, t->pos / PAGE_SIZE);

		if (!dst)
			break;
		if (pa)
			memcpy(dst, (const char *)direct_map(pa) + into, n);
		else
			memset(dst, 0, n);
		transfer_advance(t, n);
	}
	return 0;
}

static uint64_t write_run(void *arg)
{
	struct transfer *t = arg;

	while (t->left) {
		uint64_t into = t->pos % PAGE_SIZE, n = min_u64(t->left, PAGE_SIZE - into);
		const void *src = user_present(t->space, t->va, &n, ACCESS_READ);
		paddr_t pa;

		if (!src)
			break;
		pa = content_own(&t->inode->content, t->pos / PAGE_SIZE, n < PAGE_SIZE);
		if (!pa) {
			t->error = -ENOSPC;
			break;
		}
		memcpy((char *)direct_map(pa) + into, src, n);
		transfer_advance(t, n);
		if (t->pos > t->inode->object.size)
			t->inode->object.size = t->pos;
	}
	return 0;
}

/* Bytes moved, or the error if that came first. */
static int64_t transfer_run(struct transfer *t, offload_fn run, unsigned access)
{
	uint64_t start = t->pos;

	while (t->left && !t->error) {
		offload_call(run, t);
		if (t->left && !t->error && !user_bring(t->space, t->va, access))
			t->error = -EFAULT;
	}
	return t->pos > start ? (int64_t)(t->pos - start) : t->error;
}

static int64_t regular_read(struct file *file, vaddr_t buf, uint64_t len, uint64_t *pos)
{
	struct inode *inode = file->inode;
	struct transfer t = { inode, current()->space, *pos, buf, len, 0 };
	int64_t n;

	if (*pos >= inode->object.size || !len)
		return 0;
	t.left = min_u64(len, inode->object.size - *pos);
	n = transfer_run(&t, read_run, ACCESS_WRITE);
	if (n > 0)
		*pos = t.pos;
	/* As "relatime": once after each change is enough to tell. */
	if (inode->atime_ns <= inode->mtime_ns && !(file->flags & O_NOATIME))
		inode_touch(inode, INODE_READ);
	return n;
}

static int64_t write_piece(struct file *file, const struct user_piece *piece, uint64_t *pos)
{
	struct inode *inode = file->inode;
	struct transfer t = { inode, current()->space, *pos, piece->start, piece->len, 0 };
	int64_t n;

	if (!piece->len)
		return 0;
	if (*pos >= CONTENT_BYTES_MAX)
		return -EFBIG;
	t.left = min_u64(piece->len, CONTENT_BYTES_MAX - *pos);
	n = transfer_run(&t, write_run, ACCESS_READ);
	if (n > 0)
		*pos = t.pos;
	return n;
}

static int64_t write_all(struct file *file, const struct user_piece *pieces, unsigned nr,
			 uint64_t *pos)
{
	struct inode *inode = file->inode;
	int64_t done = 0, n = 0;

	*pos = file_write_start(file, *pos);
	if (*pos > inode->object.size && *pos < CONTENT_BYTES_MAX &&
	    !content_end_page(&inode->content, inode->object.size))
		return -ENOSPC;
	for (unsigned i = 0; i < nr; i++) {
		n = write_piece(file, &pieces[i], pos);
		if (n < 0)
			break;
		done += n;
		if ((uint64_t)n < pieces[i].len)
			break;
	}
	if (done)
		inode_touch(inode, INODE_WRITTEN);
	return done ? done : n;
}

/* Writes as much as the process's limit leaves: piece by piece, the last one cut. */
static int64_t write_limited(struct file *file, const struct user_piece *pieces, unsigned nr,
			     uint64_t *pos)
{
	uint64_t start = file_write_start(file, *pos), total = 0;
	int64_t done = 0, left;

	for (unsigned i = 0; i < nr; i++)
		total += pieces[i].len;
	left = fsize_allow(start, total);
	if (left < 0 || (uint64_t)left == total)
		return left < 0 ? left : write_all(file, pieces, nr, pos);
	for (unsigned i = 0; i < nr && left; i++) {
		struct user_piece piece = { pieces[i].start, min_u64(pieces[i].len, left) };
		int64_t n = write_all(file, &piece, 1, pos);

		if (n < 0)
			return done ? done : n;
		done += n;
		left -= n;
		if ((uint64_t)n < piece.len)
			break;
	}
	return done;
}

static int64_t regular_write(struct file *file, const struct user_piece *pieces, unsigned nr,
			     uint64_t *pos)
{
	if (unlikely(rlimit_has_any(current())))
		return write_limited(file, pieces, nr, pos);
	return write_all(file, pieces, nr, pos);
}

const struct file_ops regular_file_ops = {
	.read = regular_read,
	.write = regular_write,
	.can_seek = true,
};

/* ---- size ------------------------------------------------------------ */

struct resize {
	struct inode *inode;
	uint64_t start, end;
};

static uint64_t resize_run(void *arg)
{
	struct resize *r = arg;
	struct content *c = &r->inode->content;
	uint64_t old = r->inode->object.size;

	return r->end < old ? content_cut(c, r->end) : content_end_page(c, old);
}

struct mapper {
	const struct memory_object *object;
	uint32_t pid; /* from here on */
};

/* The next process that maps the object, or 0. */
static uint64_t find_mapper(void *arg)
{
	struct mapper *m = arg;
	struct process *p = process_find_from(m->pid);

	while (p && !(p->space && space_maps(p->space, m->object)))
		p = process_find_from(p->pid + 1);
	m->pid = p ? p->pid + 1 : PID_MAX;
	return (uint64_t)p;
}

/* What was mapped of the part that has been cut off goes. */
static void cut_mappings(struct inode *inode)
{
	struct mapper m = { &inode->object, 1 };
	struct process *p;

	while ((p = (struct process *)offload_call(find_mapper, &m)))
		space_cut(p->space, &inode->object, inode->object.size);
}

static int resize_on_disk(struct inode *inode, uint64_t size)
{
	bool is_cut = size < inode->object.size;
	int err = inode->ops->tree->resize(inode, size);

	if (!err && is_cut && inode->nr_maps)
		cut_mappings(inode);
	return err;
}

int regular_resize(struct inode *inode, uint64_t size)
{
	struct resize r = { .inode = inode, .end = size };
	bool is_cut;

	if (inode_is_on_disk(inode))
		return resize_on_disk(inode, size);
	if (size > CONTENT_BYTES_MAX)
		return -EFBIG;
	if (size != inode->object.size && !offload_call(resize_run, &r))
		return -ENOSPC;
	is_cut = size < inode->object.size;
	inode->object.size = size;
	if (is_cut && inode->nr_maps)
		cut_mappings(inode);
	return 0;
}

static uint64_t reserve_run(void *arg)
{
	struct resize *r = arg;

	for (uint64_t i = r->start / PAGE_SIZE; i * PAGE_SIZE < r->end; i++)
		if (!content_find(&r->inode->content, i) &&
		    !content_own(&r->inode->content, i, true))
			return false;
	return true;
}

int regular_reserve(struct inode *inode, uint64_t offset, uint64_t len)
{
	struct resize r = { inode, offset, offset + len };

	if (inode_is_on_disk(inode))
		return -EOPNOTSUPP;
	if (r.end > CONTENT_BYTES_MAX)
		return -EFBIG;
	if (len / PAGE_SIZE > content_nr_free())
		return -ENOSPC;
	return offload_call(reserve_run, &r) ? 0 : -ENOSPC;
}

/* ---- the inode ------------------------------------------------------- */

static uint64_t release_run(void *arg)
{
	return content_cut(arg, 0);
}

static void regular_release(struct inode *inode)
{
	offload_call(release_run, &inode->content);
}

const struct inode_ops regular_inode_ops = { .release = regular_release };

struct inode *regular_create(uint32_t mode)
{
	struct inode *inode = inode_create(&regular_inode_ops, DEVICE_TREE, mode);

	if (!inode)
		return NULL;
	inode->object.ops = &regular_object_ops;
	inode->file_ops = &regular_file_ops;
	return inode;
}

void regular_set_archive(struct inode *inode, paddr_t data, uint64_t size)
{
	inode->content.archive = data;
	inode->content.archive_bytes = size;
	inode->object.size = size;
}

static int64_t link_read(struct inode *link, char *buf, const char **target)
{
	(void)buf;
	*target = link->target;
	return link->object.size;
}

static void link_release(struct inode *link)
{
	text_drop(link->target, link->object.size);
}

const struct inode_ops link_inode_ops = { .read_link = link_read, .release = link_release };

/* A link itself can be opened with O_PATH only. */
static const struct file_ops link_file_ops;

struct inode *link_create(const char *target, uint64_t len)
{
	struct inode *link = inode_create(&link_inode_ops, DEVICE_TREE, MODE_SYMLINK | 0777);

	if (!link)
		return NULL;
	link->file_ops = &link_file_ops;
	link->target = target;
	link->object.size = len;
	return link;
}
