/* SPDX-License-Identifier: MIT */
/*
 * The summary for programs; docs/stat-json.md describes every member. A name
 * once given is not taken back without a new SUMMARY_JSON_VERSION.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <lde/layout.h>

#include "vmm/observe/json_text.h"
#include "vmm/observe/quantity.h"
#include "vmm/observe/summary.h"
#include "vmm/observe/summary_exits.h"
#include "vmm/observe/summary_sched.h"
#include "vmm/observe/trace_schema.h"

static void add_number(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_text_object(text));
}

static struct json_object *add_object(struct json_object *object, const char *key)
{
	struct json_object *member = json_object_new_object();

	json_object_object_add(object, key, member);
	return member;
}

static struct json_object *add_array(struct json_object *object, const char *key)
{
	struct json_object *member = json_object_new_array();

	json_object_object_add(object, key, member);
	return member;
}

static struct json_object *append_object(struct json_object *array)
{
	struct json_object *member = json_object_new_object();

	json_object_array_add(array, member);
	return member;
}

/* ---- exits ----------------------------------------------------------- */

static void add_times(struct json_object *exit, const struct exit_counter *counter)
{
	add_number(exit, "count", counter->count);
	add_number(exit, "total_ns", counter->total_ns);
	add_number(exit, "mean_ns", counter->count ? counter->total_ns / counter->count : 0);
	add_number(exit, "min_ns", counter->min_ns);
	add_number(exit, "p50_ns", exits_percentile_ns(counter, 50));
	add_number(exit, "p99_ns", exits_percentile_ns(counter, 99));
	add_number(exit, "max_ns", counter->max_ns);
}

static void add_exit(struct json_object *exits, const char *key, const struct exit_counter *counter)
{
	add_times(add_object(exits, key), counter);
}

static void add_exits(struct json_object *root, const struct summary *summary)
{
	struct json_object *exits = add_object(root, "exits");
	struct exit_counter total;

	summary_total_exits(summary->exits, &total);
	add_exit(exits, "total", &total);
	for (unsigned int i = 0; i < NR_EXIT_CAUSES; i++)
		add_exit(exits, exits_cause_name((enum exit_cause)i), &summary->exits->causes[i]);
	add_number(root, "guest_ns", summary->exits->guest_ns);
}

static void add_row(struct json_object *rows, const struct summary *summary,
		    const struct exit_row *row)
{
	struct json_object *member = append_object(rows);
	char text[64];

	add_text(member, "reason", exits_cause_name(row->cause));
	if (row->place.pid) {
		add_number(member, "pid", row->place.pid);
		add_text(member, "program", summary_program_of(summary, row->place.pid));
	}
	if (row->place.kind == EXIT_PLACE_SYSCALL)
		add_number(member, "syscall", row->place.number);
	if (row->place.kind == EXIT_PLACE_TRAP)
		add_number(member, "vector", row->place.number);
	add_text(member, "in", summary_place_name(&row->place, text, sizeof(text)));
	add_times(member, &row->counter);
}

static void add_exit_ledger(struct json_object *root, const struct summary *summary)
{
	struct json_object *rows = add_array(root, "exit_ledger"), *matched;
	struct summary_match matches[SUMMARY_MATCHES_MAX];
	size_t nr = summary_match_exits(summary, matches);

	for (uint32_t i = 0; summary->exit_ledger && i < summary->exit_ledger->nr_rows; i++)
		add_row(rows, summary, &summary->exit_ledger->rows[i]);
	matched = add_array(root, "reconciled");
	for (size_t i = 0; i < nr; i++) {
		struct json_object *member = append_object(matched);

		add_text(member, "counter", matches[i].counter);
		add_number(member, "kvm", matches[i].kvm);
		add_number(member, "lde", matches[i].ours);
		if (matches[i].note)
			add_text(member, "note", matches[i].note);
	}
}

static void add_kvm_stats(struct json_object *root, const struct summary *summary)
{
	struct json_object *stats = add_object(root, "kvm_stats");

	for (size_t i = 0; i < summary->nr_kvm_stats; i++) {
		const struct summary_kvm_stat *stat = &summary->kvm_stats[i];
		struct json_object *scope;

		if (!json_object_object_get_ex(stats, stat->scope, &scope))
			scope = add_object(stats, stat->scope);
		add_number(scope, stat->name, stat->value);
	}
}

/* ---- the kernel's books ---------------------------------------------- */

