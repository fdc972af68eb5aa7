/* SPDX-License-Identifier: MIT */
#include "vmm/observe/timeline_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void timeline_violate(struct timeline *timeline, uint64_t ns, const char *format, ...)
{
	struct timeline_violation *violation;
	va_list args;

	if (timeline->nr_violations++ >= TIMELINE_VIOLATIONS_MAX)
		return;
	violation = &timeline->violations[timeline->nr_violations - 1];
	violation->ns = ns;
	va_start(args, format);
	vsnprintf(violation->text, sizeof(violation->text), format, args);
	va_end(args);
}

void timeline_check_sums(struct timeline *timeline, const struct timeline_process *p)
{
	uint64_t in_states = 0, on_cpus = 0;

	for (unsigned int i = 0; i < LDE_NR_STATES; i++)
		in_states += p->state_ns[i];
	for (unsigned int i = 0; i < TIMELINE_NR_MODES; i++)
		on_cpus += p->mode_ns[i];
	if (in_states != timeline_length_ns(timeline))
		timeline_violate(timeline, timeline->end_ns,
				 "the states of process %" PRIu32 " last %" PRIu64 " ns of %" PRIu64, p->pid,
				 in_states, timeline_length_ns(timeline));
	if (timeline_has_states(timeline) && on_cpus != p->state_ns[LDE_STATE_RUNNING])
		timeline_violate(timeline, timeline->end_ns,
				 "process %" PRIu32 " was RUNNING for %" PRIu64 " ns, on vCPUs for %" PRIu64,
				 p->pid, p->state_ns[LDE_STATE_RUNNING], on_cpus);
}

void timeline_check_one_running(struct timeline *timeline)
{
	for (uint32_t i = 0; i < timeline->nr_processes; i++) {
		const struct timeline_process *p = &timeline->processes[i];

		if (p->state == LDE_STATE_RUNNING &&
		    timeline->vcpus[p->vcpu].process_idx != (int64_t)p->idx)
			timeline_violate(timeline, timeline->end_ns,
					 "process %" PRIu32 " is RUNNING on no CPU", p->pid);
	}
}
