/* SPDX-License-Identifier: MIT */
#include "vmm/observe/summary_processes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/observe/quantity.h"
#include "vmm/observe/table.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const struct table_column process_columns[] = {
	{"PID", false},     {"PROGRAM", true},     {"STATUS", true},     {"CPU ms", false},
	{"WAIT ms", false}, {"BLOCKED ms", false}, {"VOLUNTARY", false}, {"PREEMPTED", false},
};

/* Times in ms. Of CPU time the microseconds matter, of waiting they do not. */
static const struct table_column program_columns[] = {
	{"PROGRAM", true},
	{"COUNT", false},
	{"FAILED", false},
	{"CPU min", false},
	{"median", false},
	{"max", false},
	{"WAIT min", false},
	{"median", false},
	{"max", false},
};

static void add_ms(struct table *table, uint64_t ns)
{
	char text[QUANTITY_SIZE];

	table_add(table, "%s", quantity_format_ms(ns, text, sizeof(text)));
}

/* Rounded to a tenth. */
static void add_ms_tenth(struct table *table, uint64_t ns)
{
	char text[QUANTITY_SIZE];

	quantity_format_ms(ns + 50000, text, sizeof(text));
	table_add(table, "%.*s", (int)strlen(text) - 2, text);
}

static void add_count(struct table *table, uint64_t count)
{
	char text[QUANTITY_SIZE];

	table_add(table, "%s", quantity_format_count(count, text, sizeof(text)));
}

static void add_process(struct table *table, const struct summary *summary,
			const struct lde_process_record *record)
{
	char status[TABLE_CELL_SIZE];

	table_add(table, "%" PRIu32, record->pid);
	table_add(table, "%.31s", record->name);
	table_add(table, "%s", summary_process_status(record, status, sizeof(status)));
	add_ms(table, summary_state_ns(summary, record, LDE_STATE_RUNNING));
	add_ms(table, summary_state_ns(summary, record, LDE_STATE_READY));
	add_ms(table, summary_state_ns(summary, record, LDE_STATE_BLOCKED));
	add_count(table, record->switches_voluntary);
	add_count(table, record->switches_preempted);
}

static void print_processes(const struct summary *summary, FILE *out, size_t width, uint32_t nr)
{
	struct table table;

	table_init(&table, process_columns, ARRAY_SIZE(process_columns));
	for (uint32_t i = 0; i < nr; i++)
		add_process(&table, summary, &summary->records[i]);
	table_print(&table, out, width);
	table_fini(&table);
}

/* ---- by program ------------------------------------------------------ */

static int name_compare(const void *left, const void *right)
{
	const struct lde_process_record *const *a = left, *const *b = right;

	return strncmp((*a)->name, (*b)->name, sizeof((*a)->name));
}

static int ns_compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

/* Minimum, median (the upper of two) and maximum of the time in state. */
static void add_spread(struct table *table, const struct summary *summary,
		       const struct lde_process_record *const *records, size_t nr,
		       enum lde_process_state state, uint64_t *scratch,
		       void (*add)(struct table *table, uint64_t ns))
{
	for (size_t i = 0; i < nr; i++)
		scratch[i] = summary_state_ns(summary, records[i], state);
	qsort(scratch, nr, sizeof(*scratch), ns_compare);
	add(table, scratch[0]);
	add(table, scratch[nr / 2]);
	add(table, scratch[nr - 1]);
}

static bool is_failed(const struct lde_process_record *record)
{
	return record->exec_error != 0 || record->state != LDE_STATE_ZOMBIE || record->status != 0;
}

static void add_program(struct table *table, const struct summary *summary,
			const struct lde_process_record *const *records, size_t nr,
			uint64_t *scratch)
{
	size_t nr_failed = 0;

	for (size_t i = 0; i < nr; i++)
		nr_failed += is_failed(records[i]);
	table_add(table, "%.31s", records[0]->name);
	add_count(table, nr);
	add_count(table, nr_failed);
	add_spread(table, summary, records, nr, LDE_STATE_RUNNING, scratch, add_ms);
	add_spread(table, summary, records, nr, LDE_STATE_READY, scratch, add_ms_tenth);
}

static void add_programs(struct table *table, const struct summary *summary,
			 const struct lde_process_record **records, uint64_t *scratch)
{
	size_t nr = summary->nr_records, start = 0;

	for (size_t i = 0; i < nr; i++)
		records[i] = &summary->records[i];
	qsort(records, nr, sizeof(*records), name_compare);
	for (size_t i = 1; i <= nr; i++) {
		if (i < nr && name_compare(&records[start], &records[i]) == 0)
			continue;
		add_program(table, summary, records + start, i - start, scratch);
		start = i;
	}
}

static void print_programs(const struct summary *summary, FILE *out, size_t width)
{
	const struct lde_process_record **records = calloc(summary->nr_records, sizeof(*records));
	uint64_t *scratch = calloc(summary->nr_records, sizeof(*scratch));
	struct table table;

	table_init(&table, program_columns, ARRAY_SIZE(program_columns));
	if (records && scratch)
		add_programs(&table, summary, records, scratch);
	table_print(&table, out, width);
	table_fini(&table);
	free(records);
	free(scratch);
}

void summary_print_processes(const struct summary *summary, FILE *out, size_t width)
{
	uint32_t nr = summary->nr_records;
	char hidden[QUANTITY_SIZE];

	fputc('\n', out);
	if (nr <= SUMMARY_PROCESSES_ALL) {
		print_processes(summary, out, width, nr);
		return;
	}
	print_processes(summary, out, width, SUMMARY_PROCESSES_FIRST);
	fprintf(out, " ... and %s more processes; all of them by program, in ms:\n\n",
		quantity_format_count(nr - SUMMARY_PROCESSES_FIRST, hidden, sizeof(hidden)));
	print_programs(summary, out, width);
}
