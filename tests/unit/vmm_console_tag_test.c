/* SPDX-License-Identifier: MIT */
/* The console's output with the process in front of each line. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/console/guest_side.h"

static void each_line_has_its_process_in_front(void **state)
{
	(void)state;
	restart(true);
	assert_int_equal(write_text(OUT, 1, "one\ntwo\n"), 8);
	assert_int_equal(write_text(OUT, 2, "three\n"), 6);
	assert_int_equal(write_text(OUT, 9, "nameless\n"), 9);
	expect_output(OUT, "[1 first] one\n[1 first] two\n[2 second] three\n[9] nameless\n");
}

static void unfinished_lines_do_not_mix(void **state)
{
	(void)state;
	restart(true);
	assert_int_equal(write_text(OUT, 1, "on"), 2);
	assert_int_equal(write_text(OUT, 2, "tw"), 2);
	assert_int_equal(write_text(ERR, 1, "err"), 3);
	assert_false(is_readable(remote[OUT]));
	assert_int_equal(write_text(OUT, 1, "e\n"), 2);
	assert_int_equal(write_text(OUT, 2, "o\nthree"), 7);
	expect_output(OUT, "[1 first] one\n[2 second] two\n");
	vconsole_fini(&console, true);
	expect_output(OUT, "[2 second] three\n");
	expect_output(ERR, "[1 first] err\n");
	start(false);
}

static void tagged_output_waits_for_a_slow_reader(void **state)
{
	(void)state;
	restart(true);
	size_t filled = fill_pipe(host[OUT]);
	assert_int_equal(write_text(OUT, 1, "late\n"), LDE_CONSOLE_PENDING);
	drain_pipe(remote[OUT], filled);
	assert_int_equal(wait_result(REQUEST), 5);
	expect_output(OUT, "[1 first] late\n");
}

static void a_long_line_is_broken(void **state)
{
	static char line[TAGGER_LINE_MAX + 11];
	static char expected[TAGGER_LINE_MAX + 64];

	(void)state;
	restart(true);
	memset(line, 'x', TAGGER_LINE_MAX + 9);
	line[TAGGER_LINE_MAX + 9] = '\n';
	assert_int_equal(write_text(OUT, 1, line), TAGGER_LINE_MAX + 10);
	int len = snprintf(expected, sizeof(expected), "[1 first] %.*s\n[1 first] xxxxxxxxx\n",
			   TAGGER_LINE_MAX, line);
	static char got[sizeof(expected)];
	assert_int_equal(read(remote[OUT], got, sizeof(got) - 1), len);
	assert_string_equal(got, expected);
}

static void more_processes_than_there_is_room_for_lose_nothing(void **state)
{
	static char got[1 << 16];

	(void)state;
	restart(true);
	for (uint32_t pid = 100; pid < 100 + TAGGER_PARTIALS_MAX + 20; pid++)
		assert_int_equal(write_text(OUT, pid, "part"), 4);
	vconsole_fini(&console, true);
	assert_true(read(remote[OUT], got, sizeof(got) - 1) > 0);
	unsigned int nr_lines = 0;
	for (const char *c = got; (c = strstr(c, " second] part\n")); c++)
		nr_lines++;
	assert_int_equal(nr_lines, TAGGER_PARTIALS_MAX + 20);
	start(false);
}

static void a_very_large_tagged_write_is_taken_in_part(void **state)
{
	const uint32_t len = 4 << 20;

	(void)state;
	use_pair(OUT, open("/dev/null", O_WRONLY), -1);
	restart(true);
	memset(guestmem_at(&mem, gpa_of(BUFFER), len), '\n', len);
	int64_t result = submit(REQUEST, LDE_CONSOLE_WRITE, OUT, BUFFER, len);
	assert_true(result > 0 && result < len);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_line_has_its_process_in_front),
		TEST(unfinished_lines_do_not_mix),
		TEST(tagged_output_waits_for_a_slow_reader),
		TEST(a_long_line_is_broken),
		TEST(more_processes_than_there_is_room_for_lose_nothing),
		TEST(a_very_large_tagged_write_is_taken_in_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
