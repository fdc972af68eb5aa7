/* SPDX-License-Identifier: MIT */
/* What lde top shows: rates between samples, order, lines; and its pane. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <string.h>

#include "vmm/cli/top_output.h"
#include "vmm/observe/top_model.h"

#define S UINT64_C(1000000000)

static struct top_model model;

static int begin(void **state)
{
	(void)state;
	top_model_fini(&model);
	return 0;
}

static struct live_row row_of(uint32_t pid, uint32_t state, uint64_t running_ns, uint64_t calls)
{
	struct live_row row = {.pid = pid, .state = state, .nr_syscalls = calls, .name = "prog"};

	row.state_ns[LDE_STATE_RUNNING] = running_ns;
	return row;
}

static void add(uint64_t ns, const struct live_row *rows, uint32_t nr)
{
	struct live_sample sample = {.ns = 100 * S + ns, .run_ns = ns, .nr_rows = nr};

	for (uint32_t i = 0; i < nr; i++)
		sample.nr_syscalls += rows[i].nr_syscalls;
	assert_int_equal(top_model_add(&model, &sample, rows), 0);
}

static void shares_and_rates_are_of_the_time_between(void **state)
{
	struct live_row rows[] = {row_of(1, LDE_STATE_RUNNING, S / 4, 100),
				   row_of(2, LDE_STATE_BLOCKED, 0, 10)};

	(void)state;
	add(S, rows, 2);
	assert_true(model.rows[0].cpu_percent > 24.9 && model.rows[0].cpu_percent < 25.1);
	assert_true(model.calls_per_s > 109.9 && model.calls_per_s < 110.1);
	rows[0].state_ns[LDE_STATE_RUNNING] += S / 2;
	rows[0].nr_syscalls += 50;
	rows[0].nr_exits += 5;
	add(S + S / 2, rows, 2);
	assert_int_equal(model.rows[0].now.pid, 1);
	assert_true(model.rows[0].cpu_percent > 99.9);
	assert_true(model.rows[0].calls_per_s > 99.9 && model.rows[0].calls_per_s < 100.1);
	assert_true(model.rows[0].exits_per_s > 9.9 && model.rows[0].exits_per_s < 10.1);
	assert_true(model.rows[1].cpu_percent < 0.1);
	assert_true(model.cpu_percent > 99.9 && model.cpu_percent <= 100);
}

/* The guest may write anything into its books, and numbers are given again. */
static void counters_that_go_back_are_no_rates(void **state)
{
	struct live_row rows[] = {row_of(7, LDE_STATE_RUNNING, 5 * S, 1000)};

	(void)state;
	add(10 * S, rows, 1);
	rows[0] = row_of(7, LDE_STATE_RUNNING, S / 10, 20);
	add(11 * S, rows, 1);
	assert_true(model.rows[0].calls_per_s > 19.9 && model.rows[0].calls_per_s < 20.1);
	assert_true(model.rows[0].cpu_percent < 10.1);
	assert_true(model.calls_per_s < 0.1);
	rows[0] = row_of(UINT32_MAX, 77, UINT64_MAX, UINT64_MAX);
	add(12 * S, rows, 1);
	add(12 * S, rows, 1);
	assert_true(model.rows[0].cpu_percent >= 0 && model.rows[0].cpu_percent <= 100);
	add(1, NULL, 0);
	assert_int_equal(model.nr_rows, 0);
}

static void expect_order(uint32_t first, uint32_t second, uint32_t third)
{
	assert_int_equal(model.rows[0].now.pid, first);
	assert_int_equal(model.rows[1].now.pid, second);
	assert_int_equal(model.rows[2].now.pid, third);
}

static void the_order_is_as_asked_for(void **state)
{
	struct live_row rows[] = {row_of(1, LDE_STATE_RUNNING, S / 10, 10),
				   row_of(2, LDE_STATE_READY, S / 2, 20),
				   row_of(3, LDE_STATE_ZOMBIE, S / 3, 900)};

	(void)state;
	rows[0].nr_exits = 9;
	add(S, rows, 3);
	expect_order(2, 1, 3); /* who has ended comes last */
	model.order = TOP_BY_PID;
	top_model_sort(&model);
	expect_order(1, 2, 3);
	model.is_reversed = true;
	top_model_sort(&model);
	expect_order(2, 1, 3);
	model.is_reversed = false;
	model.order = TOP_BY_EXITS;
	top_model_sort(&model);
	expect_order(1, 2, 3);
	model.order = TOP_BY_CALLS;
	top_model_sort(&model);
	expect_order(2, 1, 3);
	assert_int_equal(top_model_nr_shown(&model), 3);
	model.hides_ended = true;
	assert_int_equal(top_model_nr_shown(&model), 2);
}

