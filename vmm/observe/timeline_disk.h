/* SPDX-License-Identifier: MIT */
/* Requests to disks, for the timeline. */
#ifndef VMM_OBSERVE_TIMELINE_DISK_H
#define VMM_OBSERVE_TIMELINE_DISK_H

#include "vmm/observe/timeline_types.h"

/* p: who had the CPU, or NULL. */
void timeline_issue_request(struct timeline *timeline, const struct timeline_process *p,
			    const struct trace_event *event, uint64_t ns);
/* The one that is under way and of which the event is; or NULL. */
const struct timeline_request *timeline_find_request(const struct timeline *timeline,
						     const struct trace_event *event);
void timeline_complete_request(struct timeline *timeline, const struct trace_event *event,
			       uint64_t ns);
/* Gives it to the sink. */
void timeline_hand_out_request(struct timeline *timeline, const struct timeline_request *request,
			       uint64_t ns, bool is_done, uint32_t error);

#endif
