/* SPDX-License-Identifier: MIT */
/* Durations and sizes as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vmm/base/units.h"

static void expect_duration(const char *text, uint64_t expected)
{
	uint64_t ns = 0;

	assert_int_equal(units_parse_duration(text, &ns), UNITS_OK);
	assert_int_equal(ns, expected);
}

static void expect_size(const char *text, uint64_t expected)
{
	uint64_t bytes = 0;

	assert_int_equal(units_parse_size(text, &bytes), UNITS_OK);
	assert_int_equal(bytes, expected);
}

static void refuse_duration(const char *text, enum units_error expected)
{
	uint64_t ns = 42;

	assert_int_equal(units_parse_duration(text, &ns), expected);
	assert_int_equal(ns, 42);
}

static void refuse_size(const char *text, enum units_error expected)
{
	uint64_t bytes = 42;

	assert_int_equal(units_parse_size(text, &bytes), expected);
	assert_int_equal(bytes, 42);
}

static void each_duration_unit_is_taken(void **state)
{
	(void)state;
	expect_duration("7ns", 7);
	expect_duration("100us", 100000);
	expect_duration("10ms", 10000000);
	expect_duration("2s", 2000000000);
	expect_duration("3min", 180000000000);
	expect_duration("1h", 3600000000000);
}

static void each_size_unit_is_taken(void **state)
{
	(void)state;
	expect_size("4096", 4096);
	expect_size("512B", 512);
	expect_size("1K", 1024);
	expect_size("2KiB", 2048);
	expect_size("256M", 256ull << 20);
	expect_size("64MiB", 64ull << 20);
	expect_size("1G", 1ull << 30);
	expect_size("3GiB", 3ull << 30);
	expect_size("1T", 1ull << 40);
	expect_size("1TiB", 1ull << 40);
}

static void a_fraction_is_exact(void **state)
{
	(void)state;
	expect_duration("1.5s", 1500000000);
	expect_duration("0.1us", 100);
	expect_size("0.5G", 512ull << 20);
	expect_size("1.25K", 1280);
}

static void zero_is_a_number(void **state)
{
	(void)state;
	expect_duration("0s", 0);
	expect_size("0", 0);
}

static void a_fraction_of_the_smallest_unit_is_refused(void **state)
{
	(void)state;
	refuse_duration("0.5ns", UNITS_TOO_FINE);
	refuse_duration("0.0000000001s", UNITS_TOO_FINE);
	refuse_size("0.5", UNITS_TOO_FINE);
	refuse_size("0.0001K", UNITS_TOO_FINE);
}

static void a_duration_without_unit_is_refused(void **state)
{
	(void)state;
	refuse_duration("10", UNITS_NO_UNIT);
	refuse_duration("1.5", UNITS_NO_UNIT);
}

static void an_unknown_unit_is_refused(void **state)
{
	(void)state;
	refuse_duration("10sec", UNITS_BAD_UNIT);
	refuse_duration("10 ms", UNITS_BAD_UNIT);
	refuse_duration("10ms ", UNITS_BAD_UNIT);
	refuse_duration("10MS", UNITS_BAD_UNIT);
	refuse_duration("1.ms", UNITS_BAD_UNIT);
	refuse_duration("1.2.3s", UNITS_BAD_UNIT);
	refuse_size("256MB", UNITS_BAD_UNIT);
	refuse_size("0x100", UNITS_BAD_UNIT);
	refuse_size("1e9", UNITS_BAD_UNIT);
}

static void a_negative_number_is_refused(void **state)
{
	(void)state;
	refuse_duration("-10ms", UNITS_NEGATIVE);
	refuse_size("-1", UNITS_NEGATIVE);
}

static void what_is_no_number_is_refused(void **state)
{
	(void)state;
	refuse_duration("", UNITS_EMPTY);
	refuse_size("", UNITS_EMPTY);
	refuse_duration("ms", UNITS_NOT_NUMBER);
	refuse_duration("+1s", UNITS_NOT_NUMBER);
	refuse_duration(" 1s", UNITS_NOT_NUMBER);
	refuse_duration(".5s", UNITS_NOT_NUMBER);
	refuse_size("lots", UNITS_NOT_NUMBER);
}

static void overflow_is_refused(void **state)
{
	(void)state;
	expect_duration("18446744073709551615ns", UINT64_MAX);
	refuse_duration("18446744073709551616ns", UNITS_OVERFLOW);
	refuse_duration("99999999999h", UNITS_OVERFLOW);
	refuse_size("99999999999999999999999", UNITS_OVERFLOW);
	refuse_size("16777216T", UNITS_OVERFLOW);
	refuse_duration("0.00000000000000000000001s", UNITS_OVERFLOW);
}

static void each_error_has_a_text_of_its_own(void **state)
{
	(void)state;
	for (int a = UNITS_OK; a <= UNITS_TOO_FINE; a++)
		for (int b = UNITS_OK; b < a; b++)
			assert_string_not_equal(units_error_text(a), units_error_text(b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_duration_unit_is_taken),
		cmocka_unit_test(each_size_unit_is_taken),
		cmocka_unit_test(a_fraction_is_exact),
		cmocka_unit_test(zero_is_a_number),
		cmocka_unit_test(a_fraction_of_the_smallest_unit_is_refused),
		cmocka_unit_test(a_duration_without_unit_is_refused),
		cmocka_unit_test(an_unknown_unit_is_refused),
		cmocka_unit_test(a_negative_number_is_refused),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(overflow_is_refused),
		cmocka_unit_test(each_error_has_a_text_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