static void add_traps(struct json_object *root, const struct lde_ledger *ledger)
{
	struct json_object *traps = add_array(root, "traps");
	struct summary_rank ranks[LDE_NR_VECTORS];
	size_t nr = summary_rank_counts(ledger->traps, LDE_NR_VECTORS, ranks);

	for (size_t i = 0; i < nr; i++) {
		struct json_object *trap = append_object(traps);
		char name[64];

		add_number(trap, "vector", ranks[i].idx);
		add_text(trap, "name", summary_trap_name(ranks[i].idx, name, sizeof(name)));
		add_number(trap, "count", ranks[i].count);
	}
}

static void add_syscalls(struct json_object *root, const struct lde_ledger *ledger)
{
	struct json_object *syscalls = add_array(root, "syscalls");
	struct summary_rank ranks[LDE_NR_SYSCALLS];
	size_t nr = summary_rank_counts(ledger->syscalls, LDE_NR_SYSCALLS, ranks);

	for (size_t i = 0; i < nr; i++) {
		struct json_object *call = append_object(syscalls);
		uint32_t number = ranks[i].idx;
		bool unknown = ledger->syscalls_unknown[number / 64] >> (number % 64) & 1;
		char name[64];

		add_number(call, "number", number);
		add_text(call, "name", summary_syscall_name(number, name, sizeof(name)));
		add_number(call, "count", ranks[i].count);
		json_object_object_add(call, "implemented", json_object_new_boolean(!unknown));
	}
	add_number(root, "syscalls_out_of_range", ledger->syscalls_out_of_range);
}

static void add_memory(struct json_object *root, const struct lde_ledger *ledger)
{
	struct json_object *memory = add_object(root, "memory");

	add_number(memory, "page_bytes", LDE_PAGE_SIZE);
	add_number(memory, "pages_total", ledger->pages_total);
	add_number(memory, "pages_free_start", ledger->pages_free_start);
	add_number(memory, "pages_free_min", ledger->pages_free_min);
	add_number(memory, "pages_free_end", ledger->pages_free);
	if (ledger->self_checks)
		add_number(memory, "pages_of_files_end", ledger->pages_of_files);
}

static void add_ledger(struct json_object *root, const struct summary *summary)
{
	const struct lde_ledger *ledger = summary->ledger;
	struct json_object *faults, *switches, *idle;

	json_object_object_add(
		root, "ring0_emulated",
		json_object_new_boolean(ledger->flags & LDE_LEDGER_F_RING0_EMULATED));
	add_number(root, "start_ns", summary_start_ns(summary));
	add_traps(root, ledger);
	add_syscalls(root, ledger);
	faults = add_object(root, "page_faults");
	add_number(faults, "zero", ledger->faults_zero);
	add_number(faults, "file", ledger->faults_file);
	add_number(faults, "copy", ledger->faults_copy);
	switches = add_object(root, "switches");
	add_number(switches, "voluntary", ledger->switches_voluntary);
	add_number(switches, "preempted", ledger->switches_preempted);
	idle = add_object(root, "idle");
	add_number(idle, "entries", ledger->idle_entries);
	add_number(idle, "ns", quantity_tsc_to_ns(ledger->idle_tsc, summary->tsc_hz));
	add_number(root, "timer_arms", ledger->timer_arms);
	add_memory(root, ledger);
	add_number(root, "self_checks", ledger->self_checks);
	add_number(root, "processes_created", ledger->processes_created);
	add_number(root, "forks_refused", ledger->forks_refused);
	add_number(root, "records_lost", ledger->records_lost);
}

/* ---- processes ------------------------------------------------------- */

static void add_outcome(struct json_object *process, const struct lde_process_record *record)
{
	char status[64];

	add_text(process, "state", summary_state_name(record->state));
	add_text(process, "status", summary_process_status(record, status, sizeof(status)));
	if (record->exec_error || record->state != LDE_STATE_ZOMBIE)
		return;
	if (WIFSIGNALED(record->status))
		add_number(process, "signal", (uint64_t)WTERMSIG(record->status));
	else
		add_number(process, "exit_code", (uint64_t)WEXITSTATUS(record->status));
}

