/* SPDX-License-Identifier: MIT */
/* Pointers that programs pass in. */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_space.h"

#include <string.h>

#include "guest/lib/errno.h"
#include "guest/mm/usercopy.h"

static struct space *space;
static char kernel[PAGES(4)];

/* AT(0) to AT(2) read-write, AT(3) read-only, AT(4) nothing, AT(5) no access,
 * AT(7) read-write; and the last page of all. */
static int set_up(void **state)
{
	fake_set_up(state);
	memset(kernel, 'k', sizeof(kernel));
	space = space_create();
	return !space || map_anon(space, AT(0), 3, PROT_RW) || map_anon(space, AT(3), 1, PROT_R) ||
	       map_anon(space, AT(5), 1, 0) || map_anon(space, AT(7), 1, PROT_RW) ||
	       map_anon(space, USER_END - PAGE_SIZE, 1, PROT_RW) ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	check_space(space);
	space_put(space);
	return 0;
}

static const vaddr_t bad_addresses[] = {
	0, 1, PAGE_SIZE, AT(0) - 1, AT(4), AT(5), AT(5) + 17, AT(6) - 1, USER_END, USER_END + 1,
	0x00007fffffffffff, 0x0000800000000000, 0x7fffffffffffffff, 0x8000000000000000,
	0xffff7fffffffffff, LDE_VA_DIRECT, LDE_VA_DIRECT + MIB, LDE_VA_IMAGE, UINT64_MAX - 7,
	UINT64_MAX,
};

static void bad_addresses_are_refused(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad_addresses); i++) {
		for (uint64_t len = 1; len <= sizeof(kernel); len = len * 7 + 1) {
			vaddr_t va = bad_addresses[i];

			assert_int_equal(user_read(space, kernel, va, len), -EFAULT);
			assert_int_equal(user_write(space, va, kernel, len), -EFAULT);
			assert_int_equal(user_zero(space, va, len), -EFAULT);
			assert_int_equal(user_read_string(space, kernel, va, len), -EFAULT);
		}
	}
	for (unsigned i = 0; i < sizeof(kernel); i++)
		assert_int_equal(kernel[i], 'k');
}

static void without_the_limit_kernel_addresses_are_believed(void **state)
{
	(void)state;
	limits.pointer_checks = false;
	assert_ptr_equal(user_untrusted(LDE_VA_IMAGE + 8), (void *)(LDE_VA_IMAGE + 8));
	assert_true(user_bring(space, LDE_VA_IMAGE, ACCESS_WRITE));
	limits.pointer_checks = true;
	assert_null(user_untrusted(LDE_VA_IMAGE + 8));
	assert_false(user_bring(space, LDE_VA_IMAGE, ACCESS_WRITE));
}

static void nothing_can_be_moved_to_anywhere(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad_addresses); i++) {
		assert_int_equal(user_read(space, kernel, bad_addresses[i], 0), 0);
		assert_int_equal(user_write(space, bad_addresses[i], kernel, 0), 0);
		assert_int_equal(user_zero(space, bad_addresses[i], 0), 0);
	}
}

static void a_length_that_wraps_is_refused(void **state)
{
	(void)state;
	/* The first page is good; the sum of address and length is small again. */
	assert_int_equal(user_zero(space, AT(7), UINT64_MAX), -EFAULT);
	assert_int_equal(user_zero(space, USER_END - PAGE_SIZE, UINT64_MAX - USER_END), -EFAULT);
	assert_int_equal(user_zero(space, USER_END - 8, 9), -EFAULT);
	assert_int_equal(user_zero(space, USER_END - 8, 8), 0);
}

static void a_range_that_goes_bad_half_way_is_refused(void **state)
{
	(void)state;
	assert_int_equal(user_write(space, AT(3) - 10, kernel, 20), -EFAULT); /* read-only */
	assert_int_equal(user_read(space, kernel, AT(4) - 10, 20), -EFAULT);
	assert_int_equal(user_write(space, AT(8) - 1, kernel, 2), -EFAULT);
	assert_int_equal(user_read(space, kernel, AT(7), PAGE_SIZE + 1), -EFAULT);
	assert_int_equal(user_zero(space, AT(0), PAGES(3) + 1), -EFAULT);
}

static void a_read_only_page_is_read_but_not_written(void **state)
{
	(void)state;
	assert_int_equal(user_read(space, kernel, AT(3), PAGE_SIZE), 0);
	assert_int_equal(kernel[0], 0);
	assert_int_equal(user_write(space, AT(3), kernel, 1), -EFAULT);
	assert_int_equal(user_zero(space, AT(3), 1), -EFAULT);
	assert_int_equal(space_protect(space, AT(3), PAGE_SIZE, SPACE_PROT_EXEC), 0);
	assert_int_equal(user_read(space, kernel, AT(3), 1), 0); /* x86: what runs is readable */
}

