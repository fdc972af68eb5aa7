/* SPDX-License-Identifier: MIT */
/* The environment of the programs: --env and --env-host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/cli/command_line.h"
#include "vmm/cli/options.h"

static void the_default_environment_is_small(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "a");
	assert_int_equal(parsed.options.env.nr, 3);
	assert_string_equal(parsed.options.env.entries[0], "PATH=/usr/local/bin:/usr/bin:/bin");
	assert_string_equal(parsed.options.env.entries[1], "HOME=/");
	assert_string_equal(parsed.options.env.entries[2], "TERM=vt100");
	assert_null(parsed.options.env.entries[3]);
	options_fini(&parsed.options);
}

static void variables_are_added_and_replaced(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "--env A=1 --env HOME=/tmp --env A=2 --env E= --env Q=a=b p");
	assert_string_equal(environment_get(&parsed.options.env, "A"), "2");
	assert_string_equal(environment_get(&parsed.options.env, "HOME"), "/tmp");
	assert_string_equal(environment_get(&parsed.options.env, "E"), "");
	assert_string_equal(environment_get(&parsed.options.env, "Q"), "a=b");
	assert_null(environment_get(&parsed.options.env, "HOM"));
	assert_int_equal(parsed.options.env.nr, 6);
	options_fini(&parsed.options);
}

static void the_whole_environment_of_the_host_is_passed_on(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "--env PATH=/x --env-host p");
	assert_string_equal(environment_get(&parsed.options.env, "SHELL"), "/bin/sh");
	assert_string_equal(environment_get(&parsed.options.env, "PATH"), "/x");
	assert_null(environment_get(&parsed.options.env, "HOME"));
	assert_null(environment_get(&parsed.options.env, "broken"));
	options_fini(&parsed.options);
}

static void a_variable_without_value_is_refused(void **state)
{
	(void)state;
	cli_refuse("--env A a", "--env A", "NAME=VALUE");
	cli_refuse("--env =1 a", "--env =1", "--env-host");
	cli_refuse("--env '' a", "--env", "NAME=VALUE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_environment_is_small),
		cmocka_unit_test(variables_are_added_and_replaced),
		cmocka_unit_test(the_whole_environment_of_the_host_is_passed_on),
		cmocka_unit_test(a_variable_without_value_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
