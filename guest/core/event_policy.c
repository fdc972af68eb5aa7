/* SPDX-License-Identifier: MIT */
#include "guest/core/event_policy.h"

#include "guest/arch/event.h"
#include "guest/core/process.h"

static struct {
	const struct policy_ops *inner;
	bool is_new;         /* the next one to be enqueued was never READY before */
	enum policy_event why; /* who runs has been enqueued */
	uint32_t interrupt;  /* vector that is being served */
} traced;

_Static_assert(sizeof(((struct lde_process_record *)0)->name) == LDE_TRACE_NAME_SIZE,
	       "the name is copied as it is");

static void traced_admit(struct process *p)
{
	uint32_t pid = event_state.pid;

	/* The kernel itself is nobody's child. */
	event_set_pid(p->parent ? p->parent->pid : 0);
	event_add_name(LDE_TRACE_PROCESS_FORK, p->pid, p->record->name);
	event_set_pid(pid);
	traced.is_new = true;
	traced.inner->admit(p);
}

static void traced_enqueue(struct process *p, enum policy_event why)
{
	if (p->pid == event_state.pid)
		traced.why = why;
	else if (event_is_on(LDE_TRACE_C_SCHED))
		event_add_1(LDE_TRACE_SCHED_WAKEUP, traced.is_new, p->pid);
	traced.is_new = false;
	traced.inner->enqueue(p, why);
}

/* Why the running process leaves the CPU. */
static enum lde_switch_reason leaving(const struct process *prev)
{
	switch (prev->state) {
	case LDE_STATE_READY:
		return traced.why == POLICY_YIELDED ? LDE_SWITCH_YIELDED : LDE_SWITCH_PREEMPTED;
	case LDE_STATE_ZOMBIE:
		return LDE_SWITCH_ENDED;
	default: /* BLOCKED, or STOPPED */
		return LDE_SWITCH_BLOCKED;
	}
}

/* While the CPU idles it is asked again and again, and has no process to leave. */
static struct process *traced_pick(void)
{
	struct process *next = traced.inner->pick(), *prev = current();
	uint32_t next_pid = next ? next->pid : 0;

	event_interrupt_over();
	if (event_state.pid == next_pid && !next_pid)
		return NULL;
	if (!event_is_on(LDE_TRACE_C_SCHED))
		;
	else if (!event_state.pid)
		event_add_2(LDE_TRACE_SCHED_SWITCH, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, next_pid);
	else
		event_add_2(LDE_TRACE_SCHED_SWITCH, leaving(prev), prev->state, next_pid);
	event_set_pid(next_pid);
	return next;
}

const struct policy_ops *event_policy(const struct policy_ops *inner)
{
	static struct policy_ops ops;

	if (!event_state.classes)
		return inner;
	ops = *inner;
	ops.admit = traced_admit;
	ops.enqueue = traced_enqueue;
	ops.pick = traced_pick;
	traced.inner = inner;
	return &ops;
}

void event_set_interrupt(uint32_t vector)
{
	traced.interrupt = vector;
}

void event_interrupt_over(void)
{
	if (traced.interrupt)
		event_add(LDE_TRACE_IRQ_EXIT, traced.interrupt);
	traced.interrupt = 0;
}
