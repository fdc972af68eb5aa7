/* SPDX-License-Identifier: MIT */
#include "guest/core/logical_policy.h"

#include "guest/arch/event.h"
#include "guest/arch/insn.h"
#include "guest/core/event_policy.h"
#include "guest/core/logical.h"
#include "guest/core/process.h"
#include "guest/core/sched.h"
#include "guest/core/timer.h"
#include "guest/lib/ledger.h"

static struct {
	const struct policy_ops *inner;
	uint64_t settled; /* ticks that have begun: before that of which number */
	bool looks_again; /* somebody became READY whom the policy may put first */
	bool must_look;   /* before anybody is picked */
	bool has_idled;   /* since somebody was */
	bool (*is_world_at_work)(void);
} logical;

static void record_tick(uint32_t syscall_nr)
{
	const struct policy_state *s = &current()->policy;
	struct lde_trace_record *record;

	if (!event_is_on(LDE_TRACE_C_SCHED))
		return;
	record = event_begin(LDE_TRACE_TICK);
	record->code = syscall_nr;
	record->args[0] = logical_now();
	record->args[1] = s->level;
	record->args[2] = s->used + logical_turn();
	event_end(record);
}

static bool is_settled(void)
{
	return logical.settled > logical_now();
}

static bool is_special(void)
{
	return logical.inner->is_special && logical.inner->is_special(logical_now());
}

/* Whether anybody will become READY, or change its place, as the tick begins. */
static bool has_news(void)
{
	return !is_settled() && (is_special() || timer_is_due(logical_last_moment()));
}

/* The tick begins: wakes who waited for it. */
static void settle(void)
{
	if (!is_settled() && logical.inner->tick)
		logical.inner->tick(logical_now());
	logical.settled = logical_now() + 1;
	timer_fire_due(logical_last_moment());
}

static void logical_admit(struct process *p)
{
	logical.inner->admit(p);
}

static void logical_enqueue(struct process *p, enum policy_event event)
{
	logical.looks_again |= logical.inner->preempts != NULL;
	logical.inner->enqueue(p, event);
}

/* Lets what is left of the slice pass of a process that ended in it. */
static void finish_slice(const struct process *p)
{
	while (p->state == LDE_STATE_ZOMBIE && logical_turn() < p->slice) {
		record_tick(LDE_TICK_IDLE);
		logical_advance();
	}
}

void logical_set_world(bool (*is_at_work)(void))
{
	logical.is_world_at_work = is_at_work;
}

/* Until the devices are done, or something else has made somebody READY, such as a
 * key that was pressed. */
static void wait_for_world(void)
{
	uint32_t nr_ready = sched_nr_ready();

	if (!logical.is_world_at_work || !current()->pid)
		return;
	while (logical.is_world_at_work() && sched_nr_ready() == nr_ready)
		insn_wait_interrupt();
}

/* The running process leaves the CPU as a tick ends. */
static void begin_next_tick(void)
{
	wait_for_world();
	if (has_news())
		event_policy_leave();
	if (logical.inner->has_whole_slices)
		finish_slice(current());
	settle();
	logical.must_look = false;
	ledger.idle_entries--; /* nobody was idle yet */
}

/* What idles is the scheduler, for time passes: before a process may be picked who
 * is due is to be woken, and if there is nobody then, ticks pass until there is. */
static bool pass_time(void)
{
	if (logical.must_look) {
		begin_next_tick();
		return true;
	}
	if (!timer_is_any())
		return false;
	record_tick(LDE_TICK_IDLE);
	ledger.idle_entries += !logical.has_idled;
	logical.has_idled = true;
	logical_advance();
	settle();
	return true;
}

static struct process *logical_pick(void)
{
	struct process *next;

	if (logical.must_look)
		return NULL;
	next = logical.inner->pick();
	if (!next)
		return NULL;
	logical_begin_turn();
	logical.looks_again = logical.has_idled = false;
	logical.must_look = true;
	return next;
}

static void logical_charge(struct process *p, uint64_t ticks, bool waits)
{
	(void)ticks; /* of the other clock */
	if (logical.inner->charge)
		logical.inner->charge(p, logical_turn(), waits);
}

void logical_use_tick(uint32_t syscall_nr)
{
	record_tick(syscall_nr);
	logical_advance();
}

/*
 * Who is in the queue when others join it keeps its place: so the running process
 * goes back there before they come, if it may make a difference.
 */
void logical_end_tick(void)
{
	if (logical_turn() >= current()->slice)
		sched_give_way(POLICY_PREEMPTED);
	else if (logical.looks_again || (logical.inner->preempts && has_news()))
		sched_give_way(POLICY_DISPLACED);
	else
		settle();
}

bool logical_end_takes_tick(void)
{
	return logical.inner->ends_in_a_tick && logical.inner->ends_in_a_tick(current());
}

const struct policy_ops *logical_policy(const struct policy_ops *inner)
{
	static struct policy_ops ops;

	logical.inner = inner; /* its operations may change */
	logical.settled = 0;
	logical.looks_again = logical.has_idled = false;
	logical.must_look = false; /* the first one is picked at once */
	sched_set_idle(pass_time);
	/* No slices: those of this clock are ended by logical_end_tick. */
	ops = (struct policy_ops){
		.name = inner->name,
		.admit = logical_admit,
		.enqueue = logical_enqueue,
		.pick = logical_pick,
		.charge = logical_charge,
		.is_queued = inner->is_queued,
	};
	return &ops;
}
