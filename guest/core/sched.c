/* SPDX-License-Identifier: MIT */
#include "guest/core/sched.h"

#include "guest/arch/insn.h"
#include "guest/arch/panic.h"
#include "guest/core/clock.h"
#include "guest/core/timer.h"
#include "guest/lib/ledger.h"

static struct {
	const struct policy_ops *policy;
	bool is_preemptive;
	uint32_t nr_ready;
	/* The last one that ended; its stack was in use until it was switched from. */
	struct process *gone;
	void (*on_gone)(struct process *p);
} sched;

void sched_init(const struct policy_ops *policy, bool is_preemptive)
{
	sched.policy = policy;
	sched.is_preemptive = is_preemptive;
}

/* An interrupt for the end of the slice is needed only while somebody waits. */
static inline void limit_slice(const struct process *running)
{
	if (sched.nr_ready && sched.is_preemptive)
		timer_interrupt_by(running->slice_end);
}

static void enqueue(struct process *p, bool was_preempted, uint64_t now)
{
	process_set_state(p, LDE_STATE_READY, now);
	sched.policy->enqueue(p, was_preempted);
	sched.nr_ready++;
}

void sched_ready(struct process *p)
{
	struct process *running = current();
	uint64_t now = clock_now();

	if (p->state == LDE_STATE_NONE)
		sched.policy->admit(p);
	enqueue(p, false, now);
	/* Who ran alone has no slice left to speak of: a new one begins now
	 * that somebody waits. */
	if (sched.nr_ready != 1 || running->state != LDE_STATE_RUNNING)
		return;
	if (running->slice_end <= now)
		running->slice_end = now + running->slice;
	limit_slice(running);
}

/* Waits until an interrupt has made somebody READY. */
static struct process *idle(void)
{
	uint64_t start = clock_now(), now;
	struct process *next;

	ledger.idle_entries++;
	do {
		insn_wait_interrupt();
		next = sched.policy->pick();
	} while (!next);
	clock_note_idle();
	now = clock_now();
	ledger.idle_tsc += now - start;
	return next;
}

/*
 * Gives the CPU to whoever is next. The running process has already changed
 * its state; if that is READY it is in the queue and may come right back.
 */
static void switch_to_next(struct process *prev, uint64_t now)
{
	struct process *next = sched.policy->pick();

	if (unlikely(!next)) {
		next = idle();
		now = clock_now();
	}
	sched.nr_ready--;
	process_set_state(next, LDE_STATE_RUNNING, now);
	next->slice_end = now + next->slice;
	limit_slice(next);
	if (next == prev)
		return;
	this_cpu()->process = next;
	context_switch(&prev->context, &next->context);
}

static inline void count_voluntary(struct process *p)
{
	ledger.switches_voluntary++;
	p->record->switches_voluntary++;
}

void sched_block(void)
{
	struct process *p = current();
	uint64_t now = clock_now();

	count_voluntary(p);
	process_set_state(p, LDE_STATE_BLOCKED, now);
	switch_to_next(p, now);
}

void sched_yield(void)
{
	struct process *p = current();
	uint64_t now;

	if (!sched.nr_ready)
		return;
	now = clock_now();
	count_voluntary(p);
	enqueue(p, false, now);
	switch_to_next(p, now);
}

void sched_preempt(void)
{
	struct process *p = current();
	uint64_t now = clock_now();

	if (!sched.nr_ready)
		return;
	ledger.switches_preempted++;
	p->record->switches_preempted++;
	enqueue(p, true, now);
	switch_to_next(p, now);
}

void sched_finish(void)
{
	if (sched.gone)
		sched.on_gone(sched.gone);
	sched.gone = NULL;
}

void sched_end(void (*on_gone)(struct process *p))
{
	struct process *p = current();
	uint64_t now = clock_now();

	count_voluntary(p);
	process_set_state(p, LDE_STATE_ZOMBIE, now);
	if (on_gone) {
		sched_finish();
		sched.gone = p;
		sched.on_gone = on_gone;
	}
	switch_to_next(p, now);
	panic("a process that had ended ran again");
}

bool sched_tick(void)
{
	struct process *p = current();
	uint64_t now = clock_now();

	timer_expire(now);
	if (p->state != LDE_STATE_RUNNING)
		return false; /* idle: the loop there looks for itself */
	if (sched.nr_ready && sched.is_preemptive && now >= p->slice_end)
		return true; /* the switch sets the timer */
	limit_slice(p);
	return false;
}

void sched_start(void)
{
	struct process *boot = current();

	switch_to_next(boot, clock_now());
	panic("the boot context ran again");
}

const char *sched_check(uint32_t nr_ready)
{
	uint64_t set = this_cpu()->deadline_tsc;

	if (nr_ready != sched.nr_ready)
		return "the run queue does not count as many as are READY";
	if (nr_ready && sched.is_preemptive && (!set || set > current()->slice_end))
		return "somebody waits for the CPU, and the timer will not take it back";
	return NULL;
}
