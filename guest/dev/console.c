/* SPDX-License-Identifier: MIT */
#include "guest/dev/console.h"

#include <lde/device.h>

#include "guest/arch/direct.h"
#include "guest/arch/insn.h"
#include "guest/core/wait.h"
#include "guest/lib/errno.h"
#include "guest/mm/page.h"
#include "guest/mm/usercopy.h"

/* As Linux: no transfer is larger than this (write(2), NOTES). */
#define CONSOLE_WRITE_MAX 0x7ffff000ull

struct stream {
	struct lde_console_req request;
	bool is_busy;                 /* a process owns request */
	struct wait_queue turn;       /* others who want it */
	struct wait_queue completion; /* the owner, until the interrupt */
};

static struct console_info info;
static struct stream streams[CONSOLE_NR_STREAMS] = {
	{ .turn = WAIT_QUEUE_INIT(streams[0].turn), .completion = WAIT_QUEUE_INIT(streams[0].completion) },
	{ .turn = WAIT_QUEUE_INIT(streams[1].turn), .completion = WAIT_QUEUE_INIT(streams[1].completion) },
	{ .turn = WAIT_QUEUE_INIT(streams[2].turn), .completion = WAIT_QUEUE_INIT(streams[2].completion) },
};

/* Input arrives here first: its reader may be gone by then. */
static struct {
	char bytes[PAGE_SIZE] __attribute__((aligned(4096)));
	uint32_t start, end;
} input;

void console_init(const struct console_info *from_tree)
{
	info = *from_tree;
}

const struct console_info *console_info(void)
{
	return &info;
}

static int stream_acquire(struct stream *s)
{
	while (s->is_busy) {
		int err = wait_on(&s->turn, WAIT_FOREVER);

		if (err)
			return err;
	}
	s->is_busy = true;
	return 0;
}

static void stream_release(struct stream *s)
{
	s->is_busy = false;
	wait_wake_one(&s->turn);
}

static inline bool is_pending(struct stream *s)
{
	return *(volatile int64_t *)&s->request.result == LDE_CONSOLE_PENDING;
}

/* Rings the doorbell; the request is done when this returns. */
static int64_t stream_submit(struct stream *s, enum lde_console_op op)
{
	s->request.op = op;
	s->request.stream = s - streams;
	s->request.pid = current()->pid;
	s->request.result = LDE_CONSOLE_PENDING;
	insn_outl(info.port, (uint32_t)image_paddr(&s->request));
	while (is_pending(s))
		wait_uninterrupted(&s->completion); /* the VMM has our pages */
	return s->request.result;
}

/* Adds [start, start + len), the pages of which adjoin or not; what fits. */
static uint64_t request_add(struct lde_console_req *r, vaddr_t start, uint64_t len)
{
	uint64_t done = 0;

	while (done < len) {
		vaddr_t va = start + done;
		uint64_t n = min_u64(len - done, PAGE_SIZE - va % PAGE_SIZE);
		struct lde_console_seg *last = r->nr_segs ? &r->segs[r->nr_segs - 1] : NULL;
		paddr_t pa = va < USER_END ? space_page(current()->space, va, ACCESS_READ) : 0;

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

static int64_t input_fill(struct stream *s, uint64_t len)
{
	int64_t result;

	s->request.nr_segs = 1;
	s->request.segs[0] = (struct lde_console_seg){ image_paddr(input.bytes),
						       min_u64(len, sizeof(input.bytes)) };
	result = stream_submit(s, LDE_CONSOLE_READ);
	if (result > 0) {
		input.start = 0;
		input.end = result;
	}
	return result;
}

int64_t console_read(vaddr_t buf, uint64_t len)
{
	struct stream *s = &streams[CONSOLE_STDIN];
	int64_t result;

	if (!len)
		return 0;
	result = stream_acquire(s);
	if (result)
		return result;
	if (!console_has_input())
		result = input_fill(s, len);
	if (console_has_input()) {
		uint64_t n = min_u64(len, input.end - input.start);

		result = user_write(current()->space, buf, input.bytes + input.start, n);
		if (!result) {
			result = n;
			input.start += n;
		}
	}
	stream_release(s);
	return result;
}

void console_interrupt(void)
{
	for (unsigned i = 0; i < CONSOLE_NR_STREAMS; i++)
		if (streams[i].is_busy && !is_pending(&streams[i]))
			wait_wake_all(&streams[i].completion);
}
