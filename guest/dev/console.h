/* SPDX-License-Identifier: MIT */
/*
 * The console device: the host's standard streams (include/lde/device.h).
 *
 * Output goes out from where it lies in the program's pages, all pieces of one
 * system call in one request, and a process whose stream is not ready is BLOCKED
 * until the interrupt.
 *
 * Input is asked for when a process reads or polls, into a buffer of the
 * kernel's: who waits for it can be interrupted, and what comes later is kept
 * for the next one. That of a terminal goes through tty.h.
 */
#ifndef GUEST_DEV_CONSOLE_H
#define GUEST_DEV_CONSOLE_H

#include <lde/device.h>

#include "guest/lib/compiler.h"
#include "guest/mm/space.h"

struct watch_source;

/* The three that a program begins with; the terminal's are tty.h's. */
enum { CONSOLE_STDIN, CONSOLE_STDOUT, CONSOLE_STDERR, CONSOLE_NR_STREAMS };

/* A piece of a program's memory. */
struct user_piece {
	vaddr_t start;
	uint64_t len;
};

struct console_info {
	uint32_t port;
	uint32_t vector;
	uint32_t mode[CONSOLE_NR_STREAMS]; /* st_mode of the host's descriptors */
	uint32_t tty;                      /* bit n: stream n is a terminal */
	uint32_t window[2];                /* rows, columns; 0: unknown */
};

/* How requests reach the VMM, if not by the port. */
struct console_transport {
	/* When the request is done, its result is not LDE_CONSOLE_PENDING any more,
	 * and console_interrupt is called. settles: what the host can do without
	 * waiting is done when this returns. */
	void (*submit)(struct lde_console_req *request, bool settles);
};

void console_init(const struct console_info *info);
void console_set_transport(const struct console_transport *transport);
const struct console_info *console_info(void);

/* Bytes written, fewer than asked only if pieces go bad or the host fails;
 * -EFAULT, or the host's error. */
int64_t console_write(unsigned stream, const struct user_piece *pieces, unsigned nr);

/* Bytes read into the program's memory, 0 at the end of input, -EFAULT, the
 * host's error, -ERESTARTSYS, or, where it must not wait, -EAGAIN. */
int64_t console_read(vaddr_t buf, uint64_t len, bool may_wait);

/* Whether there is input here. */
bool console_has_input(void);
/* Whether a read would not block; if not, asks the host for input. */
bool console_poll_input(void);
/* What changes when it comes. */
struct watch_source *console_input_source(void);
/* Bytes that are here; asks the host if there are none. */
uint64_t console_nr_readable(void);

/*
 * For the terminal: a request of bytes of the kernel's, which nobody waits for.
 * False: the stream has another one in flight.
 */
bool console_begin(unsigned stream, const struct lde_console_seg *segs, unsigned nr);
/* Whether that is done, and the stream free again; then *result is its result. */
bool console_finish(unsigned stream, int64_t *result);

void console_interrupt(void);

/* Whether the VMM has a request that it has not answered, but for terminals'. */
bool console_is_at_work(void);

#endif
