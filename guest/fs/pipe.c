/* SPDX-License-Identifier: MIT */
/*
 * A ring of pages that come when they are first written to. A pipe that has run
 * empty starts at the first page again and gives the others back, so one that
 * passes small messages uses one page.
 */
#include "guest/fs/pipe.h"

#include <asm/poll.h>
#include <linux/fcntl.h>

#include "guest/arch/direct.h"
#include "guest/arch/offload.h"
#include "guest/core/watch.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/pool.h"
#include "guest/mm/usercopy.h"

#define NR_PAGES (PIPE_BYTES / PAGE_SIZE)
#define DIRECT_MAX 256 /* so few bytes are copied without further ado */

struct pipe {
	uint64_t start, end;        /* positions; what lies between is in the pipe */
	uint32_t readers, writers;  /* open files */
	uint32_t nr_opens[2];       /* for reading, for writing; so far */
	struct wait_queue readable, writable, opened;
	struct watch_source source;
	char *pages[NR_PAGES];
};

static struct pool pipe_pool = POOL_INIT(pipe_pool, struct pipe);

static struct pipe *pipe_create(void)
{
	struct pipe *pipe = pool_alloc(&pipe_pool);

	if (!pipe)
		return NULL;
	list_init(&pipe->readable.waiters);
	list_init(&pipe->writable.waiters);
	list_init(&pipe->opened.waiters);
	list_init(&pipe->source.watches);
	return pipe;
}

static void pages_free(struct pipe *pipe, unsigned first)
{
	for (unsigned i = first; i < NR_PAGES; i++) {
		if (pipe->pages[i])
			page_put(direct_paddr(pipe->pages[i]));
		pipe->pages[i] = NULL;
	}
}

static inline bool is_empty(const struct pipe *pipe)
{
	return pipe->start == pipe->end;
}

static inline uint64_t room_in(const struct pipe *pipe)
{
	return PIPE_BYTES - (pipe->end - pipe->start);
}

static inline char *byte_at(const struct pipe *pipe, uint64_t pos)
{
	return pipe->pages[pos / PAGE_SIZE % NR_PAGES] + pos % PAGE_SIZE;
}

/* The place of the next byte; NULL without memory. */
static char *byte_to_fill(struct pipe *pipe)
{
	char **page = &pipe->pages[pipe->end / PAGE_SIZE % NR_PAGES];

	if (unlikely(!*page)) {
		paddr_t pa = page_alloc();

		if (!pa)
			return NULL;
		*page = direct_map(pa);
	}
	return *page + pipe->end % PAGE_SIZE;
}

static inline void note_empty(struct pipe *pipe)
{
	if (pipe->end > PAGE_SIZE)
		pages_free(pipe, 1);
	pipe->start = pipe->end = 0;
}

/* A part of a program's memory on its way into a pipe or out of it. */
struct pipe_move {
	struct pipe *pipe;
	struct space *space;
	vaddr_t va;
	uint64_t left;
	int error; /* with some left: 0 means that the page at va is to be brought in */
};

static uint64_t take_run(void *arg)
{
	struct pipe_move *m = arg;

	while (m->left) {
		uint64_t start = m->pipe->start, n = min_u64(m->left, PAGE_SIZE - start % PAGE_SIZE);
		void *dst = user_present(m->space, m->va, &n, ACCESS_WRITE);

		if (!dst)
			break;
		memcpy(dst, byte_at(m->pipe, start), n);
		m->pipe->start += n;
		m->va += n;
		m->left -= n;
	}
	if (is_empty(m->pipe))
		note_empty(m->pipe); /* in here it costs nothing to give pages back */
	return 0;
}

static uint64_t fill_run(void *arg)
{
	struct pipe_move *m = arg;

	while (m->left) {
		uint64_t n = min_u64(m->left, PAGE_SIZE - m->pipe->end % PAGE_SIZE);
		const void *src = user_present(m->space, m->va, &n, ACCESS_READ);
		char *dst = src ? byte_to_fill(m->pipe) : NULL;

		if (!src)
			break;
		if (!dst) {
			m->error = -ENOMEM;
			break;
		}
		memcpy(dst, src, n);
		m->pipe->end += n;
		m->va += n;
		m->left -= n;
	}
	return 0;
}

