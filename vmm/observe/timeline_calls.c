/* SPDX-License-Identifier: MIT */
#include "vmm/observe/timeline_calls.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "vmm/observe/timeline_check.h"

static struct timeline_syscall *syscall_of(struct timeline *timeline, uint32_t number)
{
	struct timeline_syscall **of =
		&timeline->calls[number < LDE_NR_SYSCALLS ? number : LDE_NR_SYSCALLS];

	if (!*of)
		*of = calloc(1, sizeof(**of));
	if (!*of)
		timeline->failed = -ENOMEM;
	return *of;
}

void timeline_hand_out_call(struct timeline *timeline, const struct timeline_process *p,
			    uint64_t ns, bool has_result, int64_t result)
{
	const struct timeline_call_span span = {
		.process = p,
		.begin_ns = p->call.begin_ns,
		.end_ns = ns,
		.number = (uint32_t)p->call.number,
		.has_result = has_result,
		.result = result,
		.args = p->call.args,
	};

	if (timeline->sink.call)
		timeline->sink.call(timeline->sink.ctx, &span);
}

void timeline_end_call(struct timeline *timeline, struct timeline_process *p, uint64_t ns,
		       bool has_result, int64_t result)
{
	struct timeline_syscall *of = syscall_of(timeline, (uint32_t)p->call.number);

	timeline_hand_out_call(timeline, p, ns, has_result, result);
	if (of) {
		exits_add(&of->time, ns - p->call.begin_ns);
		of->nr_errors += has_result && result < 0 && result > -4096;
		of->ready_ns += p->state_ns[LDE_STATE_READY] - p->call.ready_ns;
		of->blocked_ns += p->state_ns[LDE_STATE_BLOCKED] - p->call.blocked_ns;
		of->exited_ns += p->mode_ns[TIMELINE_EXITED] - p->call.exited_ns;
	}
	p->call.number = TIMELINE_NO_CALL;
}

void timeline_begin_call(struct timeline *timeline, struct timeline_process *p,
			 const struct trace_event *event, uint64_t ns)
{
	if (p->call.number != TIMELINE_NO_CALL) {
		timeline_violate(timeline, ns, "process %" PRIu32 " made a system call within a system call",
				 p->pid);
		timeline_end_call(timeline, p, ns, false, 0);
	}
	p->nr_syscalls++;
	p->is_starting = false;
	p->has_executed = false;
	p->call = (struct timeline_call){
		.number = event->code <= INT32_MAX ? (int32_t)event->code : INT32_MAX,
		.begin_ns = ns,
		.ready_ns = p->state_ns[LDE_STATE_READY],
		.blocked_ns = p->state_ns[LDE_STATE_BLOCKED],
		.exited_ns = p->mode_ns[TIMELINE_EXITED],
	};
	memcpy(p->call.args, event->args, sizeof(p->call.args));
	/* It goes on elsewhere: of no result to be shown. */
	if (event->code == SYS_rt_sigreturn)
		timeline_end_call(timeline, p, ns, false, 0);
}

/* Whether a process that is in no call may return from this one all the same. */
static bool is_over(const struct timeline_process *p, uint32_t number)
{
	return p->has_executed || number == SYS_rt_sigreturn ||
	       (p->parent && !p->nr_syscalls); /* from its parent's, to begin with */
}

void timeline_return_from_call(struct timeline *timeline, struct timeline_process *p,
			       const struct trace_event *event, uint64_t ns)
{
	uint32_t number = event->code <= INT32_MAX ? event->code : INT32_MAX;

	if (p->call.number == TIMELINE_NO_CALL && is_over(p, number))
		return;
	if (p->call.number != (int32_t)number) {
		timeline_violate(timeline, ns,
				 "process %" PRIu32 " returned from system call %" PRIu32
				 ", in which it was not",
				 p->pid, event->code);
		return;
	}
	timeline_end_call(timeline, p, ns, true, (int64_t)event->args[0]);
}
