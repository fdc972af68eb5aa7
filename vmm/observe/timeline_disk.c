/* SPDX-License-Identifier: MIT */
#include "vmm/observe/timeline_disk.h"

#include <inttypes.h>
#include <stddef.h>

#include "vmm/observe/timeline_check.h"

void timeline_issue_request(struct timeline *timeline, const struct timeline_process *p,
			    const struct trace_event *event, uint64_t ns)
{
	if (timeline->nr_requests == TIMELINE_REQUESTS_MAX) {
		timeline_violate(timeline, ns, "more than %d requests to disks at a time",
				 TIMELINE_REQUESTS_MAX);
		return;
	}
	timeline->requests[timeline->nr_requests++] = (struct timeline_request){
		.serial = ++timeline->nr_issued,
		.disk = event->args[0],
		.sector = event->args[1],
		.nr_sectors = event->args[2],
		.number = event->args[3],
		.begin_ns = ns,
		.op = event->code,
		.process_idx = p ? (int64_t)p->idx : -1,
	};
}

void timeline_hand_out_request(struct timeline *timeline, const struct timeline_request *request,
			       uint64_t ns, bool is_done, uint32_t error)
{
	const struct timeline_disk_span span = {
		.process =
			request->process_idx < 0 ? NULL : &timeline->processes[request->process_idx],
		.request = request,
		.end_ns = ns,
		.is_done = is_done,
		.error = error,
	};

	if (timeline->sink.disk)
		timeline->sink.disk(timeline->sink.ctx, &span);
}

static void add_to_disk(struct timeline *timeline, uint64_t number, uint64_t ns)
{
	struct timeline_disk *disk = timeline->disks;
	const struct timeline_disk *end = disk + timeline->nr_disks;

	while (disk < end && disk->number != number)
		disk++;
	if (disk == end && timeline->nr_disks == TIMELINE_DISKS_MAX)
		return;
	if (disk == end)
		timeline->nr_disks++;
	disk->number = number;
	exits_add(&disk->time, ns);
}

const struct timeline_request *timeline_find_request(const struct timeline *timeline,
						     const struct trace_event *event)
{
	for (uint32_t i = 0; i < timeline->nr_requests; i++) {
		const struct timeline_request *request = &timeline->requests[i];

		if (request->disk == event->args[0] && request->number == event->args[3])
			return request;
	}
	return NULL;
}

void timeline_complete_request(struct timeline *timeline, const struct trace_event *event,
			       uint64_t ns)
{
	const struct timeline_request *request = timeline_find_request(timeline, event);

	if (!request) {
		timeline_violate(timeline, ns, "disk %" PRIu64 " completed request %" PRIu64 ", not issued",
				 event->args[0], event->args[3]);
		return;
	}
	add_to_disk(timeline, request->disk, ns - request->begin_ns);
	timeline_hand_out_request(timeline, request, ns, true, (uint32_t)(0 - event->args[4]));
	timeline->requests[request - timeline->requests] =
		timeline->requests[--timeline->nr_requests];
}
