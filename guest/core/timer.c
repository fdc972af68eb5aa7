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
	while (timers.root && timers.root->key <= now) {
		struct timer *timer = container_of(timers.root, struct timer, node);

		timer_stop(timer);
		timer->fire(timer);
	}
}

/*
 * Setting the timer costs an exit on most hosts. One that is set too early is
 * left alone: it will find nothing due and be set anew then.
 */
void timer_program(uint64_t slice_end)
{
	struct cpu *cpu = this_cpu();
	uint64_t deadline = slice_end;

	if (timers.root && (!deadline || timers.root->key < deadline))
		deadline = timers.root->key;
	if (!deadline || (cpu->deadline_tsc && cpu->deadline_tsc <= deadline))
		return;
	cpu->deadline_tsc = deadline;
	ledger.timer_arms++;
	apic_set_deadline(deadline);
}
