/* SPDX-License-Identifier: MIT */
/* Physical pages, and pools of objects made of them. */
#include "tests/unit/fake/fake.h"

#include <string.h>

#include "guest/lib/ledger.h"
#include "guest/mm/page.h"
#include "guest/mm/pool.h"

#define NR_PAGES 64

static int small_set_up(void **state)
{
	(void)state;
	fake_boot(NR_PAGES);
	return 0;
}

static bool is_zero(paddr_t pa)
{
	const char *p = direct_map(pa);

	for (unsigned i = 0; i < PAGE_SIZE; i++)
		if (p[i])
			return false;
	return true;
}

/* Takes every page, *nr of them, into pages. */
static uint64_t take_all(paddr_t *pages)
{
	uint64_t nr = 0;

	while ((pages[nr] = page_alloc()))
		nr++;
	return nr;
}

static paddr_t put_twice;

static void put_again(void)
{
	page_put(put_twice);
}

static void a_page_that_was_freed_twice_panics(void **state)
{
	(void)state;
	put_twice = page_alloc();
	page_put(put_twice);
	assert_string_equal(fake_run(put_again), "a free page was freed");
}

static void a_page_that_was_never_taken_cannot_be_freed(void **state)
{
	(void)state;
	put_twice = page_alloc() + PAGE_SIZE;
	assert_string_equal(fake_run(put_again), "a free page was freed");
}

static void a_page_with_two_owners_is_freed_by_the_second(void **state)
{
	uint64_t free = page_nr_free();
	paddr_t pa = page_alloc();

	(void)state;
	assert_true(page_is_exclusive(pa));
	page_get(pa);
	assert_false(page_is_exclusive(pa));
	page_put(pa);
	assert_true(page_is_exclusive(pa));
	assert_int_equal(page_nr_free(), free - 1);
	page_put(pa);
	assert_int_equal(page_nr_free(), free);
	put_twice = pa;
	assert_string_equal(fake_run(put_again), "a free page was freed");
}

static void fresh_pages_come_in_address_order_and_are_zero(void **state)
{
	paddr_t last = page_alloc();

	(void)state;
	assert_true(last >= FAKE_MANAGED_START);
	for (unsigned i = 1; i < NR_PAGES / 2; i++) {
		paddr_t pa = i % 2 ? page_alloc() : page_alloc_zeroed();

		assert_int_equal(pa, last + PAGE_SIZE);
		assert_true(is_zero(pa));
		last = pa;
	}
}

static void freed_pages_come_back_last_in_first_out_before_fresh_ones(void **state)
{
	paddr_t a = page_alloc(), b = page_alloc(), c = page_alloc();

	(void)state;
	page_put(a);
	page_put(c);
	page_put(b);
	assert_int_equal(page_alloc(), b);
	assert_int_equal(page_alloc(), c);
	assert_int_equal(page_alloc(), a);
	assert_int_equal(page_alloc(), c + PAGE_SIZE);
}

static void a_used_page_is_zeroed_only_for_who_asks(void **state)
{
	paddr_t (*const zeroed[])(void) = { page_alloc_zeroed, page_alloc_zeroed_here };
	paddr_t pa = page_alloc();

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		memset(direct_map(pa), 0xa5, PAGE_SIZE);
		page_put(pa);
		assert_int_equal(page_alloc(), pa);
		assert_false(is_zero(pa));
		page_put(pa);
		assert_int_equal(zeroed[i](), pa);
		assert_true(is_zero(pa));
	}
}

static void memory_that_nobody_used_is_not_cleared_again(void **state)
{
	paddr_t next = page_alloc() + PAGE_SIZE;

	(void)state;
	memset(direct_map(next), 0x77, 2 * PAGE_SIZE); /* it should be zero: who clears it is seen */
	assert_int_equal(page_alloc_zeroed(), next);
	assert_false(is_zero(next));
	assert_int_equal(page_alloc_zeroed_here(), next + PAGE_SIZE);
	assert_false(is_zero(next + PAGE_SIZE));
}

static void every_page_can_be_had_and_not_one_more(void **state)
{
	paddr_t pages[2 * NR_PAGES];
	uint64_t nr = take_all(pages);

	(void)state;
	assert_in_range(nr, NR_PAGES, NR_PAGES + 1);
	assert_int_equal(nr, ledger.pages_total);
	assert_int_equal(page_nr_free(), 0);
	assert_int_equal(ledger.pages_free_min, 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(page_alloc(), 0);
		assert_int_equal(page_alloc_zeroed(), 0);
		assert_int_equal(page_alloc_zeroed_here(), 0);
	}
	assert_int_equal(page_nr_free(), 0);
	for (uint64_t i = 0; i < nr; i++) {
		memset(direct_map(pages[i]), (int)i, PAGE_SIZE); /* all of it is memory */
		for (uint64_t j = 0; j < i; j++)
			assert_int_not_equal(pages[i], pages[j]);
	}
	for (uint64_t i = 0; i < nr; i++)
		page_put(pages[i]);
	assert_int_equal(page_nr_free(), nr);
	assert_int_equal(take_all(pages), nr);
}

