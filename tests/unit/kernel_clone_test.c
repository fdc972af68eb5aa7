/* SPDX-License-Identifier: MIT */
/* A second address space with the same content, for fork. */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_space.h"

#include <string.h>

#include "guest/lib/errno.h"

static struct space *parent, *child;
static struct fake_file file;

static int set_up(void **state)
{
	(void)state;
	parent = fake_space_begin(&file, PAGES(3) + 10);
	child = NULL;
	return parent ? 0 : -1;
}

static void put_both(void)
{
	if (child) {
		check_space(child);
		space_put(child);
	}
	fake_space_end(parent, &file);
}

static int tear_down(void **state)
{
	(void)state;
	put_both();
	return 0;
}

static void clone(void)
{
	child = space_clone(parent);
	assert_non_null(child);
	check_space(parent);
	check_space(child);
}

static void both_have_the_same_content(void **state)
{
	(void)state;
	assert_int_equal(map_anon(parent, AT(0), 8, PROT_RW), 0);
	assert_int_equal(map_anon(parent, AT(8), 1, PROT_R), 0);
	assert_int_equal(map_file(parent, &file, AT(10), 4, PROT_RW, REGION_F_FILE, 0), 0);
	for (unsigned i = 0; i < 4; i++)
		assert_true(poke(parent, AT(2 * i), (uint8_t)(i + 1)));
	assert_true(poke(parent, AT(11), 99));
	parent->brk_start = AT(20);
	parent->brk = AT(21);
	clone();
	for (unsigned i = 0; i < 9; i++)
		assert_int_equal(peek(child, AT(i)), i % 2 || i == 8 ? 0 : (int)i / 2 + 1);
	assert_int_equal(peek(child, AT(9)), -1);
	assert_int_equal(peek(child, AT(10)), fake_file_byte(0));
	assert_int_equal(peek(child, AT(11)), 99);
	assert_int_equal(peek(child, AT(13) + 9), fake_file_byte(PAGES(3) + 9));
	assert_false(poke(child, AT(8), 1));
	assert_int_equal(child->nr_regions, parent->nr_regions);
	assert_int_equal(child->brk_start, AT(20));
	assert_int_equal(child->brk, AT(21));
	assert_int_equal(file.users, 2);
}

static void pages_are_shared_until_a_write(void **state)
{
	uint64_t free;

	(void)state;
	assert_int_equal(map_anon(parent, AT(0), 100, PROT_RW), 0);
	for (unsigned i = 0; i < 100; i++)
		assert_true(poke(parent, AT(i), 1));
	free = page_nr_free();
	clone();
	assert_true(page_nr_free() + 8 >= free); /* tables, a root */
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(space_page(child, AT(i), ACCESS_READ),
				 space_page(parent, AT(i), ACCESS_READ));
	free = page_nr_free();
	assert_true(poke(child, AT(50), 2));
	assert_int_equal(page_nr_free(), free - 1);
	assert_true(poke(parent, AT(50), 3)); /* the last owner: no copy */
	assert_int_equal(page_nr_free(), free - 1);
}

static void neither_sees_what_the_other_writes(void **state)
{
	(void)state;
	assert_int_equal(map_anon(parent, AT(0), 4, PROT_RW), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_true(poke(parent, AT(i), 1));
	clone();
	assert_true(poke(parent, AT(0), 10));
	assert_true(poke(child, AT(1), 20));
	assert_true(poke(parent, AT(3), 30)); /* touched by nobody before */
	assert_int_equal(peek(child, AT(0)), 1);
	assert_int_equal(peek(parent, AT(1)), 1);
	assert_int_equal(peek(child, AT(3)), 0);
	assert_int_equal(peek(parent, AT(0)), 10);
	assert_int_equal(peek(child, AT(1)), 20);
}

static void a_third_generation_is_as_private(void **state)
{
	struct space *grandchild;

	(void)state;
	assert_int_equal(map_anon(parent, AT(0), 1, PROT_RW), 0);
	assert_true(poke(parent, AT(0), 1));
	clone();
	grandchild = space_clone(child);
	assert_non_null(grandchild);
	assert_true(poke(child, AT(0), 2));
	assert_int_equal(peek(parent, AT(0)), 1);
	assert_int_equal(peek(grandchild, AT(0)), 1);
	assert_true(poke(grandchild, AT(0), 3));
	assert_true(poke(parent, AT(0), 4));
	assert_int_equal(peek(parent, AT(0)), 4);
	assert_int_equal(peek(child, AT(0)), 2);
	assert_int_equal(peek(grandchild, AT(0)), 3);
	check_space(grandchild);
	space_put(grandchild);
}

static void shared_pages_stay_shared(void **state)
{
	struct space_mapping m = { .start = AT(0), .bytes = PAGES(2), .prot = PROT_RW,
				   .flags = REGION_F_SHARED };

	(void)state;
	assert_int_equal(space_map(parent, &m), 0);
	assert_true(poke(parent, AT(0), 1));
	clone();
	assert_true(poke(child, AT(0), 2));
	assert_int_equal(peek(parent, AT(0)), 2);
	assert_true(poke(parent, AT(0), 3));
	assert_int_equal(peek(child, AT(0)), 3);
}

static void pages_without_access_are_cloned_too(void **state)
{
	(void)state;
	assert_int_equal(map_anon(parent, AT(0), 2, PROT_RW), 0);
	assert_true(poke(parent, AT(0), 7));
	assert_int_equal(space_protect(parent, AT(0), PAGES(2), 0), 0);
	clone();
	assert_int_equal(peek(child, AT(0)), -1);
	assert_int_equal(space_protect(child, AT(0), PAGES(2), PROT_RW), 0);
	assert_int_equal(peek(child, AT(0)), 7);
	assert_true(poke(child, AT(0), 8));
	assert_int_equal(space_protect(parent, AT(0), PAGES(2), PROT_RW), 0);
	assert_int_equal(peek(parent, AT(0)), 7);
}

static void the_loaded_space_forgets_that_it_could_write(void **state)
{
	(void)state;
	assert_int_equal(map_anon(parent, AT(0), 1, PROT_RW), 0);
	assert_true(poke(parent, AT(0), 1));
	fake.cr3 = parent->tables.root;
	fake.nr_flushes = 0;
	clone();
	assert_int_equal(fake.nr_flushes, 1);
	assert_false(entry_of(parent, AT(0)) & PTE_WRITE);
}

static void either_may_end_first(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 2; first++) {
		assert_int_equal(map_anon(parent, AT(0), 20, PROT_RW), 0);
		for (unsigned i = 0; i < 20; i++)
			assert_true(poke(parent, AT(i), (uint8_t)i));
		clone();
		for (unsigned i = 0; i < 10; i++)
			assert_true(poke(child, AT(2 * i), 100));
		if (first) {
			struct space *t = parent;

			parent = child;
			child = t;
		}
		space_put(parent);
		parent = child;
		child = NULL;
		for (unsigned i = 0; i < 20; i++)
			assert_int_equal(peek(parent, AT(i)), first || i % 2 ? (int)i : 100);
		assert_int_equal(space_unmap(parent, AT(0), PAGES(20)), 0);
	}
}

