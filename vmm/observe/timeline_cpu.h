/* SPDX-License-Identifier: MIT */
/* What a vCPU is busy with; a part of the timeline. */
#ifndef VMM_OBSERVE_TIMELINE_CPU_H
#define VMM_OBSERVE_TIMELINE_CPU_H

#include "vmm/observe/timeline_types.h"

void timeline_cpu_init(struct timeline *timeline, struct timeline_vcpu *cpu);

/* Charges the time up to ns to what the vCPU was busy with. */
void timeline_cpu_advance(struct timeline *timeline, struct timeline_vcpu *cpu, uint64_t ns);

/* What it is busy with from now on, after an event. */
void timeline_cpu_look(struct timeline *timeline, struct timeline_vcpu *cpu);

/* Hands out the span that is open. */
void timeline_cpu_flush(struct timeline *timeline, struct timeline_vcpu *cpu);

#endif
