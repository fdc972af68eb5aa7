/* SPDX-License-Identifier: MIT */
/* The command line of run and stat: options and programs, and how it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/cli/command_line.h"
#include "vmm/cli/options.h"

/* ---- programs --------------------------------------------------- */

static void a_program_alone_gets_every_default(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "./a.out");
	assert_int_equal(parsed.options.memory_bytes, 256 << 20);
	assert_int_equal(parsed.options.quantum_ns, 10000000);
	assert_int_equal(parsed.options.timeout_ns, 0);
	assert_int_equal(parsed.options.nr_programs, 1);
	assert_int_equal(parsed.options.programs[0].count, 1);
	assert_int_equal(parsed.options.programs[0].nr_args, 1);
	assert_string_equal(parsed.options.programs[0].argv[0], "./a.out");
	assert_null(parsed.options.programs[0].argv[1]);
	assert_null(parsed.options.root_dir);
	assert_null(parsed.options.without);
	assert_false(parsed.options.tag);
	options_fini(&parsed.options);
}

static void words_after_the_program_are_its_own(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "a --memory 1 -n 0 --help -- x");
	assert_int_equal(parsed.options.programs[0].nr_args, 8);
	assert_string_equal(parsed.options.programs[0].argv[1], "--memory");
	assert_string_equal(parsed.options.programs[0].argv[6], "--");
	assert_false(parsed.options.help);
	options_fini(&parsed.options);
}

static void a_colon_separates_programs(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "-n 4 ./a x : ./b y z : -n2 c");
	assert_int_equal(parsed.options.nr_programs, 3);
	assert_int_equal(parsed.options.programs[0].count, 4);
	assert_int_equal(parsed.options.programs[1].count, 1);
	assert_int_equal(parsed.options.programs[2].count, 2);
	assert_int_equal(parsed.options.programs[1].nr_args, 3);
	assert_string_equal(parsed.options.programs[2].argv[0], "c");
	options_fini(&parsed.options);
}

static void the_count_of_one_program_is_not_that_of_the_next(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "-n 7 a : b");
	assert_int_equal(parsed.options.programs[1].count, 1);
	options_fini(&parsed.options);
}

static void an_escaped_colon_is_an_argument(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "a \\: \\\\: x: :x \\x \\");
	assert_int_equal(parsed.options.nr_programs, 1);
	assert_string_equal(parsed.options.programs[0].argv[1], ":");
	assert_string_equal(parsed.options.programs[0].argv[2], "\\:");
	assert_string_equal(parsed.options.programs[0].argv[3], "x:");
	assert_string_equal(parsed.options.programs[0].argv[4], ":x");
	assert_string_equal(parsed.options.programs[0].argv[5], "\\x");
	assert_string_equal(parsed.options.programs[0].argv[6], "\\");
	options_fini(&parsed.options);
}

static void two_dashes_end_the_options(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "--tag -- -n : -- --tag");
	assert_int_equal(parsed.options.nr_programs, 2);
	assert_string_equal(parsed.options.programs[0].argv[0], "-n");
	assert_string_equal(parsed.options.programs[1].argv[0], "--tag");
	assert_true(parsed.options.tag);
	options_fini(&parsed.options);
}

static void an_empty_argument_is_kept(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "a '' b");
	assert_int_equal(parsed.options.programs[0].nr_args, 3);
	assert_string_equal(parsed.options.programs[0].argv[1], "");
	options_fini(&parsed.options);
}

static void a_missing_program_is_refused(void **state)
{
	(void)state;
	cli_refuse("", "no PROGRAM", "./a.out");
	cli_refuse("--tag", "no PROGRAM", "--help");
	cli_refuse("--", "no PROGRAM", "./a.out");
	cli_refuse(":", "before the ':'", "PROGRAM : PROGRAM");
	cli_refuse("-n 2 : b", "before the ':'", "PROGRAM");
	cli_refuse("a :", "after the ':'", "\\:");
	cli_refuse("a : :", "after the ':'", "give one");
	cli_refuse("a : : b", "after the ':'", "give one");
	cli_refuse("a : -n 2", "after the ':'", "give one");
}

/* ---- -n --------------------------------------------------------- */

static void counts_are_taken_up_to_the_limit(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "-n 10000 a");
	assert_int_equal(parsed.options.programs[0].count, 10000);
	options_fini(&parsed.options);
}

