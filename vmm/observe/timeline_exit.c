/* SPDX-License-Identifier: MIT */
#include "vmm/observe/timeline_exit.h"

#include "vmm/observe/quantity.h"

void timeline_leave_to_vmm(struct timeline *timeline, struct timeline_vcpu *cpu,
			   struct timeline_process *p, const struct trace_event *event, uint64_t ns)
{
	uint64_t left_ns = UINT64_MAX - ns;
	int32_t syscall = event->args[3] < INT32_MAX ? (int32_t)event->args[3] : TIMELINE_NO_CALL;
	uint64_t taken_ns = quantity_tsc_to_ns(event->args[1], timeline->info.tsc_hz);
	struct timeline_exit_span span;

	/* The VMM may not know whose it is. */
	if (!p && cpu->process_idx >= 0)
		p = &timeline->processes[cpu->process_idx];
	if (syscall < 0 && p)
		syscall = p->call.number;
	span = (struct timeline_exit_span){
		.process = p,
		.begin_ns = ns,
		.end_ns = ns + (taken_ns < left_ns ? taken_ns : left_ns),
		.vcpu = event->vcpu,
		.cause = event->code,
		.reason = event->args[0],
		.address = event->args[2],
		.syscall = syscall,
	};
	cpu->exited_until_ns = span.end_ns;
	if (p)
		p->nr_exits++;
	exits_ledger_add(&timeline->exits,
			 span.cause < NR_EXIT_CAUSES ? (enum exit_cause)span.cause : EXIT_OTHER,
			 &(struct exit_place){
				 .pid = p ? p->idx + 1 : 0,
				 .kind = syscall < 0 ? EXIT_PLACE_UNKNOWN : EXIT_PLACE_SYSCALL,
				 .number = syscall < 0 ? 0 : (uint32_t)syscall,
			 },
			 taken_ns);
	if (timeline->sink.exit)
		timeline->sink.exit(timeline->sink.ctx, &span);
}
