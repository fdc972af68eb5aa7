/* SPDX-License-Identifier: MIT */
/* Job control: processes that a signal has stopped, until SIGCONT. */
#ifndef GUEST_SYS_STOP_H
#define GUEST_SYS_STOP_H

#include <asm/signal.h>

#include "guest/sys/signals.h"

#define STOP_SIGNALS                                                                               \
	(SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))

/* Processes that are STOPPED now. */
extern uint32_t stop_nr_stopped;

/* The running process is stopped by sig, or, where nobody could continue it,
 * passes over it. Returns when it goes on. */
void stop_process(int sig);

/* The same for p, which is in a wait that a signal may end: it goes on waiting
 * when it is continued. */
void stop_waiting(struct process *p, int sig);

/*
 * To be called when all of a group have been told, and not before: if every
 * program of the command line is stopped by now, so is lde, and they go on when
 * it does. (A shell on the host can then start other things.)
 */
extern int stop_suspend_signal; /* 0: not one of them is */
void stop_settle_suspended(void);
static inline void stop_settle(void)
{
	if (unlikely(stop_suspend_signal))
		stop_settle_suspended();
}
/* Whether a program of the command line lives. */
bool stop_has_jobs(void);
/* lde had been stopped, and goes on. */
void stop_resume_jobs(void);

/* p is stopped no more; sig is SIGCONT, or SIGKILL, which nobody is told. */
void stop_end(struct process *p, int sig);

#endif
