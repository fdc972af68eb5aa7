/* SPDX-License-Identifier: MIT */
#include "guest/core/event_policy.h"

#include "guest/arch/event.h"
#include "guest/core/process.h"

static struct policy_ops inner;
static enum policy_event why; /* the running process was enqueued */
static uint32_t is_new;       /* the next one to be enqueued was never READY before */

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
	is_new = true;
	inner.admit(p);
}

static void traced_enqueue(struct process *p, enum policy_event event)
{
	struct lde_trace_record *record;

	if (event != POLICY_WOKEN) {
		why = event;
	} else {
		record = event_begin(LDE_TRACE_SCHED_WAKEUP);
		record->code = is_new;
		record->args[0] = p->pid;
		event_end(record);
		is_new = false;
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

/* Inline: each switch of a trace comes here. */
static inline __attribute__((always_inline)) void record_switch(const struct process *next)
{
	struct lde_trace_record *record = event_begin(LDE_TRACE_SCHED_SWITCH);

	record->code = why;
	record->args[0] = current()->state;
	record->args[1] = next ? next->pid : 0;
	event_end(record);
}

void event_policy_leave(void)
{
	if (event_state.classes)
		record_switch(NULL);
}

/* While the CPU idles it is asked again and again; that nobody comes after nobody
 * is for the reader to leave out. */
static struct process *traced_pick(void)
{
	struct process *next = inner.pick();

	if (event_state.interrupt)
		event_interrupt_over();
	record_switch(next);
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
