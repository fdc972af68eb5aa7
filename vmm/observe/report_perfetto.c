/* SPDX-License-Identifier: MIT */
#include "vmm/observe/report_perfetto.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/observe/json_stream.h"
#include "vmm/observe/report_names.h"
#include "vmm/observe/timeline_disk.h"

/*
 * A process of the viewer is a group of tracks, a thread is a track. Viewers show the
 * numbers of both beside the names. A process has its own number, and so has the track of
 * its states; who gets a number that was given before has one beyond all of them.
 */
#define GROUP_MACHINE	    0
#define TRACK_VCPUS	    0 /* + vCPU */
#define TRACK_VMM	    100
#define TRACK_DISKS	    101
#define GROUP_LATER(idx)    (1000000 + (uint64_t)(idx))
#define TRACK_STATES(group) (group)
#define TRACK_CALLS(group)  ((group) + 100000)

static const struct {
	uint8_t state;
	const char *name;
} counted[] = {
	{LDE_STATE_READY, "READY"},
	{LDE_STATE_RUNNING, "RUNNING"},
	{LDE_STATE_BLOCKED, "BLOCKED"},
	{LDE_STATE_STOPPED, "STOPPED"},
};

#define NR_COUNTED (sizeof(counted) / sizeof(counted[0]))

struct perfetto {
	struct json_stream json;
	const struct timeline *now; /* of the second reading */
	uint64_t last_ns;
	uint32_t shown[NR_COUNTED]; /* the counters' last values */
	uint64_t next_flow;
	/* By pid. */
	uint64_t *flows;  /* of the wake-up under way; 0: none */
	uint32_t *firsts; /* index + 1 of the first of that number */
};

