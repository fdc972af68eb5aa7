/* SPDX-License-Identifier: MIT */
#include "vmm/observe/report_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/observe/quantity.h"
#include "vmm/observe/report_names.h"
#include "vmm/observe/table.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define NR_EXITS_SHOWN 20

/* ---- cells --------------------------------------------------------------- */

static double in_ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

static double in_us(uint64_t ns)
{
	return (double)ns / 1e3;
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0.0;
}

static void add_ms(struct table *table, uint64_t ns)
{
	if (ns == TIMELINE_NEVER)
		table_add(table, "-");
	else
		table_add(table, "%.2f", in_ms(ns));
}

static void add_count(struct table *table, uint64_t count)
{
	char text[QUANTITY_SIZE];

	table_add(table, "%s", quantity_format_count(count, text, sizeof(text)));
}

/* From 100 on without decimals, which would tell nothing. */
static void add_us(struct table *table, uint64_t ns)
{
	table_add(table, ns < 100000 ? "%.1f" : "%.0f", in_us(ns));
}

static uint64_t mean_ns(const struct exit_counter *counter)
{
	return counter->count ? counter->total_ns / counter->count : 0;
}

static void title(FILE *out, const char *text)
{
	fprintf(out, "\n %s\n", text);
}

/* ---- processes ------------------------------------------------------------ */

static const struct table_column time_columns[] = {
	{"PID", false},	   {"PROGRAM", true}, {"STATUS", true}, {"USER", false},
	{"KERNEL", false}, {"VMM", false},    {"READY", false}, {"BLOCKED", false},
};

static const struct table_column count_columns[] = {
	{"PID", false},	  {"PROGRAM", true},	{"RESPONSE", false}, {"TURNAROUND", false},
	{"TURNS", false}, {"PREEMPTED", false}, {"CALLS", false},    {"FAULTS", false},
	{"EXITS", false},
};

static void add_times(struct table *table, const struct timeline_process *p)
{
	char status[32];

	table_add(table, "%" PRIu32, p->pid);
	table_add(table, "%s", p->name);
	table_add(table, "%s", timeline_status(p, status, sizeof(status)));
	add_ms(table, p->mode_ns[TIMELINE_USER]);
	add_ms(table, p->mode_ns[TIMELINE_KERNEL]);
	add_ms(table, p->mode_ns[TIMELINE_EXITED]);
	add_ms(table, p->state_ns[LDE_STATE_READY]);
	add_ms(table, p->state_ns[LDE_STATE_BLOCKED] + p->state_ns[LDE_STATE_STOPPED]);
}

static void add_counts(struct table *table, const struct timeline_process *p)
{
	table_add(table, "%" PRIu32, p->pid);
	table_add(table, "%s", p->name);
	add_ms(table, timeline_response_ns(p));
	add_ms(table, timeline_turnaround_ns(p));
	add_count(table, p->nr_turns);
	add_count(table, p->nr_preempted);
	add_count(table, p->nr_syscalls);
	add_count(table, p->nr_faults);
	add_count(table, p->nr_exits);
}

static void print_processes(const struct timeline *done, const struct gantt_style *style,
			    FILE *out)
{
	uint32_t nr = done->nr_processes < style->rows_max ? done->nr_processes
							   : (uint32_t)style->rows_max;
	struct table times, counts;

	if (!nr)
		return;
	table_init(&times, time_columns, ARRAY_SIZE(time_columns));
	table_init(&counts, count_columns, ARRAY_SIZE(count_columns));
	for (uint32_t i = 0; i < nr; i++) {
		add_times(&times, &done->processes[i]);
		add_counts(&counts, &done->processes[i]);
	}
	title(out, "Processes: time in each state, in ms");
	table_print(&times, out, style->width);
	title(out, "Processes: response and turnaround in ms, turns on a CPU, events");
	table_print(&counts, out, style->width);
	if (nr < done->nr_processes)
		fprintf(out, " ... and %" PRIu32 " more (--rows N shows N)\n",
			done->nr_processes - nr);
	table_fini(&times);
	table_fini(&counts);
}

/* ---- vCPUs ------------------------------------------------------------------ */

static const struct table_column vcpu_columns[] = {
	{"VCPU", false}, {"USER ms", false}, {"%", false},	 {"KERNEL ms", false}, {"%", false},
	{"VMM ms", false}, {"%", false},     {"IDLE ms", false}, {"%", false},
};

