/* SPDX-License-Identifier: MIT */
#include "guest/core/sched.h"

#include "guest/arch/insn.h"
#include "guest/arch/panic.h"
#include "guest/core/clock.h"
#include "guest/core/logical.h"
#include "guest/core/timer.h"
#include "guest/lib/ledger.h"

#define WINDOW_EVERY_NS 10000000

static struct {
	const struct policy_ops *policy;
	bool is_preemptive;
	bool has_slices;   /* they end by the timer */
	bool is_displaced; /* the running process's slice was cut short */
	bool is_window;    /* interrupts are let in amid a system call */
	uint64_t next_window; /* for them, at the latest: TSC */
	uint32_t nr_ready;
	bool (*before_idle)(void);
	bool (*pass_time)(void);
	/* The last one that ended; its stack was in use until it was switched from. */
	struct process *gone;
	void (*on_gone)(struct process *p);
} sched;

void sched_init(const struct policy_ops *policy, bool is_preemptive)
{
	sched.policy = policy;
	sched.is_preemptive = is_preemptive;
	sched.has_slices = is_preemptive && policy->has_slices;
}

/* An interrupt for the end of the slice is needed only while somebody waits. */
static inline void limit_slice(const struct process *running)
{
	if (sched.nr_ready && sched.has_slices)
		timer_interrupt_by(running->slice_end);
}

static void enqueue(struct process *p, enum policy_event event, uint64_t now)
{
	process_set_state(p, LDE_STATE_READY, now);
	sched.policy->enqueue(p, event);
	sched.nr_ready++;
}

/* The running process gives the CPU away; before its state changes. */
static inline void charge(struct process *p, uint64_t now, bool waits)
{
	if (unlikely(sched.policy->charge))
		sched.policy->charge(p, now - p->state_since, waits);
}

/* If p is to go before the running process, that one's slice ends now. */
static void displace(const struct process *p, struct process *running, uint64_t now)
{
	if (!sched.is_preemptive ||
	    !sched.policy->preempts(p, running, now - running->state_since))
		return;
	sched.is_displaced = true;
	running->slice_end = now;
	timer_interrupt_by(now);
}

void sched_ready(struct process *p)
{
	struct process *running = current();
	uint64_t now = clock_now();

	if (p->state == LDE_STATE_NONE)
		sched.policy->admit(p);
	enqueue(p, POLICY_WOKEN, now);
	if (unlikely(sched.policy->preempts) && running->state == LDE_STATE_RUNNING)
		displace(p, running, now);
	/* Who ran alone has no slice left to speak of: a new one begins now
	 * that somebody waits. */
	if (sched.nr_ready != 1 || running->state != LDE_STATE_RUNNING)
		return;
	if (running->slice_end <= now && !sched.is_displaced)
		running->slice_end = now + running->slice;
	limit_slice(running);
}

void sched_set_before_idle(bool (*fn)(void))
{
	sched.before_idle = fn;
}

void sched_set_idle(bool (*pass_time)(void))
{
	sched.pass_time = pass_time;
}

uint32_t sched_nr_ready(void)
{
	return sched.nr_ready;
}

/* Waits until an interrupt has made somebody READY. */
static struct process *wait_for_ready(void)
{
	struct process *next;

	cpu_begin_wait(this_cpu());
	do {
		if (likely(!sched.pass_time) || !sched.pass_time())
			insn_wait_interrupt();
		next = sched.policy->pick();
	} while (!next);
	cpu_end_wait(this_cpu());
	clock_note_idle();
	return next;
}

/* Until somebody is READY. */
static struct process *idle(void)
{
	uint64_t start = clock_now(), now;
	struct process *next = NULL;

	ledger.idle_entries++;
	if (sched.before_idle && sched.before_idle())
		next = sched.policy->pick();
	if (likely(!next))
		next = wait_for_ready();
	now = clock_now();
	ledger.idle_tsc += now - start;
	return next;
}

/* Its turn, which begins now. */
static inline void begin_turn(struct process *next, uint64_t now)
{
	sched.nr_ready--;
	process_set_state(next, LDE_STATE_RUNNING, now);
	next->slice_end = now + next->slice;
	sched.is_displaced = false;
	limit_slice(next);
}

void sched_switch(struct process *next)
{
	struct process *prev = current();

	if (next == prev)
		return;
	this_cpu()->process = next;
	context_switch(&prev->context, &next->context);
}

