/* SPDX-License-Identifier: MIT */
/* Options as optparse takes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "vmm/ostep/options.h"

static struct {
	int64_t seed, jobs;
	const char *list, *clock;
	bool solve, stay;
} got;

static struct complaint complaint;

#define PARSE(...) parse((char *const[]){(char *)"simulator", __VA_ARGS__, NULL})

static int parse(char *const *argv)
{
	const struct ostep_option options[] = {
	    {'s', "seed", OSTEP_OPTION_INT, .number = &got.seed, .value = "N", .help = ""},
	    {'j', "jobs", OSTEP_OPTION_INT, .number = &got.jobs, .value = "N", .help = ""},
	    {'l', "jlist", OSTEP_OPTION_TEXT, .text = &got.list, .value = "L", .help = ""},
	    {'c', "compute", OSTEP_OPTION_FLAG, .flag = &got.solve, .help = ""},
	    {'S', "stay", OSTEP_OPTION_FLAG, .flag = &got.stay, .help = ""},
	    {.name = "clock",
	     .kind = OSTEP_OPTION_TEXT,
	     .is_ours = true,
	     .text = &got.clock,
	     .value = "W",
	     .help = ""},
	};

	memset(&got, 0, sizeof(got));
	memset(&complaint, 0, sizeof(complaint));
	return ostep_options_parse(options, sizeof(options) / sizeof(options[0]), "ostep x", argv,
				   &complaint);
}

static void refused(int err, const char *expected)
{
	assert_int_equal(err, -EINVAL);
	assert_non_null(strstr(complaint.text, expected));
	assert_non_null(strstr(complaint.text, "lde ostep x --help"));
}

static void a_value_is_attached_or_comes_next(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-s5", "-j", "6", "-l", "7"), 0);
	assert_int_equal(got.seed, 5);
	assert_int_equal(got.jobs, 6);
	assert_string_equal(got.list, "7");
	assert_int_equal(PARSE("--seed=8", "--jobs", "9", "--jlist=a=b"), 0);
	assert_int_equal(got.seed, 8);
	assert_int_equal(got.jobs, 9);
	assert_string_equal(got.list, "a=b");
}

static void letters_stand_together(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-cSs12"), 0);
	assert_true(got.solve && got.stay);
	assert_int_equal(got.seed, 12);
	assert_int_equal(PARSE("-cs", "0x10"), 0);
	assert_int_equal(got.seed, 16);
}

static void names_can_be_shorter(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--se", "3", "--jo=4", "--st"), 0);
	assert_int_equal(got.seed, 3);
	assert_int_equal(got.jobs, 4);
	assert_true(got.stay);
	refused(PARSE("--j", "1"), "more than one option");
	refused(PARSE("--s", "1"), "more than one option");
}

/* --clock is lde's own and changes nothing in what the simulator's options mean. */
static void an_option_of_ours_needs_its_whole_name(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--c"), 0);
	assert_true(got.solve);
	assert_int_equal(PARSE("--clock", "logical"), 0);
	assert_string_equal(got.clock, "logical");
	refused(PARSE("--clo", "logical"), "no such option");
}

static void a_value_may_begin_with_a_dash(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-s", "-5", "--jobs", "-6", "-l", "--"), 0);
	assert_int_equal(got.seed, -5);
	assert_int_equal(got.jobs, -6);
	assert_string_equal(got.list, "--");
}

static void what_is_no_option_is_ignored(void **state)
{
	(void)state;
	assert_int_equal(PARSE("one", "-s5", "-", "two", "-c", "--", "-j", "nonsense"), 0);
	assert_int_equal(got.seed, 5);
	assert_true(got.solve);
	assert_int_equal(got.jobs, 0);
}

static void last_one_counts(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-s1", "--seed=2", "-s", "3"), 0);
	assert_int_equal(got.seed, 3);
}

static void wrong_ones_are_refused(void **state)
{
	(void)state;
	refused(PARSE("-x"), "-x: no such option");
	refused(PARSE("-cx"), "-x: no such option");
	refused(PARSE("--nonsense=1"), "--nonsense: no such option");
	refused(PARSE("-s"), "-s needs a value");
	refused(PARSE("--seed"), "--seed needs a value");
	refused(PARSE("-s", "five"), "-s five: not a whole number");
	refused(PARSE("--se="), "--seed : not a whole number");
	refused(PARSE("-s", "99999999999999999999"), "too large");
	refused(PARSE("--stay=1"), "--stay takes no value");
	refused(PARSE("--help=1"), "--help takes no value");
}

static void help_comes_in_its_turn(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-h"), OSTEP_OPTIONS_HELP);
	assert_int_equal(PARSE("-ch"), OSTEP_OPTIONS_HELP);
	assert_int_equal(PARSE("--hel", "-x"), OSTEP_OPTIONS_HELP);
	refused(PARSE("-x", "--help"), "-x: no such option");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_value_is_attached_or_comes_next),
	    cmocka_unit_test(letters_stand_together),
	    cmocka_unit_test(names_can_be_shorter),
	    cmocka_unit_test(an_option_of_ours_needs_its_whole_name),
	    cmocka_unit_test(a_value_may_begin_with_a_dash),
	    cmocka_unit_test(what_is_no_option_is_ignored),
	    cmocka_unit_test(last_one_counts),
	    cmocka_unit_test(wrong_ones_are_refused),
	    cmocka_unit_test(help_comes_in_its_turn),
	};

	return cmocka_run_group_tests_name("ostep_options", tests, NULL, NULL);
}
