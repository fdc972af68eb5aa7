/* SPDX-License-Identifier: MIT */
/* What goes on around a run: its command line as text, and captured output. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/cli/capture.h"
#include "vmm/cli/command_line.h"
#include "vmm/cli/session_summary.h"

static void the_command_line_is_put_together_again(void **state)
{
	char *first[] = {(char *)"./a", (char *)"x y", NULL};
	char *second[] = {(char *)"b\n\033c", NULL};
	struct options_program programs[] = {
		{.argv = first, .nr_args = 2, .count = 4},
		{.argv = second, .nr_args = 1, .count = 1},
	};
	struct options options = {.programs = programs, .nr_programs = 2};
	char *line = command_line_of(&options);

	(void)state;
	assert_string_equal(line, "-n 4 ./a x y : b??c");
	free(line);
}

static void the_summary_takes_what_the_machine_reports(void **state)
{
	struct kvm_stat stat = {.scope = "vcpu", .name = "exits", .value = 7};
	struct session session = {
		.report = {.end = MACHINE_END_TIMEOUT,
			   .kvm_stats = &stat,
			   .nr_kvm_stats = 1,
			   .tsc_hz = 1000,
			   .wall_ns = 5},
	};
	struct session_summary built;

	(void)state;
	assert_int_equal(session_summary_build(&built, &session, 124), 0);
	assert_string_equal(built.summary.end, "timeout");
	assert_int_equal(built.summary.status, 124);
	assert_int_equal(built.summary.nr_kvm_stats, 1);
	assert_string_equal(built.summary.kvm_stats[0].name, "exits");
	assert_int_equal(built.summary.wall_ns, 5);
	session_summary_fini(&built);
}

static void output_is_captured_and_comes_back(void **state)
{
	struct capture capture;
	char *text;
	int err;

	(void)state;
	assert_int_equal(capture_start(&capture), 0);
	printf("by stdio\n");
	fflush(stdout);
	err = write(STDOUT_FILENO, "by write\n", 9) == 9 ? 0 : -1;
	assert_int_equal(capture_stop(&capture, &text), 0);
	assert_int_equal(err, 0);
	assert_string_equal(text, "by stdio\nby write\n");
	free(text);
	assert_int_equal(capture_start(&capture), 0);
	assert_int_equal(capture_stop(&capture, &text), 0);
	assert_string_equal(text, "");
	free(text);
}

static void errors_are_captured_with_it_in_order(void **state)
{
	struct capture capture;
	char *text;

	(void)state;
	assert_int_equal(capture_start_both(&capture), 0);
	printf("one\n");
	fflush(stdout);
	fprintf(stderr, "two\n");
	printf("three\n");
	assert_int_equal(capture_stop(&capture, &text), 0);
	assert_string_equal(text, "one\ntwo\nthree\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_command_line_is_put_together_again),
		cmocka_unit_test(the_summary_takes_what_the_machine_reports),
		cmocka_unit_test(output_is_captured_and_comes_back),
		cmocka_unit_test(errors_are_captured_with_it_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