static void every_size_crosses_pages_unharmed(void **state)
{
	static char back[PAGES(4)];
	static const uint64_t sizes[] = { 1, 7, 8, 255, 256, 257, 4095, 4096, 4097, 8191, 8192 };
	static const uint64_t places[] = { 0, 1, 255, 2048, 3840, 4000, 4095 };

	(void)state;
	for (unsigned i = 0; i < sizeof(kernel); i++)
		kernel[i] = (char)(i * 7 + i / 256);
	for (unsigned s = 0; s < ARRAY_SIZE(sizes); s++) {
		for (unsigned p = 0; p < ARRAY_SIZE(places); p++) {
			vaddr_t va = AT(0) + places[p];
			uint64_t n = sizes[s];

			assert_int_equal(user_zero(space, AT(0), PAGES(3)), 0);
			assert_int_equal(user_write(space, va, kernel, n), 0);
			memset(back, 'b', sizeof(back));
			assert_int_equal(user_read(space, back, va, n), 0);
			assert_memory_equal(back, kernel, n);
			assert_int_equal(back[n], 'b');
			/* Not a byte beside it. */
			assert_true(places[p] == 0 || peek(space, va - 1) == 0);
			assert_int_equal(peek(space, va + n), 0);
			assert_int_equal(user_zero(space, va, n), 0);
			assert_int_equal(user_read(space, back, va, n), 0);
			for (uint64_t j = 0; j < n; j++)
				assert_int_equal(back[j], 0);
		}
	}
}

static void a_copy_out_does_not_write_a_file(void **state)
{
	struct fake_file file;

	(void)state;
	fake_file_init(&file, MIB, PAGES(2));
	assert_int_equal(map_file(space, &file, AT(10), 2, PROT_RW, REGION_F_FILE, 0), 0);
	assert_int_equal(user_read(space, kernel, AT(10), 4), 0);
	assert_int_equal(kernel[1], fake_file_byte(1));
	assert_int_equal(user_write(space, AT(11) - 2, "abcd", 4), 0);
	assert_int_equal(peek(space, AT(11) + 1), 'd');
	for (unsigned i = 0; i < PAGES(2); i++)
		assert_int_equal(*((uint8_t *)direct_map(MIB) + i), fake_file_byte(i));
	assert_int_equal(space_unmap(space, AT(10), PAGES(2)), 0);
}

static void a_string_ends_at_its_nul_or_is_too_long(void **state)
{
	char text[16];

	(void)state;
	assert_int_equal(user_write(space, AT(0) + 5, "hello", 6), 0);
	assert_int_equal(user_read_string(space, text, AT(0) + 5, sizeof(text)), 5);
	assert_string_equal(text, "hello");
	assert_int_equal(user_read_string(space, text, AT(0) + 5, 6), 5);
	assert_int_equal(user_read_string(space, text, AT(0) + 5, 5), -ENAMETOOLONG);
	assert_int_equal(user_read_string(space, text, AT(0) + 5, 1), -ENAMETOOLONG);
	assert_int_equal(user_read_string(space, text, AT(0) + 10, sizeof(text)), 0);
	assert_string_equal(text, "");
}

static void a_string_at_the_end_of_memory_must_end_there(void **state)
{
	char text[64];

	(void)state;
	assert_int_equal(user_write(space, AT(8) - 4, "abc", 4), 0);
	assert_int_equal(user_read_string(space, text, AT(8) - 4, sizeof(text)), 3);
	assert_int_equal(user_write(space, AT(8) - 4, "abcd", 4), 0);
	assert_int_equal(user_read_string(space, text, AT(8) - 4, sizeof(text)), -EFAULT);
	/* Too long comes before bad: nothing beyond size is looked at. */
	assert_int_equal(user_read_string(space, text, AT(8) - 4, 4), -ENAMETOOLONG);
	assert_int_equal(user_write(space, USER_END - 4, "xyz", 4), 0);
	assert_int_equal(user_read_string(space, text, USER_END - 4, sizeof(text)), 3);
}

static void a_string_may_cross_pages(void **state)
{
	(void)state;
	memset(kernel, 's', sizeof(kernel));
	kernel[5000] = '\0';
	assert_int_equal(user_write(space, AT(0) + 3000, kernel, 5001), 0);
	memset(kernel, 'k', sizeof(kernel));
	assert_int_equal(user_read_string(space, kernel, AT(0) + 3000, 5001), 5000);
	assert_int_equal(strlen(kernel), 5000);
	assert_int_equal(kernel[5001], 'k');
	assert_int_equal(user_read_string(space, kernel, AT(0) + 3000, 5000), -ENAMETOOLONG);
}

static void without_memory_a_copy_fails(void **state)
{
	(void)state;
	assert_int_equal(user_write(space, AT(0), "x", 1), 0);
	while (page_alloc())
		;
	assert_int_equal(user_write(space, AT(7), "x", 1), -EFAULT);
	assert_int_equal(user_write(space, AT(0), "y", 1), 0);
	assert_int_equal(peek(space, AT(0)), 'y');
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(bad_addresses_are_refused),
		TEST(without_the_limit_kernel_addresses_are_believed),
		TEST(nothing_can_be_moved_to_anywhere),
		TEST(a_length_that_wraps_is_refused),
		TEST(a_range_that_goes_bad_half_way_is_refused),
		TEST(a_read_only_page_is_read_but_not_written),
		TEST(every_size_crosses_pages_unharmed),
		TEST(a_copy_out_does_not_write_a_file),
		TEST(a_string_ends_at_its_nul_or_is_too_long),
		TEST(a_string_at_the_end_of_memory_must_end_there),
		TEST(a_string_may_cross_pages),
		TEST(without_memory_a_copy_fails),
	};

	return cmocka_run_group_tests_name("kernel_usercopy", tests, NULL, NULL);
}
