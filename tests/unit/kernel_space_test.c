/* SPDX-License-Identifier: MIT */
/* Address spaces: what is mapped, and how that changes. */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_space.h"

#include <string.h>
#include <time.h>

#include "guest/lib/errno.h"
#include "guest/mm/pagetable.h"

#define TIB (1ull << 40)

static struct space *space;
static struct fake_file file;

static int set_up(void **state)
{
	(void)state;
	space = fake_space_begin(&file, PAGES(5) + 100);
	return space ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	fake_space_end(space, &file);
	return 0;
}

static void fill(vaddr_t start, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		assert_true(poke(space, start + PAGES(i), (uint8_t)(i + 1)));
}

static void a_new_space_has_the_kernel_and_nothing_else(void **state)
{
	const uint64_t *root = direct_map(space->tables.root);

	(void)state;
	for (unsigned i = 0; i < 512; i++) {
		bool is_kernel = i == LDE_PML4_DIRECT || i == LDE_PML4_IMAGE;

		assert_int_equal(root[i] != 0, is_kernel);
		assert_false(root[i] & PTE_USER);
	}
	assert_null(space_find(space, AT(0)));
	assert_null(space_find_from(space, 0));
}

static void no_memory_means_no_space(void **state)
{
	paddr_t taken[8192];
	unsigned nr = 0;

	(void)state;
	while ((taken[nr] = page_alloc()))
		nr++;
	assert_null(space_create());
	assert_int_equal(page_nr_free(), 0);
	while (nr)
		page_put(taken[--nr]);
}

static void a_space_with_two_users_lives_until_the_second_goes(void **state)
{
	(void)state;
	assert_int_equal(map_anon(space, AT(0), 1, PROT_RW), 0);
	assert_true(poke(space, AT(0), 42));
	space->users++;
	space_put(space);
	assert_int_equal(peek(space, AT(0)), 42);
}

static void a_region_is_found_at_its_edges_only(void **state)
{
	struct region *r;

	(void)state;
	assert_int_equal(map_anon(space, AT(1), 2, PROT_R), 0);
	r = space_find(space, AT(1));
	assert_non_null(r);
	assert_ptr_equal(space_find(space, AT(3) - 1), r);
	assert_null(space_find(space, AT(1) - 1));
	assert_null(space_find(space, AT(3)));
	assert_ptr_equal(space_find_from(space, 0), r);
	assert_ptr_equal(space_find_from(space, AT(3) - 1), r);
	assert_null(space_find_from(space, AT(3)));
}

static void neighbours_that_differ_in_nothing_become_one(void **state)
{
	(void)state;
	assert_int_equal(map_anon(space, AT(0), 2, PROT_RW), 0);
	assert_int_equal(map_anon(space, AT(2), 2, PROT_RW), 0);
	assert_int_equal(space->nr_regions, 1);
	assert_int_equal(map_anon(space, AT(4), 2, PROT_R), 0);
	assert_int_equal(space->nr_regions, 2);
	assert_int_equal(map_file(space, &file, AT(6), 1, PROT_R, 0, 0), 0);
	assert_int_equal(map_file(space, &file, AT(7), 1, PROT_R, 0, 0), 0);
	assert_int_equal(space->nr_regions, 4);
	fill(AT(0), 4);
	check_space(space);
}

static void is_free_sees_every_overlap(void **state)
{
	(void)state;
	assert_int_equal(map_anon(space, AT(4), 2, PROT_R), 0);
	assert_true(space_is_free(space, AT(2), PAGES(2)));
	assert_true(space_is_free(space, AT(6), PAGES(2)));
	assert_false(space_is_free(space, AT(3), PAGES(2)));
	assert_false(space_is_free(space, AT(5), PAGES(2)));
	assert_false(space_is_free(space, AT(4), PAGES(1)));
	assert_false(space_is_free(space, AT(0), PAGES(20)));
}

