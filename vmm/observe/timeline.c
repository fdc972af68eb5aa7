/* SPDX-License-Identifier: MIT */
#include "vmm/observe/timeline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/observe/timeline_calls.h"
#include "vmm/observe/timeline_check.h"
#include "vmm/observe/timeline_cpu.h"
#include "vmm/observe/timeline_disk.h"
#include "vmm/observe/timeline_exit.h"

/* ---- processes --------------------------------------------------------- */

static void set_name(struct timeline_process *p, const char *name)
{
	size_t len = strnlen(name, LDE_TRACE_NAME_SIZE - 1);

	memcpy(p->name, name, len);
	p->name[len] = '\0';
	for (char *at = p->name; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
}

static struct timeline_process *add_process(struct timeline *timeline, uint32_t pid, uint64_t ns)
{
	struct timeline_process *p;

	if (timeline->nr_processes == timeline->cap_processes) {
		uint32_t cap = timeline->cap_processes ? timeline->cap_processes * 2 : 64;

		p = realloc(timeline->processes, (size_t)cap * sizeof(*p));
		if (!p) {
			timeline->failed = -ENOMEM;
			return NULL;
		}
		timeline->processes = p;
		timeline->cap_processes = cap;
	}
	p = &timeline->processes[timeline->nr_processes];
	*p = (struct timeline_process){
		.idx = timeline->nr_processes,
		.pid = pid,
		.created_ns = ns,
		.first_run_ns = TIMELINE_NEVER,
		.ended_ns = TIMELINE_NEVER,
		.wait_call = TIMELINE_NO_CALL,
		.since_ns = timeline->begin_ns,
		.call = {.number = TIMELINE_NO_CALL},
	};
	timeline->nr_in_state[LDE_STATE_NONE]++;
	timeline->by_pid[pid] = ++timeline->nr_processes;
	return p;
}

/* The process of that number. One that no event has announced is made up. */
static struct timeline_process *process_of(struct timeline *timeline, uint64_t pid, uint64_t ns)
{
	if (!pid || pid >= TRACE_NR_PIDS)
		return NULL;
	if (timeline->by_pid[pid])
		return &timeline->processes[timeline->by_pid[pid] - 1];
	timeline_violate(timeline, ns, "process %" PRIu64 " was never made", pid);
	return add_process(timeline, (uint32_t)pid, ns);
}

static void close_state(struct timeline *timeline, struct timeline_process *p, uint64_t ns)
{
	const struct timeline_span span = {
		.process = p,
		.begin_ns = p->since_ns,
		.end_ns = ns,
		.state = p->state,
		.reason = p->reason,
		.syscall = p->state == LDE_STATE_BLOCKED ? p->wait_call : p->call.number,
	};

	p->state_ns[p->state] += ns - p->since_ns;
	p->since_ns = ns;
	if (timeline->sink.state && span.end_ns > span.begin_ns)
		timeline->sink.state(timeline->sink.ctx, &span);
}

static bool is_legal(uint32_t from, uint32_t to)
{
	static const uint8_t legal[LDE_NR_STATES] = {
		[LDE_STATE_NONE] = 1u << LDE_STATE_READY,
		[LDE_STATE_READY] = 1u << LDE_STATE_RUNNING,
		[LDE_STATE_RUNNING] = 1u << LDE_STATE_READY | 1u << LDE_STATE_BLOCKED |
				      1u << LDE_STATE_ZOMBIE | 1u << LDE_STATE_STOPPED,
		[LDE_STATE_BLOCKED] = 1u << LDE_STATE_READY | 1u << LDE_STATE_STOPPED,
		[LDE_STATE_STOPPED] = 1u << LDE_STATE_READY,
	};

	return to < LDE_NR_STATES && legal[from] >> to & 1;
}

/* It no longer runs; its vCPU may be another than the event's. */
static void release_vcpu(struct timeline *timeline, const struct timeline_process *p, uint64_t ns)
{
	struct timeline_vcpu *cpu = &timeline->vcpus[p->vcpu];

	if (p->state != LDE_STATE_RUNNING || cpu->process_idx != (int64_t)p->idx)
		return;
	timeline_cpu_advance(timeline, cpu, ns);
	cpu->process_idx = -1;
	timeline_cpu_look(timeline, cpu);
}

static void set_state(struct timeline *timeline, struct timeline_process *p, uint32_t state,
		      enum timeline_reason reason, uint64_t ns)
{
	release_vcpu(timeline, p, ns);
	if (!is_legal(p->state, state))
		timeline_violate(timeline, ns, "process %" PRIu32 " went from %s to %s", p->pid,
				 timeline_state_name(p->state), timeline_state_name(state));
	close_state(timeline, p, ns);
	timeline->nr_in_state[p->state]--;
	timeline->nr_in_state[state]++;
	p->state = (uint8_t)state;
	p->reason = (uint8_t)reason;
	p->wait_call = state == LDE_STATE_BLOCKED ? p->call.number : TIMELINE_NO_CALL;
	if (state == LDE_STATE_ZOMBIE && p->ended_ns == TIMELINE_NEVER)
		p->ended_ns = ns;
}

/* ---- the scheduler ------------------------------------------------------- */

static void take_off(struct timeline *timeline, struct timeline_vcpu *cpu,
		     struct timeline_process *p, const struct trace_event *event, uint64_t ns)
{
	static const struct {
		uint8_t state, reason;
	} by[] = {
		[LDE_SWITCH_BLOCKED] = {LDE_STATE_BLOCKED, TIMELINE_BY_WAIT},
		[LDE_SWITCH_YIELDED] = {LDE_STATE_READY, TIMELINE_BY_YIELD},
		[LDE_SWITCH_PREEMPTED] = {LDE_STATE_READY, TIMELINE_BY_PREEMPTION},
		[LDE_SWITCH_ENDED] = {LDE_STATE_ZOMBIE, TIMELINE_BY_NOTHING},
	};
	bool is_stopped = event->args[0] == LDE_STATE_STOPPED;
	uint32_t state = (uint32_t)event->args[0], reason = TIMELINE_BY_NOTHING;

	if (event->code == LDE_SWITCH_BLOCKED && is_stopped) {
		reason = TIMELINE_BY_SIGNAL;
	} else if (event->code < sizeof(by) / sizeof(by[0])) {
		reason = by[event->code].reason;
		if (by[event->code].state != event->args[0])
			timeline_violate(timeline, ns,
					 "process %" PRIu32 " left the CPU for reason %" PRIu32
					 ", which does not go with its state",
					 p->pid, event->code);
		state = by[event->code].state;
	} else {
		timeline_violate(timeline, ns, "process %" PRIu32 " left the CPU for no known reason",
				 p->pid);
		if (state != LDE_STATE_BLOCKED && state != LDE_STATE_ZOMBIE && !is_stopped)
			state = LDE_STATE_READY;
	}
	if (cpu->process_idx != (int64_t)p->idx)
		timeline_violate(timeline, ns, "process %" PRIu32 " left a CPU on which it was not", p->pid);
	p->nr_preempted += reason == TIMELINE_BY_PREEMPTION;
	if (state == LDE_STATE_ZOMBIE && p->call.number != TIMELINE_NO_CALL)
		timeline_end_call(timeline, p, ns, false, 0);
	set_state(timeline, p, state, (enum timeline_reason)reason, ns);
}

static void put_on(struct timeline *timeline, struct timeline_vcpu *cpu,
		   struct timeline_process *p, uint64_t ns)
{
	uint64_t waited_ns = ns - p->since_ns;

	if (p->state == LDE_STATE_READY && p->reason == TIMELINE_BY_WAKEUP)
		exits_add(&timeline->wake_latency, waited_ns);
	else if (p->state == LDE_STATE_READY && p->reason != TIMELINE_BY_START)
		exits_add(&timeline->ready_wait, waited_ns);
	set_state(timeline, p, LDE_STATE_RUNNING, TIMELINE_BY_NOTHING, ns);
	if (p->first_run_ns == TIMELINE_NEVER)
		p->first_run_ns = ns;
	p->nr_turns++;
	p->vcpu = (uint32_t)(cpu - timeline->vcpus);
	cpu->process_idx = p->idx;
	cpu->is_booting = false;
}

static void sched_switch(struct timeline *timeline, struct timeline_vcpu *cpu,
			 const struct trace_event *event, uint64_t ns)
{
	struct timeline_process *prev = process_of(timeline, event->pid, ns), *next;

	if (prev)
		take_off(timeline, cpu, prev, event, ns);
	else if (event->code != LDE_SWITCH_FROM_IDLE)
		timeline_violate(timeline, ns, "nobody left the CPU for reason %" PRIu32, event->code);
	if (cpu->process_idx >= 0) {
		struct timeline_process *stays = &timeline->processes[cpu->process_idx];

		timeline_violate(timeline, ns, "process %" PRIu32 " was still on the CPU", stays->pid);
		set_state(timeline, stays, LDE_STATE_READY, TIMELINE_BY_NOTHING, ns);
	}
	cpu->is_booting = false;
	next = process_of(timeline, event->args[1], ns);
	if (next)
		put_on(timeline, cpu, next, ns);
}

static void wake_up(struct timeline *timeline, const struct trace_event *event, uint64_t ns)
{
	struct timeline_process *p = process_of(timeline, event->args[0], ns);

	if (!p)
		return;
	if (event->code != (p->state == LDE_STATE_NONE))
		timeline_violate(timeline, ns, "process %" PRIu32 " woke up %s", p->pid,
				 event->code ? "for the first time, again" : "before its first time");
	if (p->state == LDE_STATE_RUNNING)
		timeline_violate(timeline, ns, "process %" PRIu32 " woke up while it was RUNNING", p->pid);
	set_state(timeline, p, LDE_STATE_READY,
		  event->code ? TIMELINE_BY_START : TIMELINE_BY_WAKEUP, ns);
}

/* Somebody has stopped it while it was BLOCKED. */
static void stop(struct timeline *timeline, const struct trace_event *event, uint64_t ns)
{
	struct timeline_process *p = process_of(timeline, event->args[0], ns);

	if (!p)
		return;
	if (p->state != LDE_STATE_BLOCKED)
		timeline_violate(timeline, ns, "process %" PRIu32 " was stopped while it was %s", p->pid,
				 timeline_state_name(p->state));
	set_state(timeline, p, LDE_STATE_STOPPED, TIMELINE_BY_SIGNAL, ns);
}

/* ---- processes come and go ------------------------------------------------ */

/* A number may be given again after its process has ended. */
static void make_process(struct timeline *timeline, const struct trace_event *event, uint64_t ns)
{
	uint64_t pid = event->args[0];
	struct timeline_process *p;

	if (!pid || pid >= TRACE_NR_PIDS) {
		timeline_violate(timeline, ns, "a process was made without a number");
		return;
	}
	if (timeline->by_pid[pid]) {
		p = &timeline->processes[timeline->by_pid[pid] - 1];
		if (timeline_has_states(timeline) ? p->state != LDE_STATE_ZOMBIE : !p->has_exited)
			timeline_violate(timeline, ns, "process %" PRIu64 " was made a second time", pid);
	}
	p = add_process(timeline, (uint32_t)pid, ns);
	if (!p)
		return;
	p->parent = event->pid;
	p->is_starting = !event->pid;
	set_name(p, trace_event_name(event));
}

/* An execve that works does not return: the call is over here. */
static void begin_program(struct timeline *timeline, struct timeline_process *p,
			  const struct trace_event *event, uint64_t ns)
{
	p->is_starting = false;
	p->has_executed = p->call.number != TIMELINE_NO_CALL;
	if (p->call.number != TIMELINE_NO_CALL)
		timeline_end_call(timeline, p, ns, true, 0);
	set_name(p, trace_event_name(event));
}

static void end_process(struct timeline_process *p, const struct trace_event *event, uint64_t ns)
{
	p->status = event->code;
	p->has_exited = true;
	p->ended_ns = ns;
}

/* ---- events ------------------------------------------------------------------- */

/* Whose event it is; checks that it is the one on the CPU. */
static struct timeline_process *whose(struct timeline *timeline, struct timeline_vcpu *cpu,
				      const struct trace_event *event, uint64_t ns)
{
	struct timeline_process *p = process_of(timeline, event->pid, ns);

	if (!timeline_has_states(timeline)) {
		cpu->process_idx = p ? (int64_t)p->idx : -1;
		cpu->is_booting = false;
	} else if (!lde_trace_is_of_vmm(event->kind) && event->kind != LDE_TRACE_SCHED_SWITCH &&
		   cpu->process_idx != (p ? (int64_t)p->idx : -1)) {
		/* 0: nobody */
		timeline_violate(timeline, ns, "an event of process %" PRIu32 " while %" PRIu32 " ran",
				 event->pid,
				 cpu->process_idx < 0 ? 0 : timeline->processes[cpu->process_idx].pid);
	}
	return p;
}

/* Events that are of a process only. */
static void apply_of_process(struct timeline *timeline, struct timeline_process *p,
			     const struct trace_event *event, uint64_t ns)
{
	switch (event->kind) {
	case LDE_TRACE_PROCESS_EXEC:
		begin_program(timeline, p, event, ns);
		break;
	case LDE_TRACE_PROCESS_EXIT:
		end_process(p, event, ns);
		break;
	case LDE_TRACE_SYSCALL_ENTRY:
		timeline_begin_call(timeline, p, event, ns);
		break;
	case LDE_TRACE_SYSCALL_EXIT:
		timeline_return_from_call(timeline, p, event, ns);
		break;
	case LDE_TRACE_FAULT_ENTRY:
	case LDE_TRACE_TRAP_ENTRY:
		p->nr_faults++;
		p->in_trap = true;
		p->is_starting = false;
		break;
	case LDE_TRACE_FAULT_EXIT:
	case LDE_TRACE_TRAP_EXIT:
		p->in_trap = false;
		break;
	case LDE_TRACE_SIGNAL_DELIVER:
		p->nr_signals++;
		break;
	default:
		break;
	}
}

static void apply(struct timeline *timeline, struct timeline_vcpu *cpu,
		  struct timeline_process *p, const struct trace_event *event, uint64_t ns)
{
	switch (event->kind) {
	case LDE_TRACE_SCHED_SWITCH:
		sched_switch(timeline, cpu, event, ns);
		break;
	case LDE_TRACE_SCHED_WAKEUP:
		wake_up(timeline, event, ns);
		break;
	case LDE_TRACE_SCHED_STOP:
		stop(timeline, event, ns);
		break;
	case LDE_TRACE_PROCESS_FORK:
		make_process(timeline, event, ns);
		break;
	case LDE_TRACE_IRQ_ENTRY:
		cpu->in_irq = true;
		break;
	case LDE_TRACE_IRQ_EXIT:
		cpu->in_irq = false;
		break;
	case LDE_TRACE_BLOCK_ISSUE:
		timeline_issue_request(timeline, p, event, ns);
		break;
	case LDE_TRACE_BLOCK_COMPLETE:
		timeline_complete_request(timeline, event, ns);
		break;
	case LDE_TRACE_VMM_EXIT:
		timeline_leave_to_vmm(timeline, cpu, p, event, ns);
		break;
	case LDE_TRACE_RUN_END:
		timeline->has_end = true;
		break;
	default:
		if (p)
			apply_of_process(timeline, p, event, ns);
	}
}

int timeline_feed(struct timeline *timeline, const struct trace_event *event)
{
	struct timeline_vcpu *cpu = &timeline->vcpus[event->vcpu % TRACE_VCPUS_MAX];
	uint64_t ns = event->ns > timeline->end_ns ? event->ns : timeline->end_ns;
	struct timeline_process *p;

	if (!timeline->nr_events++)
		timeline->begin_ns = ns;
	timeline->end_ns = ns;
	timeline->counts[event->kind]++;
	if (!cpu->is_used)
		timeline_cpu_init(timeline, cpu);
	timeline_cpu_advance(timeline, cpu, ns);
	p = whose(timeline, cpu, event, ns);
	if (timeline->sink.event)
		timeline->sink.event(timeline->sink.ctx, event, p);
	apply(timeline, cpu, p, event, ns);
	timeline_cpu_look(timeline, cpu);
	return timeline->failed;
}

/* ---- begin and end ---------------------------------------------------------- */

int timeline_init(struct timeline *timeline, const struct trace_info *info,
		  const struct timeline_sink *sink)
{
	*timeline = (struct timeline){.info = *info};
	if (sink)
		timeline->sink = *sink;
	timeline->by_pid = calloc(TRACE_NR_PIDS, sizeof(*timeline->by_pid));
	return timeline->by_pid ? 0 : -ENOMEM;
}

static void finish_process(struct timeline *timeline, struct timeline_process *p)
{
	if (p->call.number != TIMELINE_NO_CALL)
		timeline_hand_out_call(timeline, p, timeline->end_ns, false, 0);
	close_state(timeline, p, timeline->end_ns);
	timeline_check_sums(timeline, p);
}

int timeline_finish(struct timeline *timeline)
{
	timeline_check_one_running(timeline);
	for (unsigned int i = 0; i < TRACE_VCPUS_MAX; i++)
		if (timeline->vcpus[i].is_used) {
			timeline_cpu_advance(timeline, &timeline->vcpus[i], timeline->end_ns);
			timeline_cpu_flush(timeline, &timeline->vcpus[i]);
		}
	for (uint32_t i = 0; i < timeline->nr_requests; i++)
		timeline_hand_out_request(timeline, &timeline->requests[i], timeline->end_ns, false, 0);
	for (uint32_t i = 0; i < timeline->nr_processes; i++)
		finish_process(timeline, &timeline->processes[i]);
	exits_ledger_sort(&timeline->exits);
	return timeline->failed;
}

void timeline_fini(struct timeline *timeline)
{
	for (unsigned int i = 0; i < TIMELINE_NR_CALLS; i++)
		free(timeline->calls[i]);
	exits_ledger_fini(&timeline->exits);
	free(timeline->processes);
	free(timeline->by_pid);
	timeline->processes = NULL;
	timeline->by_pid = NULL;
}

static int follow(struct timeline *timeline, struct trace_reader *reader, char *why,
		  size_t why_size)
{
	struct trace_event event;
	int more = 0, err = 0;

	while (!err && (more = trace_reader_next(reader, &event)) == 1)
		err = timeline_feed(timeline, &event);
	if (!err)
		err = timeline_finish(timeline);
	if (err)
		snprintf(why, why_size, "out of memory");
	if (!err && more < 0) {
		snprintf(why, why_size, "%s", trace_reader_error(reader));
		err = more;
	}
	return err;
}

int timeline_read(struct timeline *timeline, const char *dir, const struct timeline_sink *sink,
		  char *why, size_t why_size)
{
	struct trace_reader *reader;
	int err;

	*timeline = (struct timeline){0};
	err = trace_reader_open(&reader, dir, why, why_size);
	if (err)
		return err;
	err = timeline_init(timeline, trace_reader_info(reader), sink);
	if (err)
		snprintf(why, why_size, "out of memory");
	else
		err = follow(timeline, reader, why, why_size);
	trace_reader_close(reader);
	return err;
}
