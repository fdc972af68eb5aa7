/* SPDX-License-Identifier: MIT */
/*
 * Timers: something to do at a TSC value. Also the one place that programs the
 * hardware timer, for these and for the end of the running process's slice.
 */
#ifndef GUEST_CORE_TIMER_H
#define GUEST_CORE_TIMER_H

#include "guest/arch/cpu.h"
#include "guest/lib/heap.h"

struct timer {
	struct heap_node node;
	void (*fire)(struct timer *timer); /* interrupts off; may start the timer again */
	bool is_started;
};

void timer_start(struct timer *timer, uint64_t deadline_tsc);
void timer_remove(struct timer *timer);
static inline void timer_stop(struct timer *timer)
{
	if (timer->is_started)
		timer_remove(timer);
}

/* After the hardware timer's interrupt: fires what is due at now, and sets the
 * hardware for the first of the others. */
void timer_expire(uint64_t now);

/* The same without the hardware, which stays as it is: what is due on a clock that
 * is not its own. */
void timer_fire_due(uint64_t now);
bool timer_is_due(uint64_t now);
bool timer_is_any(void);
/* From now on the hardware timer is not used. */
void timer_leave_hardware(void);

/* For the self-check: what is wrong with the timer, or with all together. */
const char *timer_check(const struct timer *timer);
const char *timer_check_all(void);

/* Sets the hardware timer; timer_interrupt_by is how to ask. */
void timer_set_hardware(uint64_t deadline_tsc);

/*
 * Makes sure of an interrupt by then. Setting the timer costs an exit on most
 * hosts, so one that is set for earlier is left alone: it will find nothing due
 * and be set anew.
 */
static inline void timer_interrupt_by(uint64_t deadline_tsc)
{
	uint64_t set = this_cpu()->deadline_tsc;

	if (!set || deadline_tsc < set)
		timer_set_hardware(deadline_tsc);
}

#endif
