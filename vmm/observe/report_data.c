/* SPDX-License-Identifier: MIT */
#include "vmm/observe/report_data.h"

#include <stdio.h>

#include "vmm/observe/report_names.h"

static void add_counter(struct json_stream *json, const char *key,
			const struct exit_counter *counter)
{
	json_stream_object(json, key);
	json_stream_number(json, "count", counter->count);
	json_stream_number(json, "total_ns", counter->total_ns);
	json_stream_number(json, "mean_ns",
			   counter->count ? counter->total_ns / counter->count : 0);
	json_stream_number(json, "min_ns", counter->min_ns);
	json_stream_number(json, "p50_ns", exits_percentile_ns(counter, 50));
	json_stream_number(json, "p99_ns", exits_percentile_ns(counter, 99));
	json_stream_number(json, "max_ns", counter->max_ns);
	json_stream_object_end(json);
}

/* A time that has not come is left out. */
static void add_time(struct json_stream *json, const char *key, uint64_t ns)
{
	if (ns != TIMELINE_NEVER)
		json_stream_number(json, key, ns);
}

static void add_modes(struct json_stream *json, const uint64_t *mode_ns)
{
	json_stream_number(json, "user_ns", mode_ns[TIMELINE_USER]);
	json_stream_number(json, "kernel_ns", mode_ns[TIMELINE_KERNEL]);
	json_stream_number(json, "vmm_ns", mode_ns[TIMELINE_EXITED]);
}

static void add_process(struct json_stream *json, const struct timeline_process *p)
{
	char status[32];

	json_stream_break(json);
	json_stream_object(json, NULL);
	json_stream_number(json, "pid", p->pid);
	json_stream_number(json, "parent", p->parent);
	json_stream_text(json, "name", p->name);
	json_stream_text(json, "status", timeline_status(p, status, sizeof(status)));
	json_stream_number(json, "created_ns", p->created_ns);
	add_time(json, "first_run_ns", p->first_run_ns);
	add_time(json, "ended_ns", p->ended_ns);
	add_time(json, "response_ns", timeline_response_ns(p));
	add_time(json, "turnaround_ns", timeline_turnaround_ns(p));
	json_stream_number(json, "running_ns", p->state_ns[LDE_STATE_RUNNING]);
	json_stream_number(json, "ready_ns", p->state_ns[LDE_STATE_READY]);
	json_stream_number(json, "blocked_ns", p->state_ns[LDE_STATE_BLOCKED]);
	json_stream_number(json, "stopped_ns", p->state_ns[LDE_STATE_STOPPED]);
	add_modes(json, p->mode_ns);
	json_stream_number(json, "turns", p->nr_turns);
	json_stream_number(json, "preempted", p->nr_preempted);
	json_stream_number(json, "syscalls", p->nr_syscalls);
	json_stream_number(json, "faults", p->nr_faults);
	json_stream_number(json, "signals", p->nr_signals);
	json_stream_number(json, "exits", p->nr_exits);
	json_stream_object_end(json);
}

static void add_vcpus(struct json_stream *json, const struct timeline *done)
{
	json_stream_array(json, "vcpus");
	for (unsigned int i = 0; i < TRACE_VCPUS_MAX; i++) {
		if (!done->vcpus[i].is_used)
			continue;
		json_stream_object(json, NULL);
		json_stream_number(json, "vcpu", i);
		add_modes(json, done->vcpus[i].mode_ns);
		json_stream_number(json, "idle_ns", done->vcpus[i].mode_ns[TIMELINE_IDLE]);
		json_stream_object_end(json);
	}
	json_stream_array_end(json);
}

