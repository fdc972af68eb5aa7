/* SPDX-License-Identifier: MIT */
/*
 * How the handlers of signals begin and end: the frame that a handler runs on,
 * in the program's own stack.
 *
 * These are to be offloaded, with the running process's trap frame as argument.
 * They touch no page that is not there and end no process, but return what is
 * to be done in ring 0: nothing (0), what that signal does by default (up to
 * SIGNALS_MAX), or to bring in the page with that address; then to call again.
 */
#ifndef GUEST_SYS_SIGNAL_FRAME_H
#define GUEST_SYS_SIGNAL_FRAME_H

#include <asm/siginfo.h>

#include "guest/sys/signals.h"

/* The signal of a set, which is not empty, to see to first: faults before others
 * (SIGKILL, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP). */
static inline int signal_first(uint64_t set)
{
	const uint64_t faults = SIGNAL_BIT(9) | SIGNAL_BIT(11) | SIGNAL_BIT(7) | SIGNAL_BIT(4) |
				SIGNAL_BIT(8) | SIGNAL_BIT(5);

	return __builtin_ctzll(unlikely(set & faults) ? set & faults : set) + 1;
}

/* What a program is told of a signal, in out, which is all zeroes. */
void signal_info_put(siginfo_t *out, int sig, const struct signal_info *info);

/* One more thing to do: to set the interval timer again, now that its signal is
 * taken. */
#define SIGNAL_FRAME_ALARM (SIGNALS_MAX + 1)

static inline bool signal_alarm_waits(const struct process *p)
{
	return p->alarm_interval && !p->alarm.is_started;
}

/* Makes the frame begin the handlers of all signals that wait for one, the first
 * one's last. */
uint64_t signal_frames_push(void *frame);

/* The reverse for one handler: rt_sigreturn(2), from where rsp points. */
uint64_t signal_frame_pop(void *frame);

#endif
