/* SPDX-License-Identifier: MIT */
#include "guest/core/timer.h"

#include "guest/arch/apic.h"
#include "guest/arch/cpu.h"
#include "guest/arch/event.h"
#include "guest/arch/offload.h"
#include "guest/core/clock.h"
#include "guest/lib/ledger.h"

static struct heap timers;

void timer_start(struct timer *timer, uint64_t deadline_tsc)
{
	timer_stop(timer);
	timer->is_started = true;
	heap_insert(&timers, &timer->node, deadline_tsc);
	timer_interrupt_by(deadline_tsc);
}

void timer_remove(struct timer *timer)
{
	timer->is_started = false;
	heap_remove(&timers, &timer->node);
}

static inline void fire_due(uint64_t now)
{
	while (timers.root && timers.root->key <= now) {
		struct timer *timer = container_of(timers.root, struct timer, node);

		timer_stop(timer);
		timer->fire(timer);
	}
}

void timer_fire_due(uint64_t now)
{
	fire_due(now);
}

bool timer_is_due(uint64_t now)
{
	return timers.root && timers.root->key <= now;
}

bool timer_is_any(void)
{
	return timers.root;
}

/* As if it were set for the earliest of times: there is nothing to be done. */
void timer_leave_hardware(void)
{
	this_cpu()->deadline_tsc = 1;
}

/*
 * The interrupt is believed before the counter: under a KVM whose host has an
 * unstable TSC the guest's stands still while the vCPU is halted, and a sleeper
 * who waited for it to reach the deadline would wait for ever.
 */
void timer_expire(uint64_t now)
{
	uint64_t deadline = this_cpu()->deadline_tsc;

	if (unlikely(now < deadline)) {
		clock_note_early(deadline - now);
		now = deadline;
	}
	this_cpu()->deadline_tsc = 0;
	fire_due(now);
	if (timers.root)
		timer_interrupt_by(timers.root->key);
}

void timer_set_hardware(uint64_t deadline_tsc)
{
	this_cpu()->deadline_tsc = deadline_tsc;
	ledger.timer_arms++;
	if (event_is_on(LDE_TRACE_C_IRQ))
		event_add_1(LDE_TRACE_TIMER_ARM, 0, deadline_tsc);
	if (likely(!offload_is_running)) /* else tick_return or trap_tick_continue does */
		apic_set_deadline(deadline_tsc);
}

const char *timer_check(const struct timer *timer)
{
	if (timer->is_started && !heap_is_sound(&timers, &timer->node))
		return "a timer is not where it should be among the others";
	return NULL;
}

const char *timer_check_all(void)
{
	uint64_t set = this_cpu()->deadline_tsc;

	if (timers.root && (!set || set > timers.root->key))
		return "the hardware timer will not fire for the first timer";
	return NULL;
}