static void add_calls(struct json_stream *json, const struct timeline *done)
{
	uint32_t order[TIMELINE_NR_CALLS];
	size_t nr = report_rank_calls(done, order);
	char name[40];

	json_stream_array(json, "syscalls");
	for (size_t i = 0; i < nr; i++) {
		const struct timeline_syscall *call = done->calls[order[i]];

		json_stream_break(json);
		json_stream_object(json, NULL);
		json_stream_number(json, "number", order[i]);
		json_stream_text(json, "name", report_call_name(order[i], name, sizeof(name)));
		json_stream_number(json, "errors", call->nr_errors);
		add_counter(json, "time", &call->time);
		json_stream_number(json, "blocked_ns", call->blocked_ns);
		json_stream_number(json, "ready_ns", call->ready_ns);
		json_stream_number(json, "vmm_ns", call->exited_ns);
		json_stream_object_end(json);
	}
	json_stream_array_end(json);
}

static void add_latencies(struct json_stream *json, const struct timeline *done)
{
	json_stream_object(json, "latencies");
	add_counter(json, "wakeup_to_cpu", &done->wake_latency);
	add_counter(json, "ready_to_cpu", &done->ready_wait);
	for (unsigned int i = 0; i < done->nr_disks; i++) {
		char name[32];

		add_counter(json, report_disk_name(done->disks[i].number, name, sizeof(name)),
			    &done->disks[i].time);
	}
	json_stream_object_end(json);
}

/* Without pid: of no process, or of all that had no row of their own. */
static void add_exits(struct json_stream *json, const struct timeline *done)
{
	json_stream_array(json, "exits");
	for (uint32_t i = 0; i < done->exits.nr_rows; i++) {
		const struct exit_row *row = &done->exits.rows[i];
		const struct timeline_process *p = report_process_of_exit(done, row);
		char name[40];

		json_stream_break(json);
		json_stream_object(json, NULL);
		json_stream_text(json, "cause", report_cause_name(row->cause));
		if (p) {
			json_stream_number(json, "process", p->idx);
			json_stream_number(json, "pid", p->pid);
		}
		if (row->place.kind == EXIT_PLACE_SYSCALL)
			json_stream_text(json, "syscall",
					 report_call_name(row->place.number, name, sizeof(name)));
		add_counter(json, "time", &row->counter);
		json_stream_object_end(json);
	}
	json_stream_array_end(json);
}

static void add_violations(struct json_stream *json, const struct timeline *done)
{
	json_stream_number(json, "nr_violations", done->nr_violations);
	json_stream_array(json, "violations");
	for (uint64_t i = 0; i < done->nr_violations && i < TIMELINE_VIOLATIONS_MAX; i++) {
		json_stream_object(json, NULL);
		json_stream_number(json, "ns", done->violations[i].ns);
		json_stream_text(json, "text", done->violations[i].text);
		json_stream_object_end(json);
	}
	json_stream_array_end(json);
}

static void add_classes(struct json_stream *json, uint32_t classes)
{
	static const char *const names[] = {"sched", "syscall", "irq",	  "exit",     "fault",
					    "block", "signal",	"process", "registers"};

	json_stream_array(json, "classes");
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (classes >> i & 1)
			json_stream_text(json, NULL, names[i]);
	json_stream_array_end(json);
}

void report_data_add(struct json_stream *json, const struct timeline *done)
{
	json_stream_number(json, "version", REPORT_DATA_VERSION);
	json_stream_text(json, "command", done->info.command);
	json_stream_number(json, "tsc_hz", done->info.tsc_hz);
	json_stream_number(json, "begin_ns", done->begin_ns);
	json_stream_number(json, "end_ns", done->end_ns);
	json_stream_number(json, "events", done->nr_events);
	json_stream_bool(json, "complete", done->has_end);
	add_classes(json, done->info.classes);
	add_vcpus(json, done);
	json_stream_array(json, "processes");
	for (uint32_t i = 0; i < done->nr_processes; i++)
		add_process(json, &done->processes[i]);
	json_stream_array_end(json);
	add_calls(json, done);
	add_latencies(json, done);
	add_exits(json, done);
	add_violations(json, done);
}
