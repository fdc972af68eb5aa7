/* SPDX-License-Identifier: MIT */
/*
 * Wait queues: processes that are BLOCKED until something happens. First come,
 * first served.
 */
#ifndef GUEST_CORE_WAIT_H
#define GUEST_CORE_WAIT_H

#include "guest/core/process.h"
#include "guest/lib/errno.h"

#define WAIT_QUEUE_INIT(name)                                                                      \
	{                                                                                          \
		{ &(name).waiters, &(name).waiters }                                               \
	}

#define WAIT_FOREVER UINT64_MAX

/*
 * Blocks the running process on queue (NULL: on nothing but time) until it is
 * woken or clock_timer_now reaches deadline. 0 if woken, -ETIMEDOUT, or -EINTR
 * if there is a signal to see to. 0 also if it was stopped and goes on: what it
 * waits for may have come meanwhile or not, so the caller looks, and waits again.
 */
int wait_on(struct wait_queue *queue, uint64_t deadline);

/* Ends p's wait, if it is in one that a signal may end, with -EINTR. */
void wait_interrupt(struct process *p);

/* The signal that ended p's wait was taken back before p could see to it: as if it had
 * been stopped and goes on. Of who has not waited since it ran last nothing changes. */
static inline void wait_forget_interrupt(struct process *p)
{
	if (p->wait_result == -EINTR)
		p->wait_result = 0;
}

/* Stops p, which is in a wait that a signal may end: BLOCKED to STOPPED. It
 * leaves the queue, so that no wake-up is lost on it. */
void wait_stop(struct process *p);

/* As wait_on without a deadline, but nothing but a wake-up ends it. */
void wait_uninterrupted(struct wait_queue *queue);

/* p, which is new, becomes READY at that time, as clock_timer_now has it. */
void wait_begin_at(struct process *p, uint64_t deadline);

void wait_wake_one(struct wait_queue *queue);
void wait_wake_all(struct wait_queue *queue);

#endif
