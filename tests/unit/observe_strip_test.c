/* SPDX-License-Identifier: MIT */
/* States over time as lines of text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lde/ledger.h>

#include "vmm/observe/strip.h"

static struct strip strip;
static char *text;

/* One column is one unit of time. */
static int set_up(void **state)
{
	(void)state;
	strip_init(&strip, 1000, 1000 + STRIP_COLUMNS);
	return 0;
}

static void event(uint64_t at, uint32_t kind, uint32_t pid, uint64_t arg0, uint64_t arg1,
		  uint64_t arg3)
{
	strip_event(&strip, &(struct trace_event){
				    .ns = 1000 + at, .kind = kind, .pid = pid,
				    .args = {arg0, arg1, 0, arg3}});
}

static void switch_to(uint64_t at, uint32_t from, uint64_t state, uint32_t to)
{
	event(at, LDE_TRACE_SCHED_SWITCH, from, state, to, 0);
}

static void wake(uint64_t at, uint32_t pid)
{
	event(at, LDE_TRACE_SCHED_WAKEUP, 0, pid, 0, 0);
}

static void issue(uint64_t at, uint32_t pid, uint64_t number)
{
	event(at, LDE_TRACE_BLOCK_ISSUE, pid, 0, 0, number);
}

static void complete(uint64_t at, uint64_t number)
{
	event(at, LDE_TRACE_BLOCK_COMPLETE, 0, 0, 0, number);
}

/* The lines are those of expected, each filled up with what it ends in. */
static void assert_lines(const char *const *expected, unsigned int nr)
{
	char *line, *rest;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	strip_print(&strip, out);
	fclose(out);
	rest = text;
	for (unsigned int i = 0; i < nr; i++) {
		line = strchr(strsep(&rest, "\n"), '|') + 1;
		assert_int_equal(strlen(line), STRIP_COLUMNS + 1);
		for (size_t j = 0; j < STRIP_COLUMNS; j++) {
			size_t last = strlen(expected[i]) - 1;
			assert_int_equal(line[j], expected[i][j < last ? j : last]);
		}
	}
	assert_string_equal(rest, "");
	free(text);
}

static void a_process_that_blocks_is_drawn_so(void **state)
{
	(void)state;
	wake(0, 1);
	switch_to(2, 0, 0, 1);
	issue(6, 1, 7);
	switch_to(6, 1, LDE_STATE_BLOCKED, 0);
	complete(12, 7);
	wake(12, 1);
	switch_to(14, 0, 0, 1);
	switch_to(16, 1, LDE_STATE_BLOCKED, 0);
	assert_lines((const char *const[]){"--####......--##.", "......######."}, 2);
}

static void who_holds_the_cpu_for_the_disk_is_told_apart(void **state)
{
	(void)state;
	switch_to(0, 0, 0, 1);
	wake(4, 2);
	issue(4, 1, 1);
	complete(8, 1);
	switch_to(12, 1, LDE_STATE_READY, 2);
	assert_lines((const char *const[]){"####====####-", "    --------#", "....####."}, 3);
}

static void what_was_before_and_goes_on_after_counts(void **state)
{
	(void)state;
	strip_event(&strip, &(struct trace_event){
				    .ns = 10, .kind = LDE_TRACE_SCHED_SWITCH, .args = {0, 3}});
	assert_lines((const char *const[]){"#", "."}, 2);
}

static void events_behind_the_end_do_not_count(void **state)
{
	(void)state;
	switch_to(0, 0, 0, 1);
	switch_to(STRIP_COLUMNS + 50, 1, LDE_STATE_BLOCKED, 2);
	switch_to(STRIP_COLUMNS + 60, 2, LDE_STATE_ZOMBIE, 0);
	assert_lines((const char *const[]){"#", " ", "."}, 3);
}

static void too_many_processes_and_requests_do_no_harm(void **state)
{
	const char *lines[STRIP_PROCESSES_MAX + 1];

	(void)state;
	for (uint32_t pid = 1; pid < 100; pid++) {
		wake(0, pid);
		issue(0, pid, pid);
	}
	for (uint64_t number = 200; number > 0; number--)
		complete(0, number);
	for (unsigned int i = 0; i < STRIP_PROCESSES_MAX; i++)
		lines[i] = "-";
	lines[STRIP_PROCESSES_MAX] = ".";
	assert_lines(lines, STRIP_PROCESSES_MAX + 1);
}

static void columns_of_uneven_length_hold_all_time(void **state)
{
	uint64_t sum = 0;

	(void)state;
	strip_init(&strip, 5, 5 + 1000003);
	strip_event(&strip, &(struct trace_event){
				    .ns = 0, .kind = LDE_TRACE_SCHED_SWITCH, .args = {0, 1}});
	strip_event(&strip, &(struct trace_event){.ns = 2000000,
						  .kind = LDE_TRACE_SCHED_SWITCH,
						  .pid = 1,
						  .args = {LDE_STATE_BLOCKED, 0}});
	for (unsigned int i = 0; i < STRIP_COLUMNS; i++)
		sum += strip.processes[0].ns[i][STRIP_RUNNING];
	assert_int_equal(sum, 1000003);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup(test, set_up)
		T(a_process_that_blocks_is_drawn_so),
		T(who_holds_the_cpu_for_the_disk_is_told_apart),
		T(what_was_before_and_goes_on_after_counts),
		T(events_behind_the_end_do_not_count),
		T(too_many_processes_and_requests_do_no_harm),
		T(columns_of_uneven_length_hold_all_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
