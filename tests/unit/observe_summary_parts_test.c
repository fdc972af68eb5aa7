/* SPDX-License-Identifier: MIT */
/* What summaries are made of: names, ranks, units, tables. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "tests/unit/observe/summary_run.h"
#include "vmm/observe/quantity.h"
#include "vmm/observe/summary.h"
#include "vmm/observe/summary_processes.h"
#include "vmm/observe/table.h"

static void statuses_of_processes_have_names(void **state)
{
	struct lde_process_record record = {.state = LDE_STATE_BLOCKED};
	char text[64];

	(void)state;
	assert_string_equal(summary_process_status(&record, text, sizeof(text)), "blocked");
	record.state = 99;
	assert_string_equal(summary_process_status(&record, text, sizeof(text)), "unknown");
	record.exec_error = -ENOEXEC;
	assert_string_equal(summary_process_status(&record, text, sizeof(text)),
			    "not started: ENOEXEC");
	record.exec_error = INT32_MIN;
	assert_string_equal(summary_process_status(&record, text, sizeof(text)),
			    "not started: unknown");
}

static void a_process_that_was_cut_off_is_timed_to_the_end(void **state)
{
	struct run run;
	struct lde_process_record *record = &run.records[0];

	(void)state;
	run_fill(&run);
	record->state = LDE_STATE_RUNNING;
	record->start_tsc = 2000 + 100 * MS;
	record->state_tsc[LDE_STATE_RUNNING] = 30 * MS;
	record->state_tsc[LDE_STATE_READY] = 20 * MS;
	run.ledger.entry_tsc = 2000; /* and 1400 ms later it was stopped */
	assert_int_equal(summary_state_ns(&run.summary, record, LDE_STATE_RUNNING), 1280 * MS);
	assert_int_equal(summary_state_ns(&run.summary, record, LDE_STATE_READY), 20 * MS);
	record->state_tsc[LDE_STATE_READY] = UINT64_MAX / 2; /* nonsense is not added up */
	assert_int_equal(summary_state_ns(&run.summary, record, LDE_STATE_RUNNING), 30 * MS);
	record->state = LDE_STATE_ZOMBIE;
	assert_int_equal(summary_state_ns(&run.summary, record, LDE_STATE_RUNNING), 30 * MS);
}

static void rankings_are_by_count_and_then_by_index(void **state)
{
	uint64_t counts[] = {0, 5, 9, 5, 0};
	struct summary_rank ranks[5];

	(void)state;
	assert_int_equal(summary_rank_counts(counts, 5, ranks), 3);
	assert_int_equal(ranks[0].idx, 2);
	assert_int_equal(ranks[1].idx, 1);
	assert_int_equal(ranks[2].idx, 3);
	assert_int_equal(summary_sum(counts, 5), 19);
}

static void numbers_are_grouped_in_threes(void **state)
{
	char text[QUANTITY_SIZE];

	(void)state;
	assert_string_equal(quantity_format_count(0, text, sizeof(text)), "0");
	assert_string_equal(quantity_format_count(999, text, sizeof(text)), "999");
	assert_string_equal(quantity_format_count(1000, text, sizeof(text)), "1,000");
	assert_string_equal(quantity_format_count(UINT64_MAX, text, sizeof(text)),
			    "18,446,744,073,709,551,615");
}

static void times_and_sizes_get_fitting_units(void **state)
{
	char text[QUANTITY_SIZE];

	(void)state;
	assert_string_equal(quantity_format_ns(0, text, sizeof(text)), "0 ns");
	assert_string_equal(quantity_format_ns(999, text, sizeof(text)), "999 ns");
	assert_string_equal(quantity_format_ns(1500, text, sizeof(text)), "1.5 us");
	assert_string_equal(quantity_format_ns(100000000, text, sizeof(text)), "100 ms");
	assert_string_equal(quantity_format_ns(12340000000, text, sizeof(text)), "12.34 s");
	assert_string_equal(quantity_format_ms(1234567890, text, sizeof(text)), "1,234.568");
	assert_string_equal(quantity_format_bytes(100, text, sizeof(text)), "100 B");
	assert_string_equal(quantity_format_bytes(1536, text, sizeof(text)), "1.5 KiB");
	assert_string_equal(quantity_format_bytes(256 << 20, text, sizeof(text)), "256 MiB");
}

static void ticks_become_nanoseconds_without_overflow(void **state)
{
	(void)state;
	assert_int_equal(quantity_tsc_to_ns(2600000000, 2600000000), 1000000000);
	assert_true(quantity_tsc_to_ns(UINT64_MAX, 1000000000) == UINT64_MAX);
	assert_int_equal(quantity_tsc_to_ns(5, 0), 0);
}

static void tables_are_as_wide_as_their_cells(void **state)
{
	static const struct table_column columns[] = {{"NAME", true}, {"N", false}};
	struct table table;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	table_init(&table, columns, 2);
	table_add(&table, "a-long-name");
	table_add(&table, "7");
	table_add(&table, "b");
	table_add(&table, "1,000");
	table_print(&table, out, 80);
	table_print(&table, out, 15);
	fclose(out);
	assert_string_equal(text, " NAME             N\n a-long-name      7\n b            1,000\n"
				  " NAME         N\n a-long-      7\n b        1,000\n");
	table_fini(&table);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(statuses_of_processes_have_names),
	    cmocka_unit_test(a_process_that_was_cut_off_is_timed_to_the_end),
	    cmocka_unit_test(rankings_are_by_count_and_then_by_index),
	    cmocka_unit_test(numbers_are_grouped_in_threes),
	    cmocka_unit_test(times_and_sizes_get_fitting_units),
	    cmocka_unit_test(ticks_become_nanoseconds_without_overflow),
	    cmocka_unit_test(tables_are_as_wide_as_their_cells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
