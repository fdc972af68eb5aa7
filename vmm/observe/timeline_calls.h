/* SPDX-License-Identifier: MIT */
/* System calls of processes, for the timeline. */
#ifndef VMM_OBSERVE_TIMELINE_CALLS_H
#define VMM_OBSERVE_TIMELINE_CALLS_H

#include "vmm/observe/timeline_types.h"

void timeline_begin_call(struct timeline *timeline, struct timeline_process *p,
			 const struct trace_event *event, uint64_t ns);
void timeline_return_from_call(struct timeline *timeline, struct timeline_process *p,
			       const struct trace_event *event, uint64_t ns);
/* The call in which p is; without a result if it does not come back. */
void timeline_end_call(struct timeline *timeline, struct timeline_process *p, uint64_t ns,
		       bool has_result, int64_t result);
/* Gives it to the sink; it goes on. */
void timeline_hand_out_call(struct timeline *timeline, const struct timeline_process *p,
			    uint64_t ns, bool has_result, int64_t result);

#endif