static void print_vcpus(const struct timeline *done, const struct gantt_style *style, FILE *out)
{
	static const uint8_t order[] = {TIMELINE_USER, TIMELINE_KERNEL, TIMELINE_EXITED,
					TIMELINE_IDLE};
	struct table table;

	table_init(&table, vcpu_columns, ARRAY_SIZE(vcpu_columns));
	for (unsigned int i = 0; i < TRACE_VCPUS_MAX; i++) {
		if (!done->vcpus[i].is_used)
			continue;
		table_add(&table, "%u", i);
		for (unsigned int j = 0; j < ARRAY_SIZE(order); j++) {
			add_ms(&table, done->vcpus[i].mode_ns[order[j]]);
			table_add(&table, "%.1f",
				  percent(done->vcpus[i].mode_ns[order[j]],
					  timeline_length_ns(done)));
		}
	}
	title(out, "vCPUs");
	table_print(&table, out, style->width);
	table_fini(&table);
}

/* ---- system calls -------------------------------------------------------------- */

static const struct table_column call_columns[] = {
	{"CALL", true},	    {"COUNT", false},  {"ERR", false},	  {"TOTAL ms", false},
	{"MEAN us", false}, {"P99 us", false}, {"KERN%", false},  {"BLOCK%", false},
	{"READY%", false},  {"VMM%", false},
};

static void add_call(struct table *table, uint32_t number, const struct timeline_syscall *call)
{
	uint64_t total_ns = call->time.total_ns;
	uint64_t elsewhere_ns = call->blocked_ns + call->ready_ns + call->exited_ns;
	char name[40];

	table_add(table, "%s", report_call_name(number, name, sizeof(name)));
	add_count(table, call->time.count);
	add_count(table, call->nr_errors);
	add_ms(table, total_ns);
	add_us(table, mean_ns(&call->time));
	add_us(table, exits_percentile_ns(&call->time, 99));
	table_add(table, "%.0f",
		  percent(total_ns > elsewhere_ns ? total_ns - elsewhere_ns : 0, total_ns));
	table_add(table, "%.0f", percent(call->blocked_ns, total_ns));
	table_add(table, "%.0f", percent(call->ready_ns, total_ns));
	table_add(table, "%.0f", percent(call->exited_ns, total_ns));
}

static void print_calls(const struct timeline *done, const struct gantt_style *style, FILE *out)
{
	uint32_t order[TIMELINE_NR_CALLS];
	size_t nr = report_rank_calls(done, order);
	struct table table;

	if (!nr)
		return;
	table_init(&table, call_columns, ARRAY_SIZE(call_columns));
	for (size_t i = 0; i < nr; i++)
		add_call(&table, order[i], done->calls[order[i]]);
	title(out, "System calls, and where their time went");
	table_print(&table, out, style->width);
	table_fini(&table);
}

/* ---- latencies and exits ---------------------------------------------------------- */

static const struct table_column latency_columns[] = {
	{"LATENCY, us", true}, {"COUNT", false}, {"MIN", false}, {"MEAN", false},
	{"P50", false},	       {"P99", false},	 {"MAX", false},
};

static void add_latency(struct table *table, const char *name, const struct exit_counter *times)
{
	if (!times->count)
		return;
	table_add(table, "%s", name);
	add_count(table, times->count);
	add_us(table, times->min_ns);
	add_us(table, mean_ns(times));
	add_us(table, exits_percentile_ns(times, 50));
	add_us(table, exits_percentile_ns(times, 99));
	add_us(table, times->max_ns);
}

static void print_latencies(const struct timeline *done, const struct gantt_style *style,
			    FILE *out)
{
	struct table table;

	table_init(&table, latency_columns, ARRAY_SIZE(latency_columns));
	add_latency(&table, "wake-up to CPU", &done->wake_latency);
	add_latency(&table, "next turn after preemption, yield", &done->ready_wait);
	for (unsigned int i = 0; i < done->nr_disks; i++) {
		char disk[32], name[64];

		snprintf(name, sizeof(name), "%s, request to completion",
			 report_disk_name(done->disks[i].number, disk, sizeof(disk)));
		add_latency(&table, name, &done->disks[i].time);
	}
	if (table.nr_cells) {
		fputc('\n', out);
		table_print(&table, out, style->width);
	}
	table_fini(&table);
}

static const struct table_column exit_columns[] = {
	{"PROGRAM", true},    {"PID", false},	  {"EXIT", true},    {"SYSTEM CALL", true},
	{"COUNT", false},     {"TOTAL ms", false}, {"MEAN us", false}, {"P99 us", false},
};