static void unmap_cuts_holes_at_every_place(void **state)
{
	(void)state;
	for (unsigned from = 0; from < 6; from++) {
		for (unsigned to = from + 1; to <= 6; to++) {
			uint64_t free;

			assert_int_equal(map_anon(space, AT(0), 6, PROT_RW), 0);
			fill(AT(0), 6);
			free = page_nr_free();
			assert_int_equal(space_unmap(space, AT(from), PAGES(to - from)), 0);
			assert_true(page_nr_free() >= free + to - from);
			check_space(space);
			for (unsigned i = 0; i < 6; i++)
				assert_int_equal(peek(space, AT(i)),
						 i >= from && i < to ? -1 : (int)i + 1);
			assert_int_equal(space_unmap(space, AT(0), PAGES(6)), 0);
			assert_int_equal(space->nr_regions, 0);
		}
	}
}

static void unmap_takes_several_regions_and_the_gaps_between(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10; i += 2)
		assert_int_equal(map_anon(space, AT(i), 1, i % 4 ? PROT_RW : PROT_R), 0);
	assert_int_equal(space_unmap(space, AT(1), PAGES(6)), 0);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(space_find(space, AT(i)) != NULL, i == 0 || i == 8);
	assert_int_equal(space_unmap(space, AT(20), PAGES(5)), 0);
}

static void a_hole_in_a_file_leaves_the_right_parts(void **state)
{
	(void)state;
	assert_int_equal(map_file(space, &file, AT(0), 6, PROT_R, REGION_F_FILE, 0), 0);
	assert_int_equal(space_unmap(space, AT(2), PAGES(1)), 0);
	assert_int_equal(file.users, 2);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(peek(space, AT(i)), i == 2 ? -1 : fake_file_byte(PAGES(i)));
	assert_int_equal(peek(space, AT(5) + 99), fake_file_byte(PAGES(5) + 99));
	assert_int_equal(peek(space, AT(5) + 100), 0);
}

static void protect_splits_and_joins(void **state)
{
	(void)state;
	assert_int_equal(map_anon(space, AT(0), 6, PROT_RW), 0);
	fill(AT(0), 6);
	assert_int_equal(space_protect(space, AT(2), PAGES(2), PROT_R), 0);
	assert_int_equal(space->nr_regions, 3);
	check_space(space);
	assert_false(poke(space, AT(2), 9));
	assert_true(poke(space, AT(4), 9));
	assert_int_equal(space_protect(space, AT(0), PAGES(6), PROT_R), 0);
	assert_int_equal(space->nr_regions, 1);
	check_space(space);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(peek(space, AT(i)), i == 4 ? 9 : (int)i + 1);
}

static void what_was_no_access_is_there_again_afterwards(void **state)
{
	uint64_t free;

	(void)state;
	assert_int_equal(map_anon(space, AT(0), 4, PROT_RW), 0);
	fill(AT(0), 3);
	free = page_nr_free();
	assert_int_equal(space_protect(space, AT(0), PAGES(4), 0), 0);
	check_space(space);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(peek(space, AT(i)), -1);
		assert_int_equal(space_fault(space, AT(i), ACCESS_READ), LDE_REASON_NO_ACCESS);
	}
	assert_int_equal(page_nr_free(), free);
	assert_int_equal(space_protect(space, AT(0), PAGES(4), PROT_RW), 0);
	check_space(space);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(peek(space, AT(i)), i == 3 ? 0 : (int)i + 1);
}

static void protect_of_a_range_with_a_hole_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(map_anon(space, AT(0), 2, PROT_RW), 0);
	assert_int_equal(map_anon(space, AT(3), 2, PROT_RW), 0);
	assert_int_equal(space_protect(space, AT(0), PAGES(5), PROT_R), -ENOMEM);
	assert_int_equal(space_protect(space, AT(4), PAGES(2), PROT_R), -ENOMEM);
	assert_int_equal(space_protect(space, AT(10), PAGES(1), PROT_R), -ENOMEM);
	assert_int_equal(space->nr_regions, 2);
	assert_true(poke(space, AT(0), 1));
	assert_true(poke(space, AT(4), 1));
}