static void the_books_do_not_overlap_the_pages(void **state)
{
	paddr_t pages[2 * NR_PAGES];
	uint64_t nr = take_all(pages);

	(void)state;
	for (uint64_t i = 0; i < nr; i++)
		memset(direct_map(pages[i]), 0xff, PAGE_SIZE);
	for (uint64_t i = 0; i < nr; i++) {
		assert_true(page_is_exclusive(pages[i]));
		page_put(pages[i]);
	}
	assert_int_equal(page_nr_free(), nr);
}

static void a_start_inside_a_page_is_rounded_up(void **state)
{
	(void)state;
	fake_boot(0);
	page_init(FAKE_MANAGED_START + 1, FAKE_MANAGED_START + 10 * PAGE_SIZE);
	assert_int_equal(page_alloc(), FAKE_MANAGED_START + 2 * PAGE_SIZE); /* books: one */
	assert_int_equal(ledger.pages_total, 8);
}

static void what_is_reserved_is_zero_and_never_handed_out(void **state)
{
	paddr_t pages[2 * NR_PAGES], reserved = page_reserve(3 * PAGE_SIZE + 1);
	uint64_t nr;

	(void)state;
	assert_int_not_equal(reserved, 0);
	for (unsigned i = 0; i < 4; i++)
		assert_true(is_zero(reserved + i * PAGE_SIZE));
	nr = take_all(pages);
	assert_in_range(nr, NR_PAGES - 4, NR_PAGES - 3);
	assert_int_equal(nr, ledger.pages_total);
	for (uint64_t i = 0; i < nr; i++)
		assert_true(pages[i] + PAGE_SIZE <= reserved || pages[i] >= reserved + 4 * PAGE_SIZE);
}

static void more_than_is_left_cannot_be_reserved(void **state)
{
	uint64_t total = ledger.pages_total, left;
	paddr_t pages[2 * NR_PAGES];

	(void)state;
	assert_int_equal(page_reserve((total + 1) * PAGE_SIZE), 0);
	assert_int_equal(page_nr_free(), total);
	page_alloc();
	assert_int_equal(page_reserve(total * PAGE_SIZE), 0);
	left = page_nr_free();
	assert_int_not_equal(page_reserve(left * PAGE_SIZE), 0);
	assert_int_equal(take_all(pages), 0);
	assert_int_equal(page_reserve(1), 0);
}

static void pages_that_are_not_managed_have_no_owners(void **state)
{
	uint64_t free = page_nr_free();

	(void)state;
	for (paddr_t pa = 0; pa < FAKE_MANAGED_START; pa += FAKE_MANAGED_START / 16) {
		page_get(pa);
		page_put(pa);
		page_put(pa);
		assert_false(page_is_exclusive(pa));
	}
	assert_int_equal(page_nr_free(), free);
}

static void a_list_of_pages_is_freed_as_a_whole(void **state)
{
	uint64_t free = page_nr_free();
	uint32_t list = 0;

	(void)state;
	page_list_free(0);
	for (unsigned i = 0; i < 10; i++) {
		paddr_t pa = page_alloc();

		memset(direct_map(pa), 0xff, PAGE_SIZE); /* the links are elsewhere */
		list = page_list_push(list, pa);
	}
	assert_int_equal(page_nr_free(), free - 10);
	page_list_free(list);
	assert_int_equal(page_nr_free(), free);
}

static void the_least_number_of_free_pages_is_kept(void **state)
{
	paddr_t a = page_alloc(), b = page_alloc();
	uint64_t least = page_nr_free();

	(void)state;
	page_put(a);
	page_put(b);
	page_alloc();
	assert_int_equal(ledger.pages_free_min, least);
}

/* ---- pools ------------------------------------------------------------------ */

struct thing {
	uint64_t words[20];
};
static struct pool things = POOL_INIT(things, struct thing);
static struct thing *taken[4096];

static int pool_set_up(void **state)
{
	things = (struct pool)POOL_INIT(things, struct thing);
	return small_set_up(state);
}

static bool is_clear(const struct thing *t)
{
	for (unsigned i = 0; i < ARRAY_SIZE(t->words); i++)
		if (t->words[i])
			return false;
	return true;
}

static unsigned fill_memory_with_things(void)
{
	unsigned nr = 0;

	while ((taken[nr] = pool_alloc(&things))) {
		assert_true(is_clear(taken[nr]));
		memset(taken[nr], (int)nr | 1, sizeof(struct thing));
		nr++;
	}
	return nr;
}