/* Brings bytes of the program's memory from va on. If they were on a disk another may
 * have been at the pipe meanwhile: -EABSENT. */
static int bring(const struct pipe *pipe, vaddr_t va, uint64_t bytes, unsigned access)
{
	uint64_t start = pipe->start, end = pipe->end;

	if (!user_bring_all(current()->space, va, bytes, access))
		return -EFAULT;
	return pipe->start == start && pipe->end == end ? 0 : -EABSENT;
}

/*
 * Moves len bytes between the pipe and va; bytes moved, or the error if that came
 * first: -EABSENT if the pipe is not any more as the caller saw it.
 */
static __attribute__((noinline)) int64_t move(struct pipe *pipe, vaddr_t va, uint64_t len,
					      offload_fn run, unsigned access)
{
	struct pipe_move m = { pipe, current()->space, va, len, 0 };

	while (m.left && !m.error) {
		offload_call(run, &m);
		if (m.left && !m.error)
			m.error = bring(pipe, m.va, 1, access);
	}
	return len > m.left ? (int64_t)(len - m.left) : m.error;
}

/* A few bytes, all in one page that is there, go without further ado. */
static inline void *short_way(uint64_t pos, vaddr_t va, uint64_t len, unsigned access)
{
	if (len > DIRECT_MAX || pos % PAGE_SIZE + len > PAGE_SIZE)
		return NULL;
	return user_present_whole(current()->space, va, len, access);
}

/* Takes len bytes, which are there, out of the pipe; -EABSENT as above. */
static inline int64_t take(struct pipe *pipe, vaddr_t va, uint64_t len)
{
	void *dst = short_way(pipe->start, va, len, ACCESS_WRITE);

	if (unlikely(!dst))
		return move(pipe, va, len, take_run, ACCESS_WRITE);
	memcpy(dst, byte_at(pipe, pipe->start), len);
	pipe->start += len;
	return len;
}

static __attribute__((noinline)) int64_t fill_slowly(struct pipe *pipe, vaddr_t va, uint64_t len)
{
	/* What is not to be torn apart is here before the first byte is moved. */
	if (len <= PIPE_ATOMIC && bring(pipe, va, len, ACCESS_READ) == -EABSENT)
		return -EABSENT;
	return move(pipe, va, len, fill_run, ACCESS_READ);
}

/* Puts len bytes, for which there is room, into the pipe; -EABSENT as above. */
static inline int64_t fill(struct pipe *pipe, vaddr_t va, uint64_t len)
{
	const void *src = short_way(pipe->end, va, len, ACCESS_READ);
	char *dst = src ? byte_to_fill(pipe) : NULL;

	if (unlikely(!dst))
		return fill_slowly(pipe, va, len);
	memcpy(dst, src, len);
	pipe->end += len;
	return len;
}

static inline void wake_one(struct wait_queue *queue)
{
	if (!list_is_empty(&queue->waiters))
		wait_wake_one(queue);
}

static inline int pipe_wait(struct wait_queue *queue)
{
	return unlikely(wait_on(queue, WAIT_FOREVER)) ? -ERESTARTSYS : 0;
}

/* Waits until there is something in the pipe: 1. Or 0: there never will be; or an
 * errno. */
static __attribute__((noinline)) int wait_for_data(struct file *file)
{
	struct pipe *pipe = file->pipe;

	do {
		if (!pipe->writers)
			return 0;
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		if (pipe_wait(&pipe->readable))
			return -ERESTARTSYS;
	} while (is_empty(pipe));
	return 1;
}

static int64_t pipe_read(struct file *file, vaddr_t buf, uint64_t len, uint64_t *pos)
{
	struct pipe *pipe = file->pipe;
	int64_t n;

	(void)pos;
	if (unlikely(!len))
		return 0;
	do {
		if (is_empty(pipe)) {
			n = wait_for_data(file);
			if (n <= 0)
				return n;
		}
		n = take(pipe, buf, min_u64(len, pipe->end - pipe->start));
	} while (unlikely(n == -EABSENT));
	if (is_empty(pipe))
		note_empty(pipe);
	else
		wake_one(&pipe->readable); /* another reader has its share */
	wake_one(&pipe->writable);
	watch_notify(&pipe->source);
	return n;
}