static void a_change_under_the_loaded_root_is_flushed(void **state)
{
	(void)state;
	assert_int_equal(map_anon(space, AT(0), 4, PROT_RW), 0);
	fill(AT(0), 4);
	fake.nr_flushes = 0;
	assert_int_equal(space_protect(space, AT(0), PAGES(1), PROT_R), 0);
	assert_int_equal(fake.nr_flushes, 0); /* another process's */
	fake.cr3 = space->tables.root;
	assert_int_equal(space_protect(space, AT(0), PAGES(1), PROT_RW), 0);
	assert_int_equal(fake.nr_flushes, 1);
	space_discard(space, AT(0), PAGES(1));
	assert_int_equal(fake.nr_flushes, 2);
	assert_int_equal(space_unmap(space, AT(0), PAGES(2)), 0);
	assert_int_equal(fake.nr_flushes, 3);
	assert_int_equal(space_move(space, AT(2), PAGES(2), AT(9), PAGES(2)), 0);
	assert_int_equal(fake.nr_flushes, 4);
}

static void a_move_takes_the_pages_along_and_grows(void **state)
{
	uint64_t free;

	(void)state;
	assert_int_equal(map_anon(space, AT(0), 5, PROT_RW), 0);
	fill(AT(0), 5);
	/* The tables of the new place exist already. */
	assert_int_equal(map_anon(space, AT(20), 1, PROT_R), 0);
	free = page_nr_free();
	assert_int_equal(space_move(space, AT(1), PAGES(3), AT(10), PAGES(6)), 0);
	assert_int_equal(page_nr_free(), free);
	check_space(space);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(peek(space, AT(i)), i == 0 || i == 4 ? (int)i + 1 : -1);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(peek(space, AT(10 + i)), i < 3 ? (int)i + 2 : 0);
	assert_true(poke(space, AT(15), 1));
}

static void a_moved_file_keeps_its_offset(void **state)
{
	vaddr_t far = 0x7f0000000000;

	(void)state;
	assert_int_equal(map_file(space, &file, AT(0), 6, PROT_RW, REGION_F_FILE, 0), 0);
	assert_true(poke(space, AT(3), 77));
	assert_int_equal(peek(space, AT(4)), fake_file_byte(PAGES(4)));
	assert_int_equal(space_move(space, AT(2), PAGES(4), far, PAGES(4)), 0);
	assert_int_equal(peek(space, far), fake_file_byte(PAGES(2)));
	assert_int_equal(peek(space, far + PAGES(1)), 77);
	assert_int_equal(peek(space, far + PAGES(2)), fake_file_byte(PAGES(4)));
	assert_int_equal(peek(space, far + PAGES(3) + 99), fake_file_byte(PAGES(5) + 99));
	assert_int_equal(file.users, 2);
}

static void a_move_beside_its_like_keeps_the_pages_apart(void **state)
{
	(void)state;
	assert_int_equal(map_anon(space, AT(8), 2, PROT_RW), 0);
	fill(AT(8), 2);
	assert_int_equal(map_anon(space, AT(0), 2, PROT_RW), 0);
	assert_true(poke(space, AT(0), 50) && poke(space, AT(1), 51));
	assert_int_equal(space_move(space, AT(0), PAGES(2), AT(10), PAGES(2)), 0);
	assert_int_equal(peek(space, AT(8)), 1);
	assert_int_equal(peek(space, AT(9)), 2);
	assert_int_equal(peek(space, AT(10)), 50);
	assert_int_equal(peek(space, AT(11)), 51);
	assert_int_equal(peek(space, AT(0)), -1);
}

