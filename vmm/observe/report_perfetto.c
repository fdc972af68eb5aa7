/* SPDX-License-Identifier: MIT */
#include "vmm/observe/report_perfetto.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/observe/json_stream.h"
#include "vmm/observe/report_names.h"
#include "vmm/observe/timeline_disk.h"

/* A process of the viewer is a group of tracks, a thread is a track. */
#define GROUP_MACHINE	 1
#define TRACK_VMM	 1
#define TRACK_DISKS	 2
#define TRACK_VCPUS	 100
#define GROUP_PROCESSES	 1000 /* + index */
#define TRACK_STATES(group) ((group) * 2)
#define TRACK_CALLS(group)  ((group) * 2 + 1)

struct perfetto {
	struct json_stream json;
	const struct timeline *now; /* of the second reading */
	uint64_t last_ns;
	uint32_t shown[LDE_NR_STATES]; /* the counters' last values */
	uint64_t next_flow;
	uint64_t *flows; /* by pid: of the wake-up under way; 0: none */
};

static uint64_t group_of(const struct timeline_process *process)
{
	return GROUP_PROCESSES + (uint64_t)process->idx;
}

/* Opens an event: its phase, name, track and time. */
static void begin_event(struct perfetto *p, const char *phase, const char *name, uint64_t group,
			uint64_t track, uint64_t ns)
{
	json_stream_break(&p->json);
	json_stream_object(&p->json, NULL);
	json_stream_text(&p->json, "ph", phase);
	json_stream_text(&p->json, "name", name);
	json_stream_number(&p->json, "pid", group);
	json_stream_number(&p->json, "tid", track);
	json_stream_us(&p->json, "ts", ns);
}

static void end_event(struct perfetto *p)
{
	json_stream_object_end(&p->json);
}

static void begin_slice(struct perfetto *p, const char *name, uint64_t group, uint64_t track,
			uint64_t begin_ns, uint64_t end_ns)
{
	begin_event(p, "X", name, group, track, begin_ns);
	json_stream_us(&p->json, "dur", end_ns - begin_ns);
	json_stream_object(&p->json, "args");
}

static void end_slice(struct perfetto *p)
{
	json_stream_object_end(&p->json);
	end_event(p);
}

/* ---- names of tracks ------------------------------------------------------ */

static void name_track(struct perfetto *p, const char *what, uint64_t group, uint64_t track,
		       const char *name)
{
	begin_event(p, "M", what, group, track, 0);
	json_stream_object(&p->json, "args");
	json_stream_text(&p->json, "name", name);
	end_slice(p);
}

static void sort_group(struct perfetto *p, uint64_t group)
{
	begin_event(p, "M", "process_sort_index", group, 0, 0);
	json_stream_object(&p->json, "args");
	json_stream_number(&p->json, "sort_index", group);
	end_slice(p);
}

static void name_tracks(struct perfetto *p, const struct timeline *done)
{
	char name[64];

	name_track(p, "process_name", GROUP_MACHINE, 0, "machine");
	sort_group(p, GROUP_MACHINE);
	name_track(p, "thread_name", GROUP_MACHINE, TRACK_VMM, "VMM");
	name_track(p, "thread_name", GROUP_MACHINE, TRACK_DISKS, "disks");
	for (unsigned int i = 0; i < TRACE_VCPUS_MAX; i++) {
		snprintf(name, sizeof(name), "vCPU %u", i);
		if (done->vcpus[i].is_used)
			name_track(p, "thread_name", GROUP_MACHINE, TRACK_VCPUS + i, name);
	}
	for (uint32_t i = 0; i < done->nr_processes; i++) {
		uint64_t group = group_of(&done->processes[i]);

		snprintf(name, sizeof(name), "%s %" PRIu32, done->processes[i].name,
			 done->processes[i].pid);
		name_track(p, "process_name", group, 0, name);
		sort_group(p, group);
		name_track(p, "thread_name", group, TRACK_STATES(group), "state");
		name_track(p, "thread_name", group, TRACK_CALLS(group), "system calls");
	}
}

/* ---- slices ------------------------------------------------------------------ */