/* From the bytes of pieces from skip on, those of one piece, at most max. */
static struct user_piece piece_at(const struct user_piece *pieces, uint64_t skip, uint64_t max)
{
	while (skip >= pieces->len)
		skip -= pieces++->len;
	return (struct user_piece){ pieces->start + skip, min_u64(pieces->len - skip, max) };
}

/* Puts at most len bytes of pieces from skip on into the pipe. */
static int64_t fill_pieces(struct pipe *pipe, const struct user_piece *pieces, uint64_t skip,
			   uint64_t len)
{
	uint64_t done = 0;

	while (done < len) {
		struct user_piece piece = piece_at(pieces, skip + done, len - done);
		int64_t n = fill(pipe, piece.start, piece.len);

		if (n < 0)
			return done ? (int64_t)done : n;
		done += n;
		if ((uint64_t)n < piece.len)
			break;
	}
	wake_one(&pipe->readable);
	watch_notify(&pipe->source);
	return done;
}

/* Writes what does not fit at once, or is not in one piece. */
static int64_t write_at_length(struct file *file, const struct user_piece *pieces, unsigned nr)
{
	struct pipe *pipe = file->pipe;
	uint64_t total = 0, done = 0;
	int64_t n = 0;

	for (unsigned i = 0; i < nr; i++)
		total += pieces[i].len;
	for (unsigned i = 0; i < nr && total <= PIPE_ATOMIC; i++)
		user_bring_all(current()->space, pieces[i].start, pieces[i].len, ACCESS_READ);
	while (done < total) {
		uint64_t left = total - done, room = room_in(pipe);

		if (!pipe->readers)
			n = -EPIPE;
		else if (room >= left || (room && total > PIPE_ATOMIC))
			n = fill_pieces(pipe, pieces, done, min_u64(room, left));
		else if (file->flags & O_NONBLOCK)
			n = -EAGAIN;
		else
			n = pipe_wait(&pipe->writable);
		if (n == -EABSENT)
			n = 0;
		if (n < 0)
			break;
		done += n;
	}
	/* Room that this one did not need may do for another. */
	if (room_in(pipe))
		wake_one(&pipe->writable);
	return done ? (int64_t)done : n;
}

static int64_t pipe_write(struct file *file, const struct user_piece *pieces, unsigned nr,
			  uint64_t *pos)
{
	struct pipe *pipe = file->pipe;
	int64_t n;

	(void)pos;
	if (unlikely(nr != 1 || !pieces->len || pieces->len > room_in(pipe) || !pipe->readers))
		return write_at_length(file, pieces, nr);
	n = fill(pipe, pieces->start, pieces->len);
	if (unlikely(n == -EABSENT))
		return write_at_length(file, pieces, nr);
	if (likely(n > 0)) {
		wake_one(&pipe->readable);
		watch_notify(&pipe->source);
	}
	return n;
}

static int pipe_make_room(struct file *file, uint64_t bytes)
{
	struct pipe *pipe = file->pipe;
	int err = 0;

	while (bytes <= PIPE_ATOMIC && room_in(pipe) < bytes && pipe->readers && !err)
		err = file->flags & O_NONBLOCK ? -EAGAIN : pipe_wait(&pipe->writable);
	if (err && room_in(pipe))
		wake_one(&pipe->writable); /* as above */
	return err;
}

static uint32_t pipe_poll(struct file *file, struct watcher *watcher)
{
	struct pipe *pipe = file->pipe;
	uint32_t events = 0;

	if (watcher)
		watch_add(watcher, &pipe->source);
	if ((file->flags & O_ACCMODE) != O_WRONLY) {
		if (!is_empty(pipe))
			events |= POLLIN | POLLRDNORM;
		/* Not while a FIFO waits for its first writer. */
		if (!pipe->writers && file->pos != pipe->nr_opens[O_WRONLY])
			events |= POLLHUP;
	}
	if ((file->flags & O_ACCMODE) != O_RDONLY) {
		if (room_in(pipe) >= PIPE_ATOMIC)
			events |= POLLOUT | POLLWRNORM;
		if (!pipe->readers)
			events |= POLLERR;
	}
	return events;
}