/* Then the new region would be joined to the one that it replaces. */
static void a_move_to_where_it_ends_keeps_the_pages(void **state)
{
	(void)state;
	assert_int_equal(map_anon(space, AT(0), 4, PROT_RW), 0);
	fill(AT(0), 4);
	assert_int_equal(space_move(space, AT(2), PAGES(2), AT(4), PAGES(2)), 0);
	check_space(space);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(peek(space, AT(i)), i == 2 || i == 3 ? -1 : i < 2 ? (int)i + 1 : (int)i - 1);
}

static void a_grown_region_has_fresh_pages_at_its_end(void **state)
{
	(void)state;
	assert_int_equal(map_anon(space, AT(0), 1, PROT_RW), 0);
	space_grow(space_find(space, AT(0)), PAGES(3));
	fill(AT(0), 4);
	assert_int_equal(peek(space, AT(4)), -1);
}

static void discarded_pages_are_fresh_again(void **state)
{
	uint64_t free;

	(void)state;
	assert_int_equal(map_anon(space, AT(0), 4, PROT_RW), 0);
	assert_int_equal(map_file(space, &file, AT(5), 2, PROT_RW, REGION_F_FILE, 0), 0);
	fill(AT(0), 4);
	assert_true(poke(space, AT(5), 99));
	free = page_nr_free();
	space_discard(space, AT(1), PAGES(9)); /* over gaps, too */
	assert_int_equal(page_nr_free(), free + 4);
	check_space(space);
	assert_int_equal(peek(space, AT(0)), 1);
	assert_int_equal(peek(space, AT(1)), 0);
	assert_int_equal(peek(space, AT(3)), 0);
	assert_int_equal(peek(space, AT(5)), fake_file_byte(0));
	space_discard(space, AT(100), PAGES(1));
}

/* What is said of nr pages from AT(0) on, a digit each; of the others nothing is. */
static void assert_resident(uint64_t nr, const char *expected)
{
	uint8_t resident[16];

	memset(resident, '?' - '0', sizeof(resident));
	assert_int_equal(space_find_resident(space, AT(0), nr, resident), strcspn(expected, "?"));
	for (unsigned i = 0; expected[i]; i++)
		assert_int_equal(resident[i] + '0', expected[i]);
}

static void pages_are_resident_once_touched_and_those_of_files_always(void **state)
{
	(void)state;
	assert_int_equal(map_anon(space, AT(0), 3, PROT_RW), 0);
	assert_int_equal(map_file(space, &file, AT(3), 2, PROT_RW, REGION_F_FILE, 0), 0);
	assert_resident(5, "00011?");
	fill(AT(0), 3);
	assert_resident(5, "11111?");
	assert_resident(1, "1?");
	space_discard(space, AT(0), PAGES(1));
	assert_resident(5, "01111?");
	assert_int_equal(map_anon(space, AT(6), 2, PROT_RW), 0);
	fill(AT(7), 1);
	assert_resident(8, "01111???"); /* up to the gap */
	assert_int_equal(space_unmap(space, AT(5), PAGES(1)), 0);
	assert_int_equal(map_anon(space, AT(5), 1, PROT_RW), 0);
	assert_resident(8, "01111001");
	assert_int_equal(space_unmap(space, AT(0), PAGES(1)), 0);
	assert_resident(8, "???");
}

static void gaps_are_found_from_the_top(void **state)
{
	(void)state;
	assert_int_equal(space_find_gap(space, PAGES(4)), USER_END - PAGES(4));
	assert_int_equal(map_anon(space, USER_END - PAGES(4), 4, PROT_R), 0);
	assert_int_equal(map_anon(space, USER_END - PAGES(10), 2, PROT_R), 0);
	assert_int_equal(space_find_gap(space, PAGES(4)), USER_END - PAGES(8));
	assert_int_equal(space_find_gap(space, PAGES(5)), USER_END - PAGES(15));
	assert_int_equal(space_find_gap(space, USER_END - USER_START), 0);
	assert_int_equal(space_find_gap(space, USER_END - PAGES(10) - USER_START), USER_START);
	assert_int_equal(space_find_gap(space, USER_END - PAGES(9) - USER_START), 0);
}