static void objects_fill_memory_without_overlap(void **state)
{
	unsigned nr = fill_memory_with_things();

	(void)state;
	assert_true(nr >= NR_PAGES * (PAGE_SIZE / sizeof(struct thing) - 1));
	for (unsigned i = 0; i < nr; i++) {
		unsigned char expected[sizeof(struct thing)];

		memset(expected, (int)i | 1, sizeof(expected));
		assert_memory_equal(taken[i], expected, sizeof(expected));
	}
	assert_null(pool_alloc(&things));
}

/* First to last, last to first, or every other one first. */
static unsigned nth_to_free(unsigned order, unsigned i, unsigned nr)
{
	switch (order) {
	case 0:
		return i;
	case 1:
		return nr - 1 - i;
	default:
		return i < nr / 2 ? 2 * i + 1 : 2 * (i - nr / 2);
	}
}

static void every_page_comes_back_with_its_last_object(void **state)
{
	uint64_t free = page_nr_free();

	(void)state;
	for (unsigned order = 0; order < 3; order++) {
		unsigned nr = fill_memory_with_things();

		assert_int_equal(page_nr_free(), 0);
		for (unsigned i = 0; i < nr; i++)
			pool_free(&things, taken[nth_to_free(order, i, nr)]);
		assert_int_equal(page_nr_free(), free);
		assert_true(list_is_empty(&things.partial));
	}
}

static void a_freed_object_is_clear_when_it_returns(void **state)
{
	struct thing *a = pool_alloc(&things), *b = pool_alloc(&things);

	(void)state;
	memset(a, 0xff, sizeof(*a));
	pool_free(&things, a);
	assert_ptr_equal(pool_alloc(&things), a);
	assert_true(is_clear(a));
	assert_ptr_not_equal(a, b);
}

static void a_full_page_takes_objects_again_after_one_was_freed(void **state)
{
	unsigned nr = fill_memory_with_things();

	(void)state;
	pool_free(&things, taken[0]);
	pool_free(&things, taken[nr / 2]);
	assert_non_null(pool_alloc(&things));
	assert_non_null(pool_alloc(&things));
	assert_null(pool_alloc(&things));
}

static void random_use_of_a_pool_leaks_no_page(void **state)
{
	uint64_t free = page_nr_free();
	unsigned nr = 0;

	(void)state;
	fake_random_start();
	for (unsigned step = 0; step < 100000; step++) {
		bool grows = fake_random_below(100) < (step / 5000 % 2 ? 30u : 70u);

		if (grows) {
			struct thing *t = pool_alloc(&things);

			if (!t)
				continue;
			assert_true(is_clear(t));
			memset(t, 0xee, sizeof(*t));
			taken[nr++] = t;
		} else if (nr) {
			unsigned i = (unsigned)fake_random_below(nr);

			pool_free(&things, taken[i]);
			taken[i] = taken[--nr];
		}
	}
	while (nr)
		pool_free(&things, taken[--nr]);
	assert_int_equal(page_nr_free(), free);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_page_that_was_freed_twice_panics, small_set_up),
		cmocka_unit_test_setup(a_page_that_was_never_taken_cannot_be_freed, small_set_up),
		cmocka_unit_test_setup(a_page_with_two_owners_is_freed_by_the_second, small_set_up),
		cmocka_unit_test_setup(fresh_pages_come_in_address_order_and_are_zero, small_set_up),
		cmocka_unit_test_setup(freed_pages_come_back_last_in_first_out_before_fresh_ones,
				       small_set_up),
		cmocka_unit_test_setup(a_used_page_is_zeroed_only_for_who_asks, small_set_up),
		cmocka_unit_test_setup(memory_that_nobody_used_is_not_cleared_again, small_set_up),
		cmocka_unit_test_setup(every_page_can_be_had_and_not_one_more, small_set_up),
		cmocka_unit_test_setup(the_books_do_not_overlap_the_pages, small_set_up),
		cmocka_unit_test_setup(a_start_inside_a_page_is_rounded_up, small_set_up),
		cmocka_unit_test_setup(what_is_reserved_is_zero_and_never_handed_out, small_set_up),
		cmocka_unit_test_setup(more_than_is_left_cannot_be_reserved, small_set_up),
		cmocka_unit_test_setup(pages_that_are_not_managed_have_no_owners, small_set_up),
		cmocka_unit_test_setup(a_list_of_pages_is_freed_as_a_whole, small_set_up),
		cmocka_unit_test_setup(the_least_number_of_free_pages_is_kept, small_set_up),
		cmocka_unit_test_setup(objects_fill_memory_without_overlap, pool_set_up),
		cmocka_unit_test_setup(every_page_comes_back_with_its_last_object, pool_set_up),
		cmocka_unit_test_setup(a_freed_object_is_clear_when_it_returns, pool_set_up),
		cmocka_unit_test_setup(a_full_page_takes_objects_again_after_one_was_freed,
				       pool_set_up),
		cmocka_unit_test_setup(random_use_of_a_pool_leaks_no_page, pool_set_up),
	};

	return cmocka_run_group_tests_name("kernel_page", tests, NULL, NULL);
}
