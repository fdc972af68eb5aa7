/* SPDX-License-Identifier: MIT */
#include "guest/core/event_policy.h"

#include "guest/arch/event.h"
#include "guest/core/process.h"

static struct policy_ops inner, traced;

_Static_assert((int)POLICY_PREEMPTED == LDE_WHY_PREEMPTED &&
		       (int)POLICY_DISPLACED == LDE_WHY_DISPLACED &&
		       (int)POLICY_YIELDED == LDE_WHY_YIELDED,
	       "recorded as they are");
_Static_assert(sizeof(((struct lde_process_record *)0)->name) == LDE_TRACE_NAME_SIZE,
	       "the name is copied as it is");

static void traced_admit(struct process *p)
{
	/* The kernel itself is nobody's child. */
	event_add_name(LDE_TRACE_PROCESS_FORK, (uint32_t)lde_ring_place((uint64_t)p), p->pid,
		       p->record->name, p->parent ? p->parent->pid : 0);
	inner.admit(p);
}

/* Inline: each switch of a trace comes here. why: WOKEN if who leaves the CPU is not READY,
 * so that its state is what is to be told. */
static inline __attribute__((always_inline)) void record_switch(const struct process *next,
								 enum policy_event why)
{
	struct lde_trace_record *record =
		event_begin(LDE_TRACE_SCHED_SWITCH | (uint32_t)why << LDE_RING_WHY_SHIFT);

	if (why == POLICY_WOKEN)
		record->args[0] = current()->state;
	record->args[1] = (uint64_t)next; /* the reader knows whose it is, or that nobody's */
	event_end(record);
}

/* Apart, so that the usual way has no registers to save for it. */
static __attribute__((noinline)) struct process *record_in_full_ring(struct process *next,
								      enum policy_event why)
{
	record_switch(next, why);
	return next;
}

static inline __attribute__((always_inline)) struct process *pick(enum policy_event why)
{
	struct process *next = inner.pick();

	if (event_is_at_limit())
		return record_in_full_ring(next, why);
	record_switch(next, why);
	return next;
}

/*
 * Who leaves the CPU and is READY has been enqueued just before, and that chooses which
 * of these comes next: then neither why nor its state has to be kept, or looked at.
 * While the CPU idles it is asked again and again; that nobody comes after nobody is for
 * the reader to leave out.
 */
static struct process *pick_after_leaving(void)
{
	return pick(POLICY_WOKEN);
}

static struct process *pick_after_yielding(void)
{
	traced.pick = pick_after_leaving;
	return pick(POLICY_YIELDED);
}

static struct process *pick_after_preempting(void)
{
	traced.pick = pick_after_leaving;
	return pick(POLICY_PREEMPTED);
}

static struct process *pick_after_displacing(void)
{
	traced.pick = pick_after_leaving;
	return pick(POLICY_DISPLACED);
}

void event_policy_leave(void)
{
	enum policy_event why = traced.pick == pick_after_yielding     ? POLICY_YIELDED
				: traced.pick == pick_after_preempting ? POLICY_PREEMPTED
				: traced.pick == pick_after_displacing ? POLICY_DISPLACED
								       : POLICY_WOKEN;

	if (!event_state.classes)
		return;
	traced.pick = pick_after_leaving;
	record_switch(NULL, why);
}

static void enqueue_woken(struct process *p, enum policy_event event)
{
	struct lde_trace_record *record = event_begin(LDE_TRACE_SCHED_WAKEUP);

	record->args[0] = p->pid;
	event_end(record);
	inner.enqueue(p, event);
}

static void enqueue_yielded(struct process *p, enum policy_event event)
{
	traced.pick = pick_after_yielding;
	inner.enqueue(p, event);
}

/* An interrupt that takes the CPU away is over before the switch. */
static void enqueue_preempted(struct process *p, enum policy_event event)
{
	inner.enqueue(p, event);
	traced.pick = pick_after_preempting;
	event_interrupt_over();
}

static void enqueue_displaced(struct process *p, enum policy_event event)
{
	inner.enqueue(p, event);
	traced.pick = pick_after_displacing;
	event_interrupt_over();
}

static void traced_enqueue(struct process *p, enum policy_event event)
{
	static void (*const how[])(struct process *p, enum policy_event event) = {
		[POLICY_WOKEN] = enqueue_woken,
		[POLICY_PREEMPTED] = enqueue_preempted,
		[POLICY_DISPLACED] = enqueue_displaced,
		[POLICY_YIELDED] = enqueue_yielded,
	};

	how[event](p, event);
}

/* What the switch will save and load. */
static void record_contexts(const struct context *prev, const struct context *next)
{
	struct lde_trace_record *record = event_begin(LDE_TRACE_CONTEXT_SWITCH);

	record->code = 0;
	record->args[0] = (uint64_t)prev;
	record->args[1] = (uint64_t)next;
	record->args[2] = next->rsp;
	record->args[3] = next->root;
	record->args[4] = (uint64_t)next->stack_top;
	record->args[5] = next->fs_base;
	event_end(record);
}

static struct process *pick_with_contexts(void)
{
	struct process *next = traced.pick();

	if (next && next != current())
		record_contexts(&current()->context, &next->context);
	return next;
}

const struct policy_ops *event_policy(const struct policy_ops *policy)
{
	static struct policy_ops with_contexts;

	if (!event_state.classes)
		return policy;
	inner = traced = *policy;
	traced.admit = traced_admit;
	traced.enqueue = traced_enqueue;
	traced.pick = pick_after_leaving;
	if (!event_is_on(LDE_TRACE_C_REGISTERS))
		return &traced;
	with_contexts = traced;
	with_contexts.pick = pick_with_contexts;
	return &with_contexts;
}
