/* SPDX-License-Identifier: MIT */
/* What is typed: kept in order, and the way out of the run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/dev/keyboard.h"

static struct keyboard keyboard;

static int set_up(void **state)
{
	(void)state;
	memset(&keyboard, 0, sizeof(keyboard));
	return 0;
}

static bool type(const char *keys, uint64_t now_ms)
{
	struct iovec room = keyboard_room(&keyboard);
	size_t len = strlen(keys);

	assert_true(len <= room.iov_len);
	memcpy(room.iov_base, keys, len);
	return keyboard_add(&keyboard, len, now_ms * 1000000);
}

static void expect(size_t first, size_t second, const char *expected)
{
	char a[64] = "", b[64] = "";
	struct iovec iov[2] = {{a, first}, {b, second}};
	size_t len = keyboard_take(&keyboard, iov, 2);

	assert_int_equal(len, strlen(expected));
	assert_memory_equal(a, expected, len < first ? len : first);
	if (len > first)
		assert_memory_equal(b, expected + first, len - first);
}

static void keys_come_in_the_order_in_which_they_were_typed(void **state)
{
	(void)state;
	type("abc", 0);
	type("def", 1);
	expect(2, 3, "abcde");
	type("g", 2);
	expect(10, 10, "fg");
	assert_true(keyboard_is_empty(&keyboard));
	expect(10, 10, "");
}

static void there_is_room_for_so_many_and_again_when_they_are_gone(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < KEYBOARD_SIZE; i++)
		type("x", i);
	assert_int_equal(keyboard_room(&keyboard).iov_len, 0);
	for (unsigned int i = 0; i < KEYBOARD_SIZE / 32; i++)
		expect(16, 16, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	assert_int_equal(keyboard_room(&keyboard).iov_len, KEYBOARD_SIZE);
}

static void three_escapes_within_a_second_are_the_way_out(void **state)
{
	(void)state;
	assert_true(type("\x1d\x1d\x1d", 0));
	assert_false(type("\x1d", 5000));
	assert_false(type("\x1d", 5400));
	assert_true(type("\x1d", 5900));
}

static void other_escapes_are_input(void **state)
{
	(void)state;
	assert_false(type("\x1d\x1dx\x1d", 0)); /* something between */
	assert_false(type("x", 10));
	assert_false(type("\x1d", 20));
	assert_false(type("\x1d", 900));
	assert_false(type("\x1d", 1100)); /* too slow: the first of others */
	assert_false(type("\x1d", 1200));
	assert_true(type("\x1d", 1300));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, set_up)
		T(keys_come_in_the_order_in_which_they_were_typed),
		T(there_is_room_for_so_many_and_again_when_they_are_gone),
		T(three_escapes_within_a_second_are_the_way_out),
		T(other_escapes_are_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
