/* SPDX-License-Identifier: MIT */
/* Exits to the VMM, for the timeline. */
#ifndef VMM_OBSERVE_TIMELINE_EXIT_H
#define VMM_OBSERVE_TIMELINE_EXIT_H

#include "vmm/observe/timeline_types.h"

/* p: whose it is, as far as the VMM knows; NULL: whoever is on the vCPU. */
void timeline_leave_to_vmm(struct timeline *timeline, struct timeline_vcpu *cpu,
			   struct timeline_process *p, const struct trace_event *event,
			   uint64_t ns);

#endif
