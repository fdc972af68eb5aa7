/* SPDX-License-Identifier: MIT */
/* Numbers as CPython draws, reads and prints them; python3 has given what is expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "vmm/ostep/number.h"
#include "vmm/ostep/random.h"

static void same_seed_same_numbers(void **state)
{
	static const struct {
		int64_t seed;
		double first[3], thousandth;
	} streams[] = {
	    {0,
	     {0x1.b0580f98a7dbep-1, 0x1.84129978f9c1ap-1, 0x1.aeaa51052e978p-2},
	     0x1.ebf1437477ccep-2},
	    {1,
	     {0x1.132d8f91b7584p-3, 0x1.b1e2d5b3584f8p-1, 0x1.870d778409f13p-1},
	     0x1.699b1d0fc4300p-1},
	    {42,
	     {0x1.4762f307200c5p-1, 0x1.99c6b5eeb2060p-6, 0x1.19a1491f589dcp-2},
	     0x1.b5fd9157363f8p-1},
	    {-7,
	     {0x1.4b9ad0f953a6ep-2, 0x1.34f0696513270p-3, 0x1.4d474883171ffp-1},
	     0x1.82ee6bd38d2b6p-2},
	    {1ll << 32,
	     {0x1.ced31cb3df170p-4, 0x1.abdb5477a4f26p-2, 0x1.1139c02ebd380p-6},
	     0x1.5487e3d9d2810p-5},
	    {(1ll << 40) + 1,
	     {0x1.67f37604397e4p-3, 0x1.a8b4c1ed611e6p-1, 0x1.10320e78393e0p-1},
	     0x1.2a5f8f50d9edep-1},
	    {INT64_MAX,
	     {0x1.443e8e5409ca6p-2, 0x1.43346b887de9dp-1, 0x1.9b6b765f6b847p-1},
	     0x1.6efe3b26334a4p-3},
	};
	struct mersenne random;

	(void)state;
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		double value = 0;

		mersenne_seed(&random, streams[i].seed);
		for (int nr = 0; nr < 1000; nr++) {
			value = mersenne_fraction(&random);
			if (nr < 3)
				assert_true(value == streams[i].first[nr]);
		}
		assert_true(value == streams[i].thousandth);
	}
}

static void sign_of_a_seed_is_ignored(void **state)
{
	struct mersenne up, down;

	(void)state;
	mersenne_seed(&up, 123456789012345);
	mersenne_seed(&down, -123456789012345);
	for (int i = 0; i < 100; i++)
		assert_true(mersenne_fraction(&up) == mersenne_fraction(&down));
}

static void expect_int(const char *text, int64_t expected)
{
	int64_t value = 0;

	assert_int_equal(number_parse_int(text, &value), 0);
	assert_int_equal(value, expected);
}

static void expect_option(const char *text, int64_t expected)
{
	int64_t value = 0;

	assert_int_equal(number_parse_option(text, &value), 0);
	assert_int_equal(value, expected);
}

static void expect_float(const char *text, const char *expected)
{
	char printed[NUMBER_FLOAT_SIZE];
	double value = 0;

	assert_int_equal(number_parse_float(text, &value), 0);
	number_format_float(value, printed);
	assert_string_equal(printed, expected);
}

static void whole_numbers_are_read_as_python_does(void **state)
{
	(void)state;
	expect_int("12", 12);
	expect_int(" -12\t", -12);
	expect_int("+1_000", 1000);
	expect_int("007", 7);
	expect_option("0x1F", 31);
	expect_option("0b101", 5);
	expect_option("017", 15);
	expect_option("0o17", 15);
	expect_option("0", 0);
	expect_option("-12", -12);
}

static void what_is_no_whole_number_is_refused(void **state)
{
	static const char *const wrong[] = {"",    " ",   "-",   "--5", "1__0", "_1",  "1_",
					    "1.5", "1e3", "0x1", "5 5", "abc",  "+ 5", "1,"};
	int64_t value = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(number_parse_int(wrong[i], &value), -EINVAL);
	assert_int_equal(number_parse_option("08", &value), -EINVAL);
	assert_int_equal(number_parse_option("-0x1", &value), -EINVAL);
	assert_int_equal(number_parse_option("0x", &value), -EINVAL);
	assert_int_equal(number_parse_int("9223372036854775808", &value), -ERANGE);
	assert_int_equal(value, 7);
}

static void floats_are_read_and_printed_as_python_does(void **state)
{
	(void)state;
	expect_float("10", "10.0");
	expect_float(".5", "0.5");
	expect_float(" 1_0.25 ", "10.25");
	expect_float("0.1", "0.1");
	expect_float("0.30000000000000004", "0.30000000000000004");
	expect_float("1e16", "1e+16");
	expect_float("1e15", "1000000000000000.0");
	expect_float("0.0001", "0.0001");
	expect_float("0.00001", "1e-05");
	expect_float("1.25e-7", "1.25e-07");
	expect_float("-0.0", "-0.0");
	expect_float("inf", "inf");
	expect_float("nan", "nan");
	expect_float("5e-324", "5e-324");
	expect_float("1.7976931348623157e308", "1.7976931348623157e+308");
}

static void what_is_no_float_is_refused(void **state)
{
	static const char *const wrong[] = {"",    "0x1p3", "nan(1)", "1e",
					    "1 2", "1_.5",  "e5",     "1.2.3"};
	double value;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(number_parse_float(wrong[i], &value), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(same_seed_same_numbers),
	    cmocka_unit_test(sign_of_a_seed_is_ignored),
	    cmocka_unit_test(whole_numbers_are_read_as_python_does),
	    cmocka_unit_test(what_is_no_whole_number_is_refused),
	    cmocka_unit_test(floats_are_read_and_printed_as_python_does),
	    cmocka_unit_test(what_is_no_float_is_refused),
	};

	return cmocka_run_group_tests_name("ostep_numbers", tests, NULL, NULL);
}
