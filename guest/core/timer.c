/* SPDX-License-Identifier: MIT */
#include "guest/core/timer.h"

#include "guest/arch/apic.h"
#include "guest/arch/cpu.h"
#include "guest/lib/ledger.h"

static struct heap timers;

void timer_start(struct timer *timer, uint64_t deadline_tsc)
{
	timer_stop(timer);
	timer->is_started = true;
	heap_insert(&timers, &timer->node, deadline_tsc);
	timer_interrupt_by(deadline_tsc);
}

void timer_stop(struct timer *timer)
{
	if (!timer->is_started)
		return;
	timer->is_started = false;
	heap_remove(&timers, &timer->node);
}

void timer_expire(uint64_t now)
{
	this_cpu()->deadline_tsc = 0;
	while (timers.root && timers.root->key <= now) {
		struct timer *timer = container_of(timers.root, struct timer, node);

		timer_stop(timer);
		timer->fire(timer);
	}
	if (timers.root)
		timer_interrupt_by(timers.root->key);
}

void timer_set_hardware(uint64_t deadline_tsc)
{
	this_cpu()->deadline_tsc = deadline_tsc;
	ledger.timer_arms++;
	apic_set_deadline(deadline_tsc);
}