static uint64_t group_of(const struct perfetto *p, const struct timeline_process *process)
{
	if (p->firsts[process->pid] == process->idx + 1)
		return process->pid;
	return GROUP_LATER(process->idx);
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

static void sort_track(struct perfetto *p, const char *what, uint64_t group, uint64_t track,
		       uint64_t place)
{
	begin_event(p, "M", what, group, track, 0);
	json_stream_object(&p->json, "args");
	json_stream_number(&p->json, "sort_index", place);
	end_slice(p);
}

static void name_group(struct perfetto *p, uint64_t group, uint64_t track, const char *name,
		       uint64_t place)
{
	name_track(p, "process_name", group, track, name);
	sort_track(p, "process_sort_index", group, track, place);
}

static void name_thread(struct perfetto *p, uint64_t group, uint64_t track, const char *name,
			uint64_t place)
{
	name_track(p, "thread_name", group, track, name);
	sort_track(p, "thread_sort_index", group, track, place);
}

static void name_tracks(struct perfetto *p, const struct timeline *done)
{
	name_group(p, GROUP_MACHINE, TRACK_VCPUS, "machine", 0);
	for (unsigned int i = 0; i < TRACE_VCPUS_MAX; i++)
		if (done->vcpus[i].is_used)
			name_thread(p, GROUP_MACHINE, TRACK_VCPUS + i, "vCPU", TRACK_VCPUS + i);
	name_thread(p, GROUP_MACHINE, TRACK_VMM, "VMM", TRACK_VMM);
	name_thread(p, GROUP_MACHINE, TRACK_DISKS, "disks", TRACK_DISKS);
	for (uint32_t i = 0; i < done->nr_processes; i++) {
		const struct timeline_process *process = &done->processes[i];
		uint64_t group = group_of(p, process);

		name_group(p, group, TRACK_STATES(group), process->name, 1 + (uint64_t)i);
		name_thread(p, group, TRACK_STATES(group), "state", 0);
		name_thread(p, group, TRACK_CALLS(group), "system calls", 1);
	}
}

/* ---- slices ------------------------------------------------------------------ */

static void add_state(void *ctx, const struct timeline_span *span)
{
	struct perfetto *p = ctx;
	uint64_t group = group_of(p, span->process);
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
	uint64_t group = group_of(p, span->process);
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

static void begin_disk_end(struct perfetto *p, const char *phase, const char *name,
			   uint64_t serial, uint64_t ns)
{
	begin_event(p, phase, name, GROUP_MACHINE, TRACK_DISKS, ns);
	json_stream_text(&p->json, "cat", "disk");
	json_stream_object(&p->json, "id2");
	json_stream_hex(&p->json, "local", serial);
	json_stream_object_end(&p->json);
	json_stream_object(&p->json, "args");
}

/*
 * Requests overlap: asynchronous events, which slices of a track may not. With an "id" they
 * would be nobody's, and Perfetto shows them beside the groups.
 */
static void add_disk(void *ctx, const struct timeline_disk_span *span)
{
	struct perfetto *p = ctx;
	const struct timeline_request *request = span->request;
	char disk[32], name[64];

	snprintf(name, sizeof(name), "%s %s", report_disk_name(request->disk, disk, sizeof(disk)),
		 report_block_op_name(request->op));
	begin_disk_end(p, "b", name, request->serial, request->begin_ns);
	json_stream_number(&p->json, "sector", request->sector);
	json_stream_number(&p->json, "sectors", request->nr_sectors);
	if (span->process)
		json_stream_number(&p->json, "process", span->process->pid);
	end_slice(p);
	begin_disk_end(p, "e", name, request->serial, span->end_ns);
	if (span->error)
		json_stream_number(&p->json, "errno", span->error);
	if (!span->is_done)
		json_stream_bool(&p->json, "is_done", false);
	end_slice(p);
}

/* ---- instants, flows and counters ------------------------------------------------ */

/*
 * A moment on a track, to which a flow is tied: viewers tie a flow to what is on top of
 * its track then, and a track may have nothing there, or what began and will end at
 * another time. To be ended by end_slice.
 */
static void begin_moment(struct perfetto *p, const char *name, uint64_t group, uint64_t track,
			 uint64_t ns)
{
	begin_event(p, "i", name, group, track, ns);
	json_stream_text(&p->json, "s", "t");
	json_stream_object(&p->json, "args");
}

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

/* What counts show since the event before this one. */
static void add_counters(struct perfetto *p)
{
	bool is_other = false;

	for (unsigned int i = 0; i < NR_COUNTED; i++) {
		is_other |= p->shown[i] != p->now->nr_in_state[counted[i].state];
		p->shown[i] = p->now->nr_in_state[counted[i].state];
	}
	if (!is_other)
		return;
	begin_event(p, "C", "processes", GROUP_MACHINE, TRACK_VCPUS, p->last_ns);
	json_stream_object(&p->json, "args");
	for (unsigned int i = 0; i < NR_COUNTED; i++)
		json_stream_number(&p->json, counted[i].name, p->shown[i]);
	end_slice(p);
}

static void add_wakeup(struct perfetto *p, const struct trace_event *event, uint64_t vcpu_track)
{
	const struct timeline_process *woken = process_of(p, event->args[0]);
	char name[64];

	if (!woken)
		return;
	snprintf(name, sizeof(name), "wakes %s %" PRIu32, woken->name, woken->pid);
	begin_moment(p, name, GROUP_MACHINE, vcpu_track, event->ns);
	json_stream_number(&p->json, "process", woken->pid);
	end_slice(p);
	p->flows[woken->pid] = ++p->next_flow;
	add_flow(p, "s", "wakeup", p->next_flow, GROUP_MACHINE, vcpu_track, event->ns);
}

static void add_turn(struct perfetto *p, const struct trace_event *event)
{
	const struct timeline_process *next = process_of(p, event->args[1]);
	uint64_t group;

	if (!next || !p->flows[next->pid])
		return;
	group = group_of(p, next);
	add_flow(p, "f", "wakeup", p->flows[next->pid], group, TRACK_STATES(group), event->ns);
	p->flows[next->pid] = 0;
}

/* One end of a request, and of its flow. */
static void add_request(struct perfetto *p, const char *phase, const char *what,
			const struct trace_event *event, uint64_t serial, uint64_t group,
			uint64_t track)
{
	char disk[32], name[80];

	snprintf(name, sizeof(name), "%s %s %s", what,
		 report_disk_name(event->args[0], disk, sizeof(disk)),
		 report_block_op_name(event->code));
	begin_moment(p, name, group, track, event->ns);
	json_stream_number(&p->json, "sector", event->args[1]);
	end_slice(p);
	add_flow(p, phase, "request", serial, group, track, event->ns);
}

/* The next one to be issued has the next serial number, if there is room for it. By the
 * process that has the CPU, or by the kernel while nobody has. */
static void add_issue(struct perfetto *p, const struct trace_event *event,
		      const struct timeline_process *process, uint64_t vcpu_track)
{
	uint64_t group = process ? group_of(p, process) : GROUP_MACHINE;

	if (p->now->nr_requests < TIMELINE_REQUESTS_MAX)
		add_request(p, "s", "asks", event, p->now->nr_issued + 1, group,
			    process ? TRACK_STATES(group) : vcpu_track);
}

static void add_completion(struct perfetto *p, const struct trace_event *event,
			   uint64_t vcpu_track)
{
	const struct timeline_request *request = timeline_find_request(p->now, event);

	if (request)
		add_request(p, "f", "done", event, request->serial, GROUP_MACHINE, vcpu_track);
}

static void add_event(void *ctx, const struct trace_event *event,
		      const struct timeline_process *process)
{
	struct perfetto *p = ctx;
	uint64_t vcpu_track = TRACK_VCPUS + event->vcpu;

	add_counters(p);
	p->last_ns = event->ns;
	if (event->kind == LDE_TRACE_SCHED_WAKEUP)
		add_wakeup(p, event, vcpu_track);
	else if (event->kind == LDE_TRACE_SCHED_SWITCH)
		add_turn(p, event);
	else if (event->kind == LDE_TRACE_BLOCK_ISSUE)
		add_issue(p, event, process, vcpu_track);
	else if (event->kind == LDE_TRACE_BLOCK_COMPLETE)
		add_completion(p, event, vcpu_track);
}

/* ---- the whole ------------------------------------------------------------------------ */

static int open_tables(struct perfetto *p, const struct timeline *done)
{
	p->flows = calloc(TRACE_NR_PIDS, sizeof(*p->flows));
	p->firsts = calloc(TRACE_NR_PIDS, sizeof(*p->firsts));
	if (!p->flows || !p->firsts)
		return -ENOMEM;
	for (uint32_t i = done->nr_processes; i > 0; i--)
		p->firsts[done->processes[i - 1].pid] = i;
	return 0;
}

static void close_tables(struct perfetto *p)
{
	free(p->flows);
	free(p->firsts);
}

int report_print_perfetto(const struct timeline *done, const char *dir, FILE *out, char *why,
			  size_t why_size)
{
	struct timeline again;
	struct perfetto p = {.now = &again};
	const struct timeline_sink sink = {&p,	     add_state, add_occupation, add_call,
					   add_disk, add_exit,	add_event};
	int err;

	if (open_tables(&p, done)) {
		close_tables(&p);
		snprintf(why, why_size, "out of memory");
		return -ENOMEM;
	}
	json_stream_init(&p.json, out);
	json_stream_object(&p.json, NULL);
	json_stream_text(&p.json, "displayTimeUnit", "ns");
	json_stream_array(&p.json, "traceEvents");
	name_tracks(&p, done);
	err = timeline_read(&again, dir, &sink, why, why_size);
	add_counters(&p);
	timeline_fini(&again);
	json_stream_array_end(&p.json);
	json_stream_object_end(&p.json);
	json_stream_break(&p.json);
	close_tables(&p);
	return err == -EBADMSG ? 0 : err;
}
