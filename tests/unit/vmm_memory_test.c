/* SPDX-License-Identifier: MIT */
/* The one way from a guest address to memory. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/host/memory.h"

#define SIZE (2ull << 20)

static struct guestmem mem;

static int set_up(void **state)
{
	(void)state;
	return guestmem_init(&mem, SIZE);
}

static int tear_down(void **state)
{
	(void)state;
	guestmem_fini(&mem);
	return 0;
}

static void memory_starts_as_zeroes(void **state)
{
	(void)state;
	const uint8_t *bytes = guestmem_at(&mem, gpa_of(0), SIZE);

	assert_non_null(bytes);
	assert_int_equal(bytes[0], 0);
	assert_int_equal(bytes[SIZE - 1], 0);
}

static void a_range_inside_is_found(void **state)
{
	(void)state;
	assert_ptr_equal(guestmem_at(&mem, gpa_of(0x1000), 16), mem.base + 0x1000);
	assert_ptr_equal(guestmem_at(&mem, gpa_of(SIZE - 1), 1), mem.base + SIZE - 1);
	assert_non_null(guestmem_at(&mem, gpa_of(0), SIZE));
}

static void a_range_that_leaves_memory_is_refused(void **state)
{
	(void)state;
	assert_null(guestmem_at(&mem, gpa_of(SIZE - 1), 2));
	assert_null(guestmem_at(&mem, gpa_of(SIZE), 1));
	assert_null(guestmem_at(&mem, gpa_of(0), SIZE + 1));
}

static void a_range_that_wraps_is_refused(void **state)
{
	(void)state;
	assert_null(guestmem_at(&mem, gpa_of(UINT64_MAX), 1));
	assert_null(guestmem_at(&mem, gpa_of(UINT64_MAX), UINT64_MAX));
	assert_null(guestmem_at(&mem, gpa_of(0x1000), UINT64_MAX));
	assert_null(guestmem_at(&mem, gpa_of(0x1000), UINT64_MAX - 0xfff));
}

static void an_empty_range_is_checked_like_any_other(void **state)
{
	(void)state;
	assert_non_null(guestmem_at(&mem, gpa_of(SIZE), 0));
	assert_null(guestmem_at(&mem, gpa_of(SIZE + 1), 0));
}

static void copies_go_both_ways(void **state)
{
	(void)state;
	char got[6] = "";

	assert_int_equal(guestmem_write(&mem, gpa_of(0x2000), "hello", 6), 0);
	assert_int_equal(guestmem_read(&mem, gpa_of(0x2000), got, 6), 0);
	assert_string_equal(got, "hello");
}

static void a_copy_outside_is_a_fault(void **state)
{
	(void)state;
	char bytes[4] = "abc";

	assert_int_equal(guestmem_write(&mem, gpa_of(SIZE - 3), bytes, 4), -EFAULT);
	assert_int_equal(guestmem_read(&mem, gpa_of(SIZE - 3), bytes, 4), -EFAULT);
	assert_string_equal(bytes, "abc");
}

static void more_memory_than_there_are_addresses_is_an_error(void **state)
{
	struct guestmem large;

	(void)state;
	assert_int_equal(guestmem_init(&large, 1ull << 62), -ENOMEM);
	assert_null(guestmem_at(&large, gpa_of(0), 1));
	guestmem_fini(&large);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(memory_starts_as_zeroes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_range_inside_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_range_that_leaves_memory_is_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_range_that_wraps_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_empty_range_is_checked_like_any_other, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(copies_go_both_ways, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_copy_outside_is_a_fault, set_up, tear_down),
		cmocka_unit_test(more_memory_than_there_are_addresses_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
