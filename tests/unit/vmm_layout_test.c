/* SPDX-License-Identifier: MIT */
/* The boot page tables, walked as the CPU walks them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <lde/layout.h>

#include "vmm/boot/layout.h"

#define ADDRESS_MASK 0x000ffffffffff000ull

static struct guestmem mem;
static struct kimage image;

/* What a walk finds: where, and the AND of the permissions on the way. */
struct walk {
	bool is_mapped;
	uint64_t gpa;
	uint64_t page_bytes;
	bool is_writable;
	bool is_executable;
	bool is_user;
	uint64_t leaf;
};

static uint64_t entry_at(uint64_t table_gpa, uint64_t idx)
{
	uint64_t entry = 0;

	assert_int_equal(guestmem_read(&mem, gpa_of(table_gpa + 8 * idx), &entry, 8), 0);
	return entry;
}

static void combine(struct walk *walk, uint64_t entry)
{
	walk->is_writable &= !!(entry & PTE_WRITE);
	walk->is_user &= !!(entry & PTE_USER);
	walk->is_executable &= !(entry & PTE_NX);
	assert_true(entry & PTE_ACCESSED);
}

static struct walk walk_to(uint64_t va)
{
	struct walk walk = {.is_writable = true, .is_executable = true, .is_user = true};
	uint64_t table = LDE_BOOT_PT_PML4;

	for (unsigned int shift = 39;; shift -= 9) {
		uint64_t entry = entry_at(table, (va >> shift) % 512);
		if (!(entry & PTE_PRESENT))
			return (struct walk){0};
		combine(&walk, entry);
		if (shift == 12 || (entry & PTE_LARGE)) {
			walk.is_mapped = true;
			walk.page_bytes = 1ull << shift;
			walk.gpa = (entry & ADDRESS_MASK) + va % walk.page_bytes;
			walk.leaf = entry;
			return walk;
		}
		table = entry & ADDRESS_MASK;
	}
}

/* Text, a gap, read-only data, and data with a partial last page. */
static void describe_image(void)
{
	image = (struct kimage){
		.segments =
			{
				{.gpa = 0x100000, .memory_bytes = 0x1800, .is_executable = true},
				{.gpa = 0x103000, .memory_bytes = 0x1000},
				{.gpa = 0x3fe000, .memory_bytes = 0x1001, .is_writable = true},
			},
		.nr_segments = 3,
		.end_gpa = 0x400000,
	};
}

static int build(uint64_t memory_bytes)
{
	describe_image();
	assert_int_equal(guestmem_init(&mem, memory_bytes), 0);
	return layout_build_tables(&mem, &image);
}

static int tear_down(void **state)
{
	(void)state;
	guestmem_fini(&mem);
	return 0;
}

static void expect_direct(uint64_t gpa)
{
	struct walk walk = walk_to(LDE_VA_DIRECT + gpa);

	assert_true(walk.is_mapped);
	assert_int_equal(walk.gpa, gpa);
	assert_int_equal(walk.page_bytes, LAYOUT_LARGE_PAGE);
	assert_true(walk.is_writable);
	assert_false(walk.is_executable);
	assert_false(walk.is_user);
	assert_true(walk.leaf & PTE_DIRTY);
}

static void the_direct_map_covers_all_memory_and_no_more(void **state)
{
	const uint64_t sizes[] = {LDE_MEMORY_MIN, 258ull << 20, 1ull << 30, (1ull << 30) + (2 << 20),
				  LDE_MEMORY_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(build(sizes[i]), 0);
		for (uint64_t gpa = 0; gpa < sizes[i]; gpa += LAYOUT_LARGE_PAGE)
			expect_direct(gpa + 0x1234);
		assert_false(walk_to(LDE_VA_DIRECT + sizes[i]).is_mapped);
		guestmem_fini(&mem);
	}
}

static void code_is_executable_and_read_only(void **state)
{
	(void)state;
	assert_int_equal(build(LDE_MEMORY_MIN), 0);
	for (uint64_t gpa = 0x100000; gpa < 0x102000; gpa += LDE_PAGE_SIZE) {
		struct walk walk = walk_to(LDE_VA_IMAGE + gpa);
		assert_true(walk.is_mapped);
		assert_int_equal(walk.gpa, gpa);
		assert_int_equal(walk.page_bytes, LDE_PAGE_SIZE);
		assert_true(walk.is_executable);
		assert_false(walk.is_writable);
		assert_false(walk.leaf & PTE_DIRTY);
	}
}