static void a_gap_that_was_unmapped_is_found_again(void **state)
{
	vaddr_t first, second;

	(void)state;
	first = space_find_gap(space, PAGES(4));
	assert_int_equal(map_anon(space, first, 4, PROT_R), 0);
	second = space_find_gap(space, PAGES(4));
	assert_int_equal(second, first - PAGES(4));
	assert_int_equal(map_anon(space, second, 4, PROT_R | SPACE_PROT_WRITE), 0);
	assert_int_equal(space_unmap(space, first, PAGES(4)), 0);
	assert_int_equal(space_find_gap(space, PAGES(4)), first);
}

static void the_gap_below_a_stack_keeps_its_guard(void **state)
{
	struct space_mapping stack = {
		.start = USER_END - PAGES(10),
		.bytes = PAGES(10),
		.prot = PROT_RW,
		.flags = REGION_F_STACK,
	};

	(void)state;
	assert_int_equal(space_map(space, &stack), 0);
	assert_int_equal(space_find_gap(space, PAGES(1)),
			 USER_END - PAGES(11) - STACK_GUARD_BYTES);
}

static void a_hole_ends_where_the_table_above_it_has_its_next_entry(void **state)
{
	const uint64_t lowest = 2 * MIB, middle = 1024 * MIB, top = 512 * middle;
	const vaddr_t base = 5 * top + 7 * middle + 9 * lowest;
	struct page_tables *t = &space->tables;

	(void)state;
	assert_int_equal(paging_hole_end(t, 0), top);
	assert_int_equal(paging_hole_end(t, base), 6 * top);
	assert_non_null(paging_ensure(t, base, pagetable_alloc));
	assert_int_equal(paging_hole_end(t, 5 * top), 5 * top + middle);
	assert_int_equal(paging_hole_end(t, 5 * top + 7 * middle - 1), 5 * top + 7 * middle);
	assert_int_equal(paging_hole_end(t, base - 1), base);
	assert_int_equal(paging_hole_end(t, base + lowest), base + 2 * lowest);
	assert_int_equal(paging_hole_end(t, 5 * top + 8 * middle - 1), 5 * top + 8 * middle);
	assert_int_equal(paging_hole_end(t, 5 * top + 8 * middle), 5 * top + 9 * middle);
	assert_int_equal(paging_hole_end(t, 6 * top - 1), 6 * top);
	assert_int_equal(paging_hole_end(t, 5 * top - 1), 5 * top);
	assert_int_equal(paging_hole_end(t, USER_END - 1), 1ull << 47);
}

/* On both sides of the borders between tables of each level, beside holes. */
static void pages_at_the_borders_of_tables_are_all_found(void **state)
{
	static const uint64_t borders[] = {
		TIB, TIB + 2 * MIB, TIB + 4 * MIB, TIB + 1024 * MIB, TIB + 3072 * MIB,
		TIB + 512 * 1024 * MIB, 3 * TIB, 5 * TIB + 1024 * MIB - 2 * MIB, 90 * TIB,
	};
	uint64_t all;

	(void)state;
	assert_int_equal(map_anon(space, TIB / 2, 100 * TIB / PAGE_SIZE, PROT_RW), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(borders); i++) {
		assert_true(poke(space, borders[i] - 1, 1));
		assert_true(poke(space, borders[i], 2));
	}
	check_space(space);
	all = space->nr_pages; /* and more than was touched: pages come in advance */
	for (unsigned i = 0; i < ARRAY_SIZE(borders); i++) {
		/* What ends at it is away, what begins there is not. */
		assert_int_equal(space_unmap(space, borders[i] - PAGE_SIZE, PAGE_SIZE), 0);
		assert_int_equal(space->nr_pages, all - i - 1);
		assert_int_equal(entry_of(space, borders[i] - 1), 0);
		assert_int_equal(peek(space, borders[i]), 2);
	}
	check_space(space);
	assert_int_equal(space_unmap(space, TIB / 2, 100 * TIB), 0);
	assert_int_equal(space->nr_pages, 0);
	check_space(space);
}