static void without_memory_there_is_no_clone_and_no_trace(void **state)
{
	static paddr_t hoard[8192];
	unsigned spare = 0;

	(void)state;
	assert_int_equal(map_anon(parent, AT(0), 3, PROT_RW), 0);
	assert_int_equal(map_anon(parent, 1ull << 40, 3, PROT_R), 0);
	assert_int_equal(map_file(parent, &file, AT(10), 4, PROT_RW, REGION_F_FILE, 0), 0);
	assert_true(poke(parent, AT(0), 5) && peek(parent, 1ull << 40) == 0);
	assert_true(poke(parent, AT(12), 6));
	do {
		unsigned nr = 0;

		while (page_nr_free() > spare)
			hoard[nr++] = page_alloc();
		child = space_clone(parent);
		if (!child)
			assert_int_equal(page_nr_free(), spare);
		while (nr)
			page_put(hoard[--nr]);
		check_space(parent);
		assert_true(poke(parent, AT(0), 5) && poke(parent, AT(12), 6));
		if (!child)
			assert_int_equal(file.users, 1);
	} while (!child && spare++ < 30);
	assert_non_null(child);
	assert_in_range(spare, 5, 30);
}

/* Two spaces and what each should hold, clones and writes at random. */
static void random_clones_agree_with_copies(void **state)
{
	struct space *spaces[6] = { parent };
	uint8_t model[6][32];

	(void)state;
	fake_random_start();
	memset(model, 0, sizeof(model));
	assert_int_equal(map_anon(parent, AT(0), 32, PROT_RW), 0);
	for (unsigned step = 0; step < 20000; step++) {
		unsigned s = (unsigned)fake_random_below(6), page = (unsigned)fake_random_below(32);
		unsigned other = (unsigned)fake_random_below(6);

		if (!spaces[s]) {
			if (!spaces[other])
				continue;
			spaces[s] = space_clone(spaces[other]);
			assert_non_null(spaces[s]);
			memcpy(model[s], model[other], sizeof(model[s]));
		} else if (fake_random_below(20) == 0 && s) {
			check_space(spaces[s]);
			space_put(spaces[s]);
			spaces[s] = NULL;
		} else if (fake_random_below(10) == 0) {
			space_discard(spaces[s], AT(page), PAGE_SIZE);
			model[s][page] = 0;
		} else if (step % 2) {
			model[s][page] = (uint8_t)step;
			assert_true(poke(spaces[s], AT(page), (uint8_t)step));
		} else {
			assert_int_equal(peek(spaces[s], AT(page)), model[s][page]);
		}
	}
	for (unsigned s = 1; s < 6; s++)
		if (spaces[s])
			space_put(spaces[s]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(both_have_the_same_content),
		TEST(pages_are_shared_until_a_write),
		TEST(neither_sees_what_the_other_writes),
		TEST(a_third_generation_is_as_private),
		TEST(shared_pages_stay_shared),
		TEST(pages_without_access_are_cloned_too),
		TEST(the_loaded_space_forgets_that_it_could_write),
		TEST(either_may_end_first),
		TEST(without_memory_there_is_no_clone_and_no_trace),
		TEST(random_clones_agree_with_copies),
	};

	return cmocka_run_group_tests_name("kernel_clone", tests, NULL, NULL);
}
