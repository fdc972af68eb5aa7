/* SPDX-License-Identifier: MIT */
/* Measurements as the built-in program prints them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/observe/sample.h"

static void values_are_sorted_and_the_clock_is_taken_off(void **state)
{
	struct sample sample;

	(void)state;
	assert_int_equal(sample_parse(&sample, "clock 20\nstep 2\nbatch 10\n1020\n520\n\n320\n120\n20\n"), 0);
	assert_int_equal(sample.nr, 5);
	assert_int_equal(sample.clock_step, 2);
	assert_int_equal(sample.values[0], 20);
	assert_int_equal(sample.values[4], 1020);
	assert_true(sample_percentile(&sample, 50) == 30.0);
	assert_true(sample_percentile(&sample, 0) == 0.0);
	assert_true(sample_percentile(&sample, 99) == 100.0);
	assert_true(sample_percentile(&sample, 100) == 100.0);
	sample_fini(&sample);
	assert_null(sample.values);
}

static void less_than_the_clock_is_nothing(void **state)
{
	struct sample sample;

	(void)state;
	assert_int_equal(sample_parse(&sample, "clock 30\nbatch 1\n20"), 0);
	assert_true(sample_percentile(&sample, 50) == 0.0);
	sample_fini(&sample);
	assert_true(sample_percentile(&sample, 50) == 0.0); /* there are none */
}

static void samples_can_be_put_together(void **state)
{
	struct sample one, two;

	(void)state;
	assert_int_equal(sample_parse(&one, "clock 0\nbatch 1\n3\n1\n"), 0);
	assert_int_equal(sample_parse(&two, "clock 0\nbatch 1\n2\n0\n4\n"), 0);
	assert_int_equal(sample_add(&one, &two), 0);
	assert_int_equal(one.nr, 5);
	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(one.values[i], i);
	sample_fini(&one);
	sample_fini(&two);
}

static void something_else_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"clock 20\nbatch 10\n",
		"clock 20\n100\n",
		"batch 0\n100\n",
		"clock 20\nbatch 10\n100 \n",
		"clock 20\nbatch 10\n-100\n",
		"clock 20\nbatch 10\n18446744073709551616\n",
		"clock\nbatch 10\n100\n",
		"clock x\nbatch 10\n100\n",
		"clocks 1\nbatch 10\n100\n",
		"clock 20\nbatch 10\nerror: no\n100\n",
	};
	struct sample sample;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (sample_parse(&sample, texts[i]) != -EINVAL)
			fail_msg("'%s' is taken", texts[i]);
	assert_null(sample.values);
}

static void there_is_a_limit(void **state)
{
	size_t size = 32 + (SAMPLE_MAX + 1) * 2;
	char *text = malloc(size), *end = text;
	struct sample sample;

	(void)state;
	assert_non_null(text);
	end += sprintf(end, "clock 1\nbatch 1\n");
	for (size_t i = 0; i < SAMPLE_MAX; i++)
		end = stpcpy(end, "7\n");
	assert_int_equal(sample_parse(&sample, text), 0);
	assert_int_equal(sample.nr, SAMPLE_MAX);
	sample_fini(&sample);
	stpcpy(end, "7\n");
	assert_int_equal(sample_parse(&sample, text), -EINVAL);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_sorted_and_the_clock_is_taken_off),
		cmocka_unit_test(less_than_the_clock_is_nothing),
		cmocka_unit_test(samples_can_be_put_together),
		cmocka_unit_test(something_else_is_refused),
		cmocka_unit_test(there_is_a_limit),
	};

	return cmocka_run_group_tests_name("observe_sample", tests, NULL, NULL);
}