static bool pipe_has_more(struct file *file)
{
	return !is_empty(file->pipe);
}

static int64_t pipe_nr_readable(struct file *file)
{
	return file->pipe->end - file->pipe->start;
}

/* One end more, one end less; changed: 1 or -1. */
static void count_ends(const struct file *file, int changed)
{
	struct pipe *pipe = file->pipe;

	if ((file->flags & O_ACCMODE) != O_WRONLY)
		pipe->readers += changed;
	if ((file->flags & O_ACCMODE) != O_RDONLY)
		pipe->writers += changed;
}

static void count_open(struct file *file)
{
	struct pipe *pipe = file->pipe;
	uint32_t mode = file->flags & O_ACCMODE;

	/* For pipe_poll: how many writers there had been before. */
	file->pos = pipe->writers ? 0 : pipe->nr_opens[O_WRONLY];
	count_ends(file, 1);
	pipe->nr_opens[O_RDONLY] += mode != O_WRONLY;
	pipe->nr_opens[O_WRONLY] += mode != O_RDONLY;
	wait_wake_all(&pipe->opened);
}

static void pipe_close(struct file *file)
{
	struct pipe *pipe = file->pipe;

	count_ends(file, -1);
	wait_wake_all(&pipe->readable);
	wait_wake_all(&pipe->writable);
	watch_notify(&pipe->source);
	if (pipe->readers || pipe->writers)
		return;
	pages_free(pipe, 0);
	pool_free(&pipe_pool, pipe);
	file->inode->pipe = NULL;
}

/* Opening one end of a FIFO waits for the other (fifo(7)). */
static int wait_for_other_end(struct file *file)
{
	struct pipe *pipe = file->pipe;
	bool reads = (file->flags & O_ACCMODE) == O_RDONLY;
	uint32_t others = reads ? pipe->writers : pipe->readers;
	const uint32_t *nr_opens = &pipe->nr_opens[reads ? O_WRONLY : O_RDONLY];
	uint32_t before = *nr_opens;

	if (others)
		return 0;
	if (file->flags & O_NONBLOCK)
		return reads ? 0 : -ENXIO;
	/* An end that was opened counts, though it may be closed again by now. */
	while (*nr_opens == before)
		if (wait_on(&pipe->opened, WAIT_FOREVER))
			return -ERESTARTSYS;
	return 0;
}

static int fifo_open(struct file *file)
{
	struct inode *inode = file->inode;
	int err;

	if (!inode->pipe)
		inode->pipe = pipe_create();
	if (!inode->pipe)
		return -ENOMEM;
	file->pipe = inode->pipe;
	count_open(file);
	if ((file->flags & O_ACCMODE) == O_RDWR || inode->device == DEVICE_PIPES)
		return 0;
	err = wait_for_other_end(file);
	if (err)
		pipe_close(file);
	return err;
}

const struct file_ops pipe_file_ops = {
	.open = fifo_open,
	.close = pipe_close,
	.read = pipe_read,
	.write = pipe_write,
	.make_room = pipe_make_room,
	.poll = pipe_poll,
	.has_more = pipe_has_more,
	.nr_readable = pipe_nr_readable,
};

const struct inode_ops pipe_inode_ops;

int pipe_open(struct file *ends[2], uint32_t flags)
{
	struct inode *inode = inode_create(&pipe_inode_ops, DEVICE_PIPES, MODE_FIFO | 0600);
	int err;

	if (!inode)
		return -ENOMEM;
	inode->file_ops = &pipe_file_ops;
	inode_touch(inode, INODE_READ | INODE_WRITTEN);
	err = file_open(inode, O_RDONLY | flags, &ends[0]);
	if (!err) {
		err = file_open(inode, O_WRONLY | flags, &ends[1]);
		if (err)
			file_put(ends[0]);
	}
	inode_put(inode);
	return err;
}