static void add_exit(struct table *table, const struct timeline *done,
		     const struct exit_row *row)
{
	const struct timeline_process *p = report_process_of_exit(done, row);
	char name[40];

	table_add(table, "%s", p ? p->name : row->place.kind == EXIT_PLACE_OTHERS ? "(others)" : "(kernel)");
	if (p)
		table_add(table, "%" PRIu32, p->pid);
	else
		table_add(table, "-");
	table_add(table, "%s", report_cause_name(row->cause));
	table_add(table, "%s",
		  row->place.kind == EXIT_PLACE_SYSCALL
			  ? report_call_name(row->place.number, name, sizeof(name))
			  : "-");
	add_count(table, row->counter.count);
	add_ms(table, row->counter.total_ns);
	add_us(table, mean_ns(&row->counter));
	add_us(table, exits_percentile_ns(&row->counter, 99));
}

static void print_exits(const struct timeline *done, const struct gantt_style *style, FILE *out)
{
	uint32_t nr = done->exits.nr_rows < NR_EXITS_SHOWN ? done->exits.nr_rows : NR_EXITS_SHOWN;
	struct table table;

	if (!nr)
		return;
	table_init(&table, exit_columns, ARRAY_SIZE(exit_columns));
	for (uint32_t i = 0; i < nr; i++)
		add_exit(&table, done, &done->exits.rows[i]);
	title(out, "Exits to the VMM, by process, cause and system call");
	table_print(&table, out, style->width);
	if (nr < done->exits.nr_rows)
		fprintf(out, " ... and %" PRIu32 " more kinds (--json FILE has all)\n",
			done->exits.nr_rows - nr);
	table_fini(&table);
}

/* ---- the whole ---------------------------------------------------------------------- */

static void print_head(const struct timeline *done, const struct gantt_style *style, FILE *out)
{
	char events[QUANTITY_SIZE], length[QUANTITY_SIZE];
	int room = (int)style->width - 17;
	bool cut = strlen(done->info.command) > (size_t)room;

	fprintf(out, "\n Timeline of '%.*s%s'\n", cut ? room - 3 : room, done->info.command,
		cut ? "..." : "");
	fprintf(out, " %s, %s events, %" PRIu32 " process%s%s\n\n",
		quantity_format_ns(timeline_length_ns(done), length, sizeof(length)),
		quantity_format_count(done->nr_events, events, sizeof(events)), done->nr_processes,
		done->nr_processes == 1 ? "" : "es",
		done->has_end ? "" : "; the trace ends before the run did");
}

static void print_checks(const struct timeline *done, FILE *out)
{
	char text[QUANTITY_SIZE];
	uint64_t nr = done->nr_violations;

	fputc('\n', out);
	if (!timeline_has_states(done))
		fputs(" Class sched was not recorded: states of processes are not known.\n", out);
	if (!timeline_has_modes(done))
		fputs(" Classes syscall, irq and fault were not all recorded: time in the kernel\n"
		      " counts as user time.\n",
		      out);
	if (timeline_has_states(done) && !nr)
		fputs(" Checked: one process RUNNING on a vCPU at a time, legal changes of state\n"
		      " only, states of every process add up to the length of the run.\n",
		      out);
	for (uint64_t i = 0; i < nr && i < TIMELINE_VIOLATIONS_MAX; i++)
		fprintf(out, " VIOLATION at %s: %s\n",
			quantity_format_ns(done->violations[i].ns, text, sizeof(text)),
			done->violations[i].text);
	if (nr > TIMELINE_VIOLATIONS_MAX)
		fprintf(out, " ... and %" PRIu64 " more violations\n",
			nr - TIMELINE_VIOLATIONS_MAX);
}

int report_print_chart(const struct timeline *done, const char *dir,
		       const struct gantt_style *style, FILE *out, char *why, size_t why_size)
{
	struct gantt *gantt = gantt_create(done, style);
	struct timeline_sink sink;
	struct timeline again;
	int err;

	if (!gantt) {
		snprintf(why, why_size, "out of memory");
		return -ENOMEM;
	}
	sink = gantt_sink(gantt);
	err = timeline_read(&again, dir, &sink, why, why_size);
	timeline_fini(&again);
	/* Damage has been told already: what comes before it is shown. */
	if (!err || err == -EBADMSG) {
		gantt_print(gantt, out);
		err = 0;
	}
	gantt_destroy(gantt);
	return err;
}

int report_print_text(const struct timeline *done, const char *dir,
		      const struct gantt_style *style, FILE *out, char *why, size_t why_size)
{
	int err;

	print_head(done, style, out);
	err = report_print_chart(done, dir, style, out, why, why_size);
	if (err)
		return err;
	print_processes(done, style, out);
	print_vcpus(done, style, out);
	print_calls(done, style, out);
	print_latencies(done, style, out);
	print_exits(done, style, out);
	print_checks(done, out);
	fputc('\n', out);
	return 0;
}