static void senseless_counts_are_refused(void **state)
{
	(void)state;
	cli_refuse("-n 0 a", "-n 0", "1 to 10000");
	cli_refuse("-n -1 a", "-n -1", "1 to 10000");
	cli_refuse("-n x a", "not a number", "1 to 10000");
	cli_refuse("-n 3x a", "not a number", "1 to 10000");
	cli_refuse("-n '' a", "not a number", "1 to 10000");
	cli_refuse("-n 10001 a", "too many", "1 to 10000");
	cli_refuse("-n 99999999999999999999 a", "too many", "1 to 10000");
	cli_refuse("-n 6000 a : -n 6000 b", "12000 processes", "10000");
	cli_refuse("a : -n 0 b", "-n 0", "1 to 10000");
	cli_refuse("-n", "-n", "needs a value");
}

/* ---- options as such -------------------------------------------- */

static void help_is_answered_before_programs_are_missed(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "--help");
	assert_true(parsed.options.help);
	options_fini(&parsed.options);
	cli_parse(&parsed, "--tag -h");
	assert_true(parsed.options.help);
	options_fini(&parsed.options);
}

static void unknown_options_are_refused(void **state)
{
	(void)state;
	cli_refuse("--nonsense a", "--nonsense", "lde run --help");
	cli_refuse("-x a", "-x", "lde run --help");
	cli_refuse("-nx a", "-n x", "1 to 10000");
	cli_refuse("--e a", "--e: no such option, or short for several", "--help");
	cli_refuse("--tag=yes a", "--tag=yes", "takes no value");
	cli_refuse("--tagg a", "--tagg", "--help");
}

static void options_of_the_run_are_refused_after_a_colon(void **state)
{
	(void)state;
	cli_refuse("a : --tag b", "--tag", "before the first PROGRAM");
	cli_refuse("a : --memory 64M b", "--memory", "before the first PROGRAM");
	cli_refuse("a : --quantum=1ms b", "--quantum=1ms", "before the first PROGRAM");
	cli_refuse("a : --nonsense b", "--nonsense", "no such option");
	cli_refuse("a : -x b", "-x", "no such option");
}

static void json_belongs_to_stat(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_refuse("--json a", "--json", "lde stat");
	cli_parse_as(&parsed, OPTIONS_STAT, "--json a");
	assert_int_equal(parsed.err, 0);
	assert_true(parsed.options.json);
	assert_null(parsed.options.json_path);
	assert_string_equal(parsed.options.programs[0].argv[0], "a");
	options_fini(&parsed.options);
	cli_parse_as(&parsed, OPTIONS_STAT, "--json=out.json a");
	assert_string_equal(parsed.options.json_path, "out.json");
	options_fini(&parsed.options);
	cli_refuse_as(OPTIONS_STAT, "--json= a", "--json", "give a path");
	cli_refuse_as(OPTIONS_STAT, "--nonsense a", "--nonsense", "lde stat --help");
}

static void advice_names_the_command(void **state)
{
	(void)state;
	cli_refuse_as(OPTIONS_TOP, "--nonsense a", "--nonsense", "lde top --help");
	cli_refuse_as(OPTIONS_TOP, "", "no PROGRAM", "lde top ./a.out");
	cli_refuse_as(OPTIONS_TOP, "--json a", "lde top prints no numbers", "lde stat");
}

static void a_second_parse_starts_afresh(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_refuse("--tag --nonsense a", "--nonsense", "--help");
	cli_parse(&parsed, "a b");
	assert_false(parsed.options.tag);
	assert_int_equal(parsed.options.programs[0].nr_args, 2);
	options_fini(&parsed.options);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_alone_gets_every_default),
		cmocka_unit_test(words_after_the_program_are_its_own),
		cmocka_unit_test(a_colon_separates_programs),
		cmocka_unit_test(the_count_of_one_program_is_not_that_of_the_next),
		cmocka_unit_test(an_escaped_colon_is_an_argument),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(an_empty_argument_is_kept),
		cmocka_unit_test(a_missing_program_is_refused),
		cmocka_unit_test(counts_are_taken_up_to_the_limit),
		cmocka_unit_test(senseless_counts_are_refused),
		cmocka_unit_test(help_is_answered_before_programs_are_missed),
		cmocka_unit_test(unknown_options_are_refused),
		cmocka_unit_test(options_of_the_run_are_refused_after_a_colon),
		cmocka_unit_test(json_belongs_to_stat),
		cmocka_unit_test(advice_names_the_command),
		cmocka_unit_test(a_second_parse_starts_afresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