static void add_state(void *ctx, const struct timeline_span *span)
{
	struct perfetto *p = ctx;
	uint64_t group = group_of(span->process);
	char name[40];

	if (span->state == LDE_STATE_NONE || span->state == LDE_STATE_ZOMBIE)
		return;
	begin_slice(p, timeline_state_name(span->state), group, TRACK_STATES(group),
		    span->begin_ns, span->end_ns);
	if (span->reason)
		json_stream_text(&p->json, "reason", timeline_reason_name(span->reason));
	if (span->syscall >= 0)
		json_stream_text(&p->json, "syscall",
				 report_call_name((uint32_t)span->syscall, name, sizeof(name)));
	end_slice(p);
}

static void add_occupation(void *ctx, const struct timeline_occupation *span)
{
	struct perfetto *p = ctx;
	char name[64];

	if (span->mode == TIMELINE_IDLE)
		return;
	if (span->process)
		snprintf(name, sizeof(name), "%s %" PRIu32 " %s", span->process->name,
			 span->process->pid, timeline_mode_name(span->mode));
	else
		snprintf(name, sizeof(name), "%s", timeline_mode_name(span->mode));
	begin_slice(p, name, GROUP_MACHINE, TRACK_VCPUS + span->vcpu, span->begin_ns,
		    span->end_ns);
	end_slice(p);
}

static void add_call(void *ctx, const struct timeline_call_span *span)
{
	struct perfetto *p = ctx;
	uint64_t group = group_of(span->process);
	char name[40];

	begin_slice(p, report_call_name(span->number, name, sizeof(name)), group,
		    TRACK_CALLS(group), span->begin_ns, span->end_ns);
	for (unsigned int i = 0; i < 6; i++) {
		char key[8];

		snprintf(key, sizeof(key), "arg%u", i);
		json_stream_hex(&p->json, key, span->args[i]);
	}
	if (span->has_result)
		json_stream_signed(&p->json, "result", span->result);
	end_slice(p);
}

static void add_exit(void *ctx, const struct timeline_exit_span *span)
{
	struct perfetto *p = ctx;

	begin_slice(p, report_cause_name(span->cause), GROUP_MACHINE, TRACK_VMM, span->begin_ns,
		    span->end_ns);
	if (span->process)
		json_stream_number(&p->json, "process", span->process->pid);
	json_stream_number(&p->json, "kvm_exit_reason", span->reason);
	json_stream_hex(&p->json, "address", span->address);
	end_slice(p);
}

/* Requests overlap: asynchronous events, which slices of a track may not. */
static void add_disk(void *ctx, const struct timeline_disk_span *span)
{
	struct perfetto *p = ctx;
	const struct timeline_request *request = span->request;
	char disk[32], name[64];

	snprintf(name, sizeof(name), "%s %s", report_disk_name(request->disk, disk, sizeof(disk)),
		 report_block_op_name(request->op));
	for (int end = 0; end < 2; end++) {
		begin_event(p, end ? "e" : "b", name, GROUP_MACHINE, TRACK_DISKS,
			    end ? span->end_ns : request->begin_ns);
		json_stream_text(&p->json, "cat", "disk");
		json_stream_number(&p->json, "id", request->serial);
		json_stream_object(&p->json, "args");
		json_stream_number(&p->json, "sector", request->sector);
		json_stream_number(&p->json, "sectors", request->nr_sectors);
		if (end && span->error)
			json_stream_number(&p->json, "errno", span->error);
		end_slice(p);
	}
}

/* ---- flows and counters ---------------------------------------------------------- */

static void add_flow(struct perfetto *p, const char *phase, const char *name, uint64_t id,
		     uint64_t group, uint64_t track, uint64_t ns)
{
	begin_event(p, phase, name, group, track, ns);
	json_stream_text(&p->json, "cat", name);
	json_stream_number(&p->json, "id", id);
	if (*phase == 'f')
		json_stream_text(&p->json, "bp", "e");
	end_event(p);
}

static const struct timeline_process *process_of(const struct perfetto *p, uint64_t pid)
{
	if (!pid || pid >= TRACE_NR_PIDS || !p->now->by_pid[pid])
		return NULL;
	return &p->now->processes[p->now->by_pid[pid] - 1];
}

