/* SPDX-License-Identifier: MIT */
/*
 * Real-time signals that were sent once more while they were pending. What the
 * first one says is in the page of the process's signals; the others wait here, in
 * order, and one comes into its place when it is taken.
 *
 * May be offloaded.
 */
#ifndef GUEST_SYS_SIGNAL_QUEUE_H
#define GUEST_SYS_SIGNAL_QUEUE_H

#include "guest/sys/signals.h"

/* sig, which is pending, once more; false without memory. */
bool signal_queue_add(struct process *p, int sig, const struct signal_info *info);

/* sig was taken, and there is another one: it is pending now. */
void signal_queue_next(struct process *p, int sig);

/* Forgets those of sig that wait. */
void signal_queue_drop(struct process *p, int sig);
void signal_queue_drop_all(struct process *p);

/* p's page is a copy of another process's, whose the queue is. */
void signal_queue_leave(struct process *p);

/* How many real-time signals p has pending, the first ones included. */
uint64_t signal_queue_count(const struct process *p);

/* sig, which p has pending, is taken. */
static inline void signal_unpend(struct process *p, int sig)
{
	p->signals_pending &= ~SIGNAL_BIT(sig);
	if (p->signals && unlikely(p->signals->actions[sig - 1].flags & SIGNAL_HAS_MORE))
		signal_queue_next(p, sig);
}

/* The same for all of sig, if it is pending at all. */
static inline void signal_unpend_all(struct process *p, int sig)
{
	p->signals_pending &= ~SIGNAL_BIT(sig);
	if (p->signals && unlikely(p->signals->actions[sig - 1].flags & SIGNAL_HAS_MORE))
		signal_queue_drop(p, sig);
}

#endif