/*
 * Gives the CPU to whoever is next. The running process has already changed
 * its state; if that is READY it is in the queue and may come right back.
 */
static void switch_to_next(uint64_t now)
{
	struct process *next = sched.policy->pick();

	if (unlikely(!next)) {
		next = idle();
		now = clock_now();
	}
	begin_turn(next, now);
	sched_switch(next);
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
	charge(p, now, true);
	process_set_state(p, LDE_STATE_BLOCKED, now);
	switch_to_next(now);
}

void sched_stop(void)
{
	struct process *p = current();
	uint64_t now = clock_now();

	count_voluntary(p);
	charge(p, now, false);
	list_init(&p->queue_link); /* in none */
	process_set_state(p, LDE_STATE_STOPPED, now);
	switch_to_next(now);
}

void sched_yield(void)
{
	struct process *p = current();
	uint64_t now;

	if (!sched.nr_ready)
		return;
	now = clock_now();
	count_voluntary(p);
	charge(p, now, false);
	enqueue(p, POLICY_YIELDED, now);
	switch_to_next(now);
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
	switch_to_next(now);
	panic("a process that had ended ran again");
}

static inline void count_preempted(struct process *p)
{
	ledger.switches_preempted++;
	p->record->switches_preempted++;
}

void sched_give_way(enum policy_event why)
{
	struct process *p = current();
	uint64_t now = clock_now();

	count_preempted(p);
	charge(p, now, false);
	enqueue(p, why, now);
	switch_to_next(now);
}

/* The slice is over, and somebody waits. */
static inline struct process *preempt(struct process *p, uint64_t now)
{
	struct process *next;

	count_preempted(p);
	charge(p, now, false);
	enqueue(p, sched.is_displaced ? POLICY_DISPLACED : POLICY_PREEMPTED, now);
	next = sched.policy->pick();
	begin_turn(next, now);
	return next;
}

struct process *sched_tick(void)
{
	struct process *p = current();
	uint64_t now = clock_now();

	timer_expire(now);
	if (p->state != LDE_STATE_RUNNING)
		return p; /* idle: the loop there looks for itself */
	/* A timer set anew for a time that is over would interrupt for ever. */
	if (sched.nr_ready && sched.is_preemptive && now >= p->slice_end)
		return unlikely(sched.is_window) ? p : preempt(p, now);
	limit_slice(p);
	return p;
}

/* One after the other, the timer's last: its vector is the lowest. */
static void let_interrupts_in(uint64_t now)
{
	timer_interrupt_by(now);
	sched.is_window = true;
	cpu_begin_wait(this_cpu());
	do
		insn_wait_interrupt();
	while (this_cpu()->deadline_tsc && this_cpu()->deadline_tsc <= now);
	cpu_end_wait(this_cpu());
	sched.is_window = false;
}

bool sched_cond_resched(void)
{
	struct process *p = current();
	uint64_t deadline = this_cpu()->deadline_tsc, now = clock_now();

	if (logical_is_on) /* in the midst of a call no time goes by, and no timer is set */
		return !p->needs_attention;
	if ((deadline && now >= deadline) || now >= sched.next_window) {
		let_interrupts_in(now);
		now = clock_now();
		sched.next_window = now + clock_ns_to_ticks(WINDOW_EVERY_NS);
		if (sched.nr_ready && sched.is_preemptive && now >= p->slice_end)
			sched_switch(preempt(p, now));
	}
	return !p->needs_attention;
}

void sched_start(void)
{
	switch_to_next(clock_now());
	panic("the boot context ran again");
}

static const char *check_ready(void)
{
	for (const struct process *p = process_find_from(1); p; p = process_find_from(p->pid + 1)) {
		if (p->state != LDE_STATE_READY)
			continue;
		if (sched.policy->is_queued ? !sched.policy->is_queued(p) : list_is_empty(&p->queue_link))
			return "a process is READY and not in the run queue";
	}
	return NULL;
}

const char *sched_check(uint32_t nr_ready)
{
	uint64_t set = this_cpu()->deadline_tsc;

	if (nr_ready != sched.nr_ready)
		return "the run queue does not count as many as are READY";
	if (nr_ready && sched.has_slices && (!set || set > current()->slice_end))
		return "somebody waits for the CPU, and the timer will not take it back";
	return check_ready();
}
