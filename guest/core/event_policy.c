/* SPDX-License-Identifier: MIT */
#include "guest/core/event_policy.h"

#include "guest/arch/event.h"
#include "guest/core/process.h"

static struct policy_ops inner;

_Static_assert((int)POLICY_PREEMPTED == LDE_WHY_PREEMPTED &&
		       (int)POLICY_DISPLACED == LDE_WHY_DISPLACED &&
		       (int)POLICY_YIELDED == LDE_WHY_YIELDED,
	       "recorded as they are");
_Static_assert(sizeof(((struct lde_process_record *)0)->name) == LDE_TRACE_NAME_SIZE,
	       "the name is copied as it is");

static void traced_admit(struct process *p)
{
	/* The kernel itself is nobody's child. */
	event_add_name(LDE_TRACE_PROCESS_FORK, 0, p->pid, p->record->name,
		       p->parent ? p->parent->pid : 0);
	inner.admit(p);
}

static void traced_enqueue(struct process *p, enum policy_event event)
{
	struct lde_trace_record *record;

	if (event != POLICY_WOKEN) {
		p->left_by = event;
	} else {
		record = event_begin(LDE_TRACE_SCHED_WAKEUP);
		record->args[0] = p->pid;
		event_end(record);
	}
	inner.enqueue(p, event);
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

_Static_assert(offsetof(struct process, left_by) == offsetof(struct process, state) + 4 &&
		       sizeof(((struct process *)0)->state) == 4,
	       "recorded as one");

/* Inline: each switch of a trace comes here. */
static inline __attribute__((always_inline)) void record_switch(uint64_t pid)
{
	struct lde_trace_record *record = event_begin(LDE_TRACE_SCHED_SWITCH);
	const char *prev = (const char *)current();

	record->args[0] = *(const uint64_t *)(prev + offsetof(struct process, state));
	record->args[1] = pid;
	event_end(record);
}

void event_policy_leave(void)
{
	if (event_state.classes)
		record_switch(0);
}

/* Apart, so that the usual way has no registers to save for it. While the CPU idles
 * it is asked again and again; that nobody comes after nobody is for the reader to
 * leave out. */
static __attribute__((noinline)) struct process *record_unusual_switch(struct process *next)
{
	event_interrupt_over();
	record_switch(next ? next->pid : 0);
	return next;
}

static struct process *traced_pick(void)
{
	struct process *next = inner.pick();

	/* Its end comes before the switch. */
	if (unlikely(!next) || event_is_in_interrupt() || event_is_at_limit())
		return record_unusual_switch(next);
	record_switch(next->pid);
	return next;
}

static struct process *traced_pick_with_contexts(void)
{
	struct process *next = traced_pick();

	if (next && next != current())
		record_contexts(&current()->context, &next->context);
	return next;
}

const struct policy_ops *event_policy(const struct policy_ops *policy)
{
	static struct policy_ops traced;

	if (!event_state.classes)
		return policy;
	inner = traced = *policy;
	traced.admit = traced_admit;
	traced.enqueue = traced_enqueue;
	traced.pick = event_is_on(LDE_TRACE_C_REGISTERS) ? traced_pick_with_contexts : traced_pick;
	return &traced;
}
