/* SPDX-License-Identifier: MIT */
/*
 * A scheduling policy: who is next. The scheduler knows no more of it than this.
 */
#ifndef GUEST_CORE_POLICY_H
#define GUEST_CORE_POLICY_H

#include "guest/lib/compiler.h"

struct process;

struct policy_ops {
	const char *name;
	/* p is new: sets p->slice, TSC ticks that it may run while somebody waits. */
	void (*admit)(struct process *p);
	/* p has become READY; was_preempted: by the end of its slice. */
	void (*enqueue)(struct process *p, bool was_preempted);
	/* Takes the next one off the queue; NULL if nobody is READY. */
	struct process *(*pick)(void);
};

/* Round robin: one queue, everybody for quantum ticks at a time. */
const struct policy_ops *policy_round_robin(uint64_t quantum);

#endif