static void lines_are_for_people(void **state)
{
	struct live_row rows[] = {row_of(1, LDE_STATE_RUNNING, 61 * S + 7000000, 10),
				   row_of(2, LDE_STATE_ZOMBIE, 0, 0), row_of(3, LDE_STATE_ZOMBIE, 0, 0)};
	char line[TOP_LINE_SIZE];

	(void)state;
	rows[1].status = 3 << 8;
	rows[2].status = 9;
	add(100 * S, rows, 3);
	top_format_row(&model.rows[0], line);
	assert_string_equal(line, "     1     0 R   61.0   1:01.007        0        0        0"
				  "         0  prog");
	top_format_row(&model.rows[1], line);
	assert_non_null(strstr(line, "E"));
	assert_non_null(strstr(line, "prog (exit 3)"));
	top_format_row(&model.rows[2], line);
	assert_non_null(strstr(line, "prog (SIGKILL)"));
	top_format_title(&model, line);
	assert_non_null(strstr(line, "*%CPU"));
	model.is_reversed = true;
	model.order = TOP_BY_TIME;
	top_format_title(&model, line);
	assert_non_null(strstr(line, "^TIME"));
	model.now.nr_in_state[LDE_STATE_BLOCKED] = 2;
	top_format_head(&model, 0, line);
	assert_string_equal(line, "lde top - 100 s, 2 processes: 0 running, 0 ready, 2 blocked, "
				  "0 stopped, 0 ended");
}

/* ---- the pane --------------------------------------------------------------------- */

static struct top_output output;

static int open_output(void **state)
{
	(void)state;
	return top_output_init(&output);
}

static int close_output(void **state)
{
	(void)state;
	top_output_fini(&output);
	return 0;
}

static void put(const char *text)
{
	top_output_add(&output, text, strlen(text));
}

static void expect_lines(size_t nr, size_t width, const char *expected)
{
	size_t at = top_output_last_lines(&output, nr, width);
	char line[300], all[4000] = "";

	while (top_output_next_line(&output, &at, width, line, sizeof(line))) {
		strcat(all, line);
		strcat(all, "|");
	}
	assert_string_equal(all, expected);
}

static void the_pane_has_the_last_lines(void **state)
{
	(void)state;
	expect_lines(3, 10, "");
	put("one\ntwo\r\nthree\n");
	expect_lines(2, 10, "two|three|");
	expect_lines(9, 10, "one|two|three|");
	put("half");
	expect_lines(2, 10, "three|half|");
	expect_lines(0, 10, "");
	put("a line that is long\n\n");
	expect_lines(3, 10, " that is l|ong||");
	expect_lines(4, 10, "halfa line| that is l|ong||");
}

static void nothing_in_it_can_move_the_cursor(void **state)
{
	(void)state;
	setlocale(LC_CTYPE, "C.UTF-8");
	put("\033[2Jx\a\b\tA\xff\xc3\n\xc3\xa4\xe4\n");
	expect_lines(2, 40, "?[2Jx?? A??|\xc3\xa4?|");
	setlocale(LC_CTYPE, "C");
	expect_lines(1, 40, "???|");
}

static void all_of_it_is_kept(void **state)
{
	static char much[100000];
	FILE *copy = tmpfile();

	(void)state;
	memset(much, 'x', sizeof(much));
	for (int i = 0; i < 7; i++)
		top_output_add(&output, much, sizeof(much));
	put("end\n");
	assert_int_equal(output.len, TOP_OUTPUT_TAIL);
	expect_lines(1, 4, "end|");
	assert_int_equal(top_output_copy(&output, copy), 0);
	assert_int_equal(ftell(copy), 700004);
	fclose(copy);
}

#define PANE(name) cmocka_unit_test_setup_teardown(name, open_output, close_output)
#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(shares_and_rates_are_of_the_time_between),
		TEST(counters_that_go_back_are_no_rates),
		TEST(the_order_is_as_asked_for),
		TEST(lines_are_for_people),
		PANE(the_pane_has_the_last_lines),
		PANE(nothing_in_it_can_move_the_cursor),
		PANE(all_of_it_is_kept),
	};

	return cmocka_run_group_tests_name("top", tests, NULL, begin);
}
