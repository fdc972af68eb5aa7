/* SPDX-License-Identifier: MIT */
#include "guest/dev/console.h"

#include <lde/device.h>

#include "guest/arch/direct.h"
#include "guest/arch/insn.h"
#include "guest/core/watch.h"
#include "guest/lib/errno.h"
#include "guest/mm/page.h"
#include "guest/mm/usercopy.h"

/* As Linux: no transfer is larger than this (write(2), NOTES). */
#define CONSOLE_WRITE_MAX 0x7ffff000ull

struct stream {
	struct lde_console_req request;
	bool is_busy;                 /* somebody owns request */
	struct process *heir;         /* who owns it next, and has been woken */
	struct wait_queue turn;       /* others who want it */
	struct wait_queue completion; /* the owner, until the interrupt */
};

static struct console_info info;
static const struct console_transport *transport; /* NULL: the port */
#define STREAM_INIT(n)                                                                             \
	{                                                                                          \
		.turn = WAIT_QUEUE_INIT(streams[n].turn),                                          \
		.completion = WAIT_QUEUE_INIT(streams[n].completion),                              \
	}
static struct stream streams[LDE_NR_STREAMS] = {
	STREAM_INIT(0), STREAM_INIT(1), STREAM_INIT(2), STREAM_INIT(3), STREAM_INIT(4),
};

/* Input arrives here: who asked for it may be gone by then. */
static struct {
	char bytes[PAGE_SIZE] __attribute__((aligned(4096)));
	uint32_t start, end;
	bool is_asked;   /* the VMM has the request */
	bool has_ended;  /* a read is to return this: */
	int64_t result;  /* 0 or the host's error */
	struct wait_queue readers;
	struct watch_source source;
} input = {
	.readers = WAIT_QUEUE_INIT(input.readers),
	.source = WATCH_SOURCE_INIT(input.source),
};

void console_init(const struct console_info *from_tree)
{
	info = *from_tree;
}

void console_set_transport(const struct console_transport *to)
{
	transport = to;
}

const struct console_info *console_info(void)
{
	return &info;
}

static int stream_acquire(struct stream *s)
{
	while (s->is_busy) {
		if (wait_on(&s->turn, WAIT_FOREVER))
			return -ERESTARTSYS;
		if (s->heir == current()) {
			s->heir = NULL;
			return 0;
		}
		/* Was stopped, and out of the queue: it may have become free. */
	}
	s->is_busy = true;
	return 0;
}

/* To who has waited longest, or who writes again at once would always be first. */
static void stream_release(struct stream *s)
{
	if (likely(list_is_empty(&s->turn.waiters))) {
		s->is_busy = false;
		return;
	}
	s->heir = list_entry(s->turn.waiters.next, struct process, queue_link);
	wait_wake_one(&s->turn);
}

static inline bool is_pending(struct stream *s)
{
	return *(volatile int64_t *)&s->request.result == LDE_CONSOLE_PENDING;
}

/* Hands the request over; the VMM may take its time. By the port, what it can do
 * without waiting is done when this returns; otherwise only if settles. */
static void stream_ring(struct stream *s, enum lde_console_op op, bool settles)
{
	s->request.op = op;
	s->request.stream = s - streams;
	s->request.pid = current()->pid;
	s->request.result = LDE_CONSOLE_PENDING;
	if (transport)
		transport->submit(&s->request, settles);
	else
		insn_outl(info.port + LDE_CONSOLE_REQUEST, (uint32_t)image_paddr(&s->request));
}

/* For each page that a segment is in, once for each segment. */
static void for_pages(const struct lde_console_req *r, void (*act)(paddr_t pa))
{
	for (uint32_t i = 0; i < r->nr_segs; i++) {
		paddr_t pa = ALIGN_DOWN(r->segs[i].gpa, PAGE_SIZE);
		paddr_t end = (paddr_t)r->segs[i].gpa + r->segs[i].len;

		for (; pa < end; pa += PAGE_SIZE)
			act(pa);
	}
}

/*
 * The VMM reads our pages, so nothing ends this early. Another process may cut them
 * off a file that we have mapped: pinned, they are not somebody else's before the
 * end. What was written at once, as most is, had no need of that.
 */
static __attribute__((noinline)) void await(struct stream *s)
{
	for_pages(&s->request, page_pin);
	do
		wait_uninterrupted(&s->completion);
	while (is_pending(s));
	for_pages(&s->request, page_unpin);
}

/* The request is done when this returns. Nobody else runs before its pages are pinned. */
static int64_t stream_submit(struct stream *s, enum lde_console_op op)
{
	stream_ring(s, op, false);
	if (is_pending(s))
		await(s);
	return s->request.result;
}

static inline paddr_t page_to_add(vaddr_t va, bool is_first)
{
	if (va >= USER_END)
		return 0;
	if (likely(is_first))
		return space_page(current()->space, va, ACCESS_READ);
	return space_page_now(current()->space, va, ACCESS_READ);
}

/*
 * Adds [start, start + len), the pages of which adjoin or not; what fits. Only the
 * first page of a request is waited for, if it is on a disk: others may run meanwhile
 * and take away what was added. A later one that is not there ends the request, and
 * the next begins with it.
 */
