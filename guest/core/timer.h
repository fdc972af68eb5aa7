/* SPDX-License-Identifier: MIT */
/*
 * Timers: something to do at a TSC value. Also the one place that programs the
 * hardware timer, for these and for the end of the running process's slice.
 */
#ifndef GUEST_CORE_TIMER_H
#define GUEST_CORE_TIMER_H

#include "guest/lib/heap.h"

struct timer {
	struct heap_node node;
	void (*fire)(struct timer *timer); /* interrupts off; may start the timer again */
	bool is_started;
};

void timer_start(struct timer *timer, uint64_t deadline_tsc);
void timer_stop(struct timer *timer);

/* Fires what is due at now. */
void timer_expire(uint64_t now);

/* Makes sure of an interrupt by slice_end (0: no slice ends) or the first
 * timer, whichever is earlier. */
void timer_program(uint64_t slice_end);

#endif