/* Called before the event: what counts show has held since the one before. */
static void add_counters(struct perfetto *p)
{
	if (memcmp(p->shown, p->now->nr_in_state, sizeof(p->shown)) == 0)
		return;
	memcpy(p->shown, p->now->nr_in_state, sizeof(p->shown));
	begin_event(p, "C", "processes", GROUP_MACHINE, 0, p->last_ns);
	json_stream_object(&p->json, "args");
	json_stream_number(&p->json, "READY", p->shown[LDE_STATE_READY]);
	json_stream_number(&p->json, "RUNNING", p->shown[LDE_STATE_RUNNING]);
	json_stream_number(&p->json, "BLOCKED", p->shown[LDE_STATE_BLOCKED]);
	end_slice(p);
}

static void add_wakeup(struct perfetto *p, const struct trace_event *event, uint64_t vcpu_track)
{
	if (!event->args[0] || event->args[0] >= TRACE_NR_PIDS)
		return;
	p->flows[event->args[0]] = ++p->next_flow;
	add_flow(p, "s", "wakeup", p->next_flow, GROUP_MACHINE, vcpu_track, event->ns);
}

static void add_turn(struct perfetto *p, const struct trace_event *event)
{
	const struct timeline_process *next = process_of(p, event->args[1]);
	uint64_t group = next ? group_of(next) : 0;

	if (!next || !p->flows[next->pid])
		return;
	add_flow(p, "f", "wakeup", p->flows[next->pid], group, TRACK_STATES(group), event->ns);
	p->flows[next->pid] = 0;
}

/* The next one to be issued has the next serial number, if there is room for it. */
static void add_issue(struct perfetto *p, const struct trace_event *event, uint64_t group)
{
	if (p->now->nr_requests < TIMELINE_REQUESTS_MAX)
		add_flow(p, "s", "request", p->now->nr_issued + 1, group, TRACK_STATES(group),
			 event->ns);
}

/* Of a request that a process has made. */
static void add_completion(struct perfetto *p, const struct trace_event *event,
			   uint64_t vcpu_track)
{
	const struct timeline_request *request = timeline_find_request(p->now, event);

	if (request && request->process_idx >= 0)
		add_flow(p, "f", "request", request->serial, GROUP_MACHINE, vcpu_track, event->ns);
}

static void add_event(void *ctx, const struct trace_event *event,
		      const struct timeline_process *process)
{
	struct perfetto *p = ctx;
	uint64_t vcpu_track = TRACK_VCPUS + event->vcpu;
	uint64_t group = process ? group_of(process) : 0;

	add_counters(p);
	p->last_ns = event->ns;
	if (event->kind == LDE_TRACE_SCHED_WAKEUP)
		add_wakeup(p, event, vcpu_track);
	else if (event->kind == LDE_TRACE_SCHED_SWITCH)
		add_turn(p, event);
	else if (event->kind == LDE_TRACE_BLOCK_ISSUE && process)
		add_issue(p, event, group);
	else if (event->kind == LDE_TRACE_BLOCK_COMPLETE)
		add_completion(p, event, vcpu_track);
}

/* ---- the whole ------------------------------------------------------------------------ */

int report_print_perfetto(const struct timeline *done, const char *dir, FILE *out, char *why,
			  size_t why_size)
{
	struct timeline again;
	struct perfetto p = {.now = &again};
	const struct timeline_sink sink = {&p,	     add_state, add_occupation, add_call,
					   add_disk, add_exit,	add_event};
	int err;

	p.flows = calloc(TRACE_NR_PIDS, sizeof(*p.flows));
	if (!p.flows) {
		snprintf(why, why_size, "out of memory");
		return -ENOMEM;
	}
	json_stream_init(&p.json, out);
	json_stream_object(&p.json, NULL);
	json_stream_text(&p.json, "displayTimeUnit", "ns");
	json_stream_array(&p.json, "traceEvents");
	name_tracks(&p, done);
	err = timeline_read(&again, dir, &sink, why, why_size);
	timeline_fini(&again);
	json_stream_array_end(&p.json);
	json_stream_object_end(&p.json);
	json_stream_break(&p.json);
	free(p.flows);
	return err == -EBADMSG ? 0 : err;
}