/* Tables that are not there cost a walk next to nothing, in time of the CPU's. */
static void a_walk_over_an_almost_empty_space_is_short(void **state)
{
	clock_t start = clock();

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		assert_int_equal(map_anon(space, TIB, 100 * TIB / PAGE_SIZE, PROT_RW), 0);
		assert_true(poke(space, TIB, 1));
		assert_true(poke(space, 101 * TIB - 1, 1));
		assert_int_equal(space_unmap(space, TIB, 100 * TIB), 0);
	}
	assert_in_range(clock() - start, 0, CLOCKS_PER_SEC);
}

static void the_number_of_regions_has_a_limit(void **state)
{
	unsigned nr = 0;

	(void)state;
	/* From the top down, where looking up the place costs nothing. */
	while (nr < 100000 && !map_anon(space, AT(200000 - 2 * nr), 1, PROT_R))
		nr++;
	assert_in_range(nr, 1000, 99999);
	assert_int_equal(map_anon(space, AT(0), 1, PROT_R), -ENOMEM);
	assert_int_equal(space_unmap(space, AT(200000), PAGES(1)), 0);
	assert_int_equal(map_anon(space, AT(0), 2, PROT_R), 0);
	assert_int_equal(space_unmap(space, AT(0), PAGES(1)), -ENOMEM); /* needs a split */
	assert_int_equal(space_protect(space, AT(1), PAGES(1), 0), -ENOMEM);
	assert_int_equal(space_unmap(space, AT(0), PAGES(2)), 0);
	assert_int_equal(space_unmap(space, 0, AT(200000)), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_new_space_has_the_kernel_and_nothing_else),
		TEST(no_memory_means_no_space),
		TEST(a_space_with_two_users_lives_until_the_second_goes),
		TEST(a_region_is_found_at_its_edges_only),
		TEST(neighbours_that_differ_in_nothing_become_one),
		TEST(is_free_sees_every_overlap),
		TEST(unmap_cuts_holes_at_every_place),
		TEST(unmap_takes_several_regions_and_the_gaps_between),
		TEST(a_hole_in_a_file_leaves_the_right_parts),
		TEST(protect_splits_and_joins),
		TEST(what_was_no_access_is_there_again_afterwards),
		TEST(protect_of_a_range_with_a_hole_changes_nothing),
		TEST(a_change_under_the_loaded_root_is_flushed),
		TEST(a_move_takes_the_pages_along_and_grows),
		TEST(a_moved_file_keeps_its_offset),
		TEST(a_move_beside_its_like_keeps_the_pages_apart),
		TEST(a_move_to_where_it_ends_keeps_the_pages),
		TEST(a_grown_region_has_fresh_pages_at_its_end),
		TEST(discarded_pages_are_fresh_again),
		TEST(pages_are_resident_once_touched_and_those_of_files_always),
		TEST(gaps_are_found_from_the_top),
		TEST(a_gap_that_was_unmapped_is_found_again),
		TEST(the_gap_below_a_stack_keeps_its_guard),
		TEST(a_hole_ends_where_the_table_above_it_has_its_next_entry),
		TEST(pages_at_the_borders_of_tables_are_all_found),
		TEST(a_walk_over_an_almost_empty_space_is_short),
		TEST(the_number_of_regions_has_a_limit),
	};

	return cmocka_run_group_tests_name("kernel_space", tests, NULL, NULL);
}