static void read_only_data_is_neither_writable_nor_executable(void **state)
{
	(void)state;
	assert_int_equal(build(LDE_MEMORY_MIN), 0);
	struct walk walk = walk_to(LDE_VA_IMAGE + 0x103000);
	assert_true(walk.is_mapped);
	assert_false(walk.is_writable);
	assert_false(walk.is_executable);
}

static void data_is_writable_up_to_its_last_page(void **state)
{
	(void)state;
	assert_int_equal(build(LDE_MEMORY_MIN), 0);
	for (uint64_t gpa = 0x3fe000; gpa < 0x400000; gpa += LDE_PAGE_SIZE) {
		struct walk walk = walk_to(LDE_VA_IMAGE + gpa);
		assert_int_equal(walk.gpa, gpa);
		assert_true(walk.is_writable);
		assert_false(walk.is_executable);
		assert_true(walk.leaf & PTE_DIRTY);
	}
}

static void what_is_no_segment_is_not_mapped(void **state)
{
	const uint64_t holes[] = {0, 0x1000, 0xff000, 0x102000, 0x104000, 0x3fd000, 0x400000};

	(void)state;
	assert_int_equal(build(LDE_MEMORY_MIN), 0);
	for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++)
		assert_false(walk_to(LDE_VA_IMAGE + holes[i]).is_mapped);
}

static void the_lower_half_is_empty(void **state)
{
	(void)state;
	assert_int_equal(build(LDE_MEMORY_MIN), 0);
	for (uint64_t idx = 0; idx < 512; idx++)
		if (idx != LDE_PML4_DIRECT && idx != LDE_PML4_IMAGE)
			assert_int_equal(entry_at(LDE_BOOT_PT_PML4, idx), 0);
}

/* Another top-level table with the bit set opens the same tables to ring 3. */
static void only_the_top_level_is_without_the_user_bit(void **state)
{
	(void)state;
	assert_int_equal(build(LDE_MEMORY_MIN), 0);
	assert_false(walk_to(LDE_VA_IMAGE + 0x100000).is_user);
	uint64_t *pml4 = guestmem_at(&mem, gpa_of(LDE_BOOT_PT_PML4), LDE_PAGE_SIZE);
	pml4[LDE_PML4_IMAGE] |= PTE_USER;
	pml4[LDE_PML4_DIRECT] |= PTE_USER;
	assert_true(walk_to(LDE_VA_IMAGE + 0x100000).is_user);
	assert_true(walk_to(LDE_VA_IMAGE + 0x3fe000).is_user);
	assert_true(walk_to(LDE_VA_DIRECT).is_user);
}

static void nothing_is_written_outside_the_tables(void **state)
{
	(void)state;
	assert_int_equal(build(LDE_MEMORY_MIN), 0);
	for (uint64_t gpa = 0; gpa < 0x200000; gpa += 8)
		if (gpa < LDE_BOOT_PT_PML4 || gpa >= LDE_BOOT_PT_END)
			assert_int_equal(entry_at(gpa, 0), 0);
}

static void a_size_that_does_not_fit_is_refused(void **state)
{
	const uint64_t sizes[] = {2ull << 20, LDE_MEMORY_MIN - LAYOUT_LARGE_PAGE,
				  LDE_MEMORY_MIN + LDE_PAGE_SIZE, LDE_MEMORY_MAX + LAYOUT_LARGE_PAGE};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(build(sizes[i]), -EINVAL);
		guestmem_fini(&mem);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_direct_map_covers_all_memory_and_no_more),
		cmocka_unit_test_teardown(code_is_executable_and_read_only, tear_down),
		cmocka_unit_test_teardown(read_only_data_is_neither_writable_nor_executable,
					  tear_down),
		cmocka_unit_test_teardown(data_is_writable_up_to_its_last_page, tear_down),
		cmocka_unit_test_teardown(what_is_no_segment_is_not_mapped, tear_down),
		cmocka_unit_test_teardown(the_lower_half_is_empty, tear_down),
		cmocka_unit_test_teardown(only_the_top_level_is_without_the_user_bit, tear_down),
		cmocka_unit_test_teardown(nothing_is_written_outside_the_tables, tear_down),
		cmocka_unit_test(a_size_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