static void add_process(struct json_object *processes, const struct summary *summary,
			const struct lde_process_record *record)
{
	struct json_object *process = append_object(processes), *switches;

	add_number(process, "pid", record->pid);
	add_number(process, "ppid", record->ppid);
	if (record->job != LDE_JOB_NONE)
		add_number(process, "job", record->job);
	add_text(process, "name", record->name);
	add_outcome(process, record);
	add_number(process, "cpu_ns", summary_state_ns(summary, record, LDE_STATE_RUNNING));
	add_number(process, "wait_ns", summary_state_ns(summary, record, LDE_STATE_READY));
	add_number(process, "blocked_ns", summary_state_ns(summary, record, LDE_STATE_BLOCKED));
	if (record->first_run_tsc)
		add_number(process, "response_ns", summary_response_ns(summary, record));
	if (record->end_tsc)
		add_number(process, "turnaround_ns", summary_turnaround_ns(summary, record));
	switches = add_object(process, "switches");
	add_number(switches, "voluntary", record->switches_voluntary);
	add_number(switches, "preempted", record->switches_preempted);
	add_number(process, "syscalls", record->syscalls);
	add_number(process, "page_faults", record->page_faults);
	add_number(process, "peak_pages", record->peak_pages);
}

static void add_sched(struct json_object *root, const struct summary *summary)
{
	struct json_object *object = add_object(root, "scheduling");
	struct summary_sched sched;
	char fairness[32];

	summary_sched(summary, &sched);
	snprintf(fairness, sizeof(fairness), "%.6f", sched.fairness);
	add_number(object, "mean_response_ns", sched.response_ns);
	add_number(object, "mean_turnaround_ns", sched.turnaround_ns);
	add_number(object, "mean_wait_ns", sched.wait_ns);
	json_object_object_add(object, "fairness",
			       json_object_new_double_s(sched.fairness, fairness));
	add_number(object, "overhead_ns", sched.overhead_ns);
}

static void add_processes(struct json_object *root, const struct summary *summary)
{
	struct json_object *processes = add_array(root, "processes");

	for (uint32_t i = 0; i < summary->nr_records; i++)
		add_process(processes, summary, &summary->records[i]);
}

/* ---- the trace ------------------------------------------------------- */

/* Events by name; those of all system calls are one. */
static void add_trace(struct json_object *root, const struct trace_totals *totals)
{
	struct json_object *trace = add_object(root, "trace"), *events;

	add_number(trace, "written", totals->nr_written);
	add_number(trace, "left_out", totals->nr_left_out);
	add_number(trace, "added", totals->nr_added);
	add_number(trace, "stalls", totals->nr_stalls);
	add_number(trace, "lost", totals->nr_lost);
	events = add_object(trace, "events");
	for (uint32_t kind = 0; kind < LDE_TRACE_NR_KINDS; kind++) {
		const char *name = trace_schema_name(kind);

		if (name)
			add_number(events, name, totals->counts[kind]);
	}
}

static void add_disks(struct json_object *root, const struct summary *summary)
{
	struct json_object *disks = json_object_new_array();

	for (size_t i = 0; i < summary->nr_disks; i++) {
		const struct summary_disk *disk = &summary->disks[i];
		struct json_object *object = json_object_new_object();

		add_text(object, "name", disk->name);
		add_number(object, "requests", disk->requests);
		add_number(object, "failed", disk->failed);
		add_number(object, "flushes", disk->flushes);
		add_number(object, "read_bytes", disk->read_bytes);
		add_number(object, "written_bytes", disk->written_bytes);
		add_number(object, "doorbells", disk->doorbells);
		add_number(object, "interrupts", disk->interrupts);
		add_number(object, "max_in_flight", disk->max_in_flight);
		add_number(object, "busy_ns", disk->busy_ns);
		json_object_array_add(disks, object);
	}
	json_object_object_add(root, "disks", disks);
}

static void add_console(struct json_object *root, const struct summary_console *console)
{
	struct json_object *object = json_object_new_object();

	add_number(object, "writes", console->writes);
	add_number(object, "reads", console->reads);
	add_number(object, "failed", console->failed);
	add_number(object, "doorbells", console->doorbells);
	add_number(object, "interrupts", console->interrupts);
	json_object_object_add(root, "console", object);
}

int summary_print_json(const struct summary *summary, FILE *out)
{
	struct json_object *root = json_object_new_object();

	if (!root)
		return -ENOMEM;
	add_number(root, "version", SUMMARY_JSON_VERSION);
	add_text(root, "command", summary->command);
	add_text(root, "end", summary->end);
	add_number(root, "status", (uint64_t)summary->status);
	add_number(root, "wall_ns", summary->wall_ns);
	add_number(root, "tsc_hz", summary->tsc_hz);
	add_exits(root, summary);
	add_exit_ledger(root, summary);
	add_kvm_stats(root, summary);
	if (summary->ledger)
		add_ledger(root, summary);
	add_disks(root, summary);
	if (summary->console)
		add_console(root, summary->console);
	add_sched(root, summary);
	add_processes(root, summary);
	if (summary->trace)
		add_trace(root, summary->trace);
	return json_text_print(root, out);
}
