/* SPDX-License-Identifier: MIT */
/*
 * The line discipline of a terminal (termios(3)): what is typed becomes lines
 * that can be edited, echo, and signals. Pure logic, no process and no device in
 * it; all of it may be offloaded.
 *
 * What becomes of output (OPOST) is the host's terminal's business, since bytes
 * go there from where programs have them.
 */
#ifndef GUEST_DEV_LDISC_H
#define GUEST_DEV_LDISC_H

#include <asm/termbits.h>

#include "guest/lib/compiler.h"

#define LDISC_SIZE      4096 /* of input; one byte less is kept, as on Linux */
#define LDISC_ECHO_SIZE 8192 /* what of the echo finds no room is lost */

/* Positions run on for ever; their rest by the size is the place. */
struct ldisc {
	struct termios settings;
	uint32_t start;      /* of what was not read yet */
	uint32_t line_start; /* of what can still be edited; what is before it is lines */
	uint32_t end;
	bool is_literal;     /* the next byte means itself (VLNEXT) */
	bool is_erasing;     /* between \ and / of ECHOPRT */
	bool is_split;       /* the last read ended within a line */
	bool is_stopped;     /* output waits for VSTART */
	uint32_t nr_echoed;  /* so many of the next bytes have been echoed already */
	uint32_t signals;    /* bit n: signal n is to be sent to the foreground */
	uint32_t echo_start, echo_end;
	uint8_t bytes[LDISC_SIZE];
	uint8_t line_ends[LDISC_SIZE / 8]; /* bit: the byte ends a line; if it is 0, the input */
	uint8_t echo[LDISC_ECHO_SIZE];
};

/* One that is all zeroes but its settings is ready. Bytes have been typed. */
void ldisc_receive(struct ldisc *ld, const uint8_t *bytes, uint32_t len);
/* So many may be given to it now. */
uint32_t ldisc_room(const struct ldisc *ld);

/* Other settings: what has been typed becomes a line, or loses its lines. */
void ldisc_set(struct ldisc *ld, const struct termios *settings);
void ldisc_flush_input(struct ldisc *ld);

static inline bool ldisc_is_canonical(const struct ldisc *ld)
{
	return ld->settings.c_lflag & ICANON;
}

/* Whether there is a line, or, without lines, so many bytes. */
static inline bool ldisc_has_input(const struct ldisc *ld, uint32_t min)
{
	return ldisc_is_canonical(ld) ? ld->start != ld->line_start : ld->end - ld->start >= min;
}

/* Bytes of lines, or all. */
uint32_t ldisc_nr_readable(const struct ldisc *ld);

/* Takes at most len bytes and one line, without the mark of the end of input:
 * 0 bytes if that is all. */
uint32_t ldisc_read(struct ldisc *ld, uint8_t *dst, uint32_t len);

#endif