static uint64_t request_add(struct lde_console_req *r, vaddr_t start, uint64_t len)
{
	uint64_t done = 0;

	while (done < len) {
		vaddr_t va = start + done;
		uint64_t n = min_u64(len - done, PAGE_SIZE - va % PAGE_SIZE);
		struct lde_console_seg *last = r->nr_segs ? &r->segs[r->nr_segs - 1] : NULL;
		paddr_t pa = page_to_add(va, !last);

		if (!pa)
			break;
		pa += va % PAGE_SIZE;
		if (last && last->gpa + last->len == pa)
			last->len += n;
		else if (r->nr_segs == LDE_CONSOLE_SEGS_MAX)
			break;
		else
			r->segs[r->nr_segs++] = (struct lde_console_seg){ pa, n };
		done += n;
	}
	return done;
}

/* One request of as many bytes from skip on as it can hold. */
static int64_t write_once(struct stream *s, const struct user_piece *pieces, unsigned nr,
			  uint64_t skip)
{
	uint64_t bytes = 0;

	s->request.nr_segs = 0;
	for (unsigned i = 0; i < nr; i++) {
		uint64_t len = pieces[i].len, added;

		if (skip >= len) {
			skip -= len;
			continue;
		}
		added = request_add(&s->request, pieces[i].start + skip, len - skip);
		bytes += added;
		if (added < len - skip)
			break;
		skip = 0;
	}
	return bytes ? stream_submit(s, LDE_CONSOLE_WRITE) : -EFAULT;
}

int64_t console_write(unsigned stream, const struct user_piece *pieces, unsigned nr)
{
	struct stream *s = &streams[stream];
	uint64_t total = 0, done = 0;
	int64_t result;

	for (unsigned i = 0; i < nr; i++)
		total += pieces[i].len;
	total = min_u64(total, CONSOLE_WRITE_MAX);
	if (!total)
		return 0;
	result = stream_acquire(s);
	if (result)
		return result;
	while (done < total) {
		result = write_once(s, pieces, nr, done);
		if (result <= 0)
			break;
		done += result;
	}
	stream_release(s);
	return done ? (int64_t)done : result;
}

bool console_has_input(void)
{
	return input.start < input.end;
}

/* Takes over what the VMM has answered, if it has. */
static void input_collect(void)
{
	struct stream *s = &streams[CONSOLE_STDIN];

	if (!input.is_asked || is_pending(s))
		return;
	input.is_asked = false;
	if (s->request.result > 0) {
		input.start = 0;
		input.end = s->request.result;
	} else {
		input.has_ended = true;
		input.result = s->request.result;
	}
	wait_wake_all(&input.readers);
	watch_notify(&input.source);
}

/* Asks for at most len bytes, unless something is here or asked for already. now:
 * whether there is any is known when this returns. */
static void input_ask(uint64_t len, bool now)
{
	struct stream *s = &streams[CONSOLE_STDIN];

	if (console_has_input() || input.has_ended || input.is_asked)
		return;
	s->request.nr_segs = 1;
	s->request.segs[0] = (struct lde_console_seg){ image_paddr(input.bytes),
						       min_u64(len, sizeof(input.bytes)) };
	input.is_asked = true;
	stream_ring(s, LDE_CONSOLE_READ, now);
	input_collect();
}

int64_t console_read(vaddr_t buf, uint64_t len, bool may_wait)
{
	uint64_t n;

	if (!len)
		return 0;
	for (;;) {
		input_ask(len, !may_wait);
		if (console_has_input())
			break;
		if (input.has_ended) {
			input.has_ended = false; /* a terminal may go on */
			return input.result;
		}
		if (!may_wait)
			return -EAGAIN;
		if (wait_on(&input.readers, WAIT_FOREVER))
			return -ERESTARTSYS;
	}
	n = min_u64(len, input.end - input.start);
	if (!user_bring_all(current()->space, buf, n, ACCESS_WRITE))
		return -EFAULT;
	n = min_u64(n, input.end - input.start); /* another may have been quicker */
	if (!n)
		return console_read(buf, len, may_wait);
	if (user_write(current()->space, buf, input.bytes + input.start, n))
		return -EFAULT;
	input.start += n;
	return n;
}

bool console_poll_input(void)
{
	input_ask(sizeof(input.bytes), true);
	return console_has_input() || input.has_ended;
}

struct watch_source *console_input_source(void)
{
	return &input.source;
}

uint64_t console_nr_readable(void)
{
	console_poll_input();
	return input.end - input.start;
}

bool console_begin(unsigned stream, const struct lde_console_seg *segs, unsigned nr)
{
	struct stream *s = &streams[stream];

	if (s->is_busy)
		return false;
	s->is_busy = true;
	for (unsigned i = 0; i < nr; i++)
		s->request.segs[i] = segs[i];
	s->request.nr_segs = nr;
	stream_ring(s, stream == LDE_STREAM_TERMINAL_IN ? LDE_CONSOLE_READ : LDE_CONSOLE_WRITE,
		    false);
	return true;
}

bool console_finish(unsigned stream, int64_t *result)
{
	struct stream *s = &streams[stream];

	if (is_pending(s))
		return false;
	*result = s->request.result;
	stream_release(s);
	return true;
}

bool console_is_at_work(void)
{
	if (input.is_asked)
		return true;
	for (unsigned i = CONSOLE_STDOUT; i <= CONSOLE_STDERR; i++)
		if (streams[i].is_busy && is_pending(&streams[i]))
			return true;
	return false;
}

void console_interrupt(void)
{
	input_collect();
	for (unsigned i = CONSOLE_STDOUT; i < LDE_NR_STREAMS; i++)
		if (streams[i].is_busy && !is_pending(&streams[i]))
			wait_wake_all(&streams[i].completion);
}
