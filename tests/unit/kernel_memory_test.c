/* SPDX-License-Identifier: MIT */
/*
 * Address spaces at length: random sequences against a simple model, and every
 * operation with memory running out at each of its allocations.
 */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_space.h"

#include <string.h>

#include "guest/lib/errno.h"

#define NR_PAGES   48 /* in the model's window of the space */
#define FILE_PAGES 8
#define FILE_BYTES (PAGES(FILE_PAGES) - 1000)

static struct space *space;
static struct fake_file file;

static int set_up(void **state)
{
	(void)state;
	space = fake_space_begin(&file, FILE_BYTES);
	return space ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	fake_space_end(space, &file);
	return 0;
}

/* ---- a model: one byte a page ---------------------------------------------- */

struct model_page {
	bool is_mapped;
	uint8_t prot;
	int file_page; /* -1: anonymous */
	uint8_t byte;  /* the first of the page */
};
static struct model_page model[NR_PAGES];

/* The window lies across two tables. */
static vaddr_t window_at(unsigned page)
{
	return (1ull << 30) - PAGES(NR_PAGES / 2) + PAGES(page);
}

static uint8_t fresh_byte(const struct model_page *p)
{
	return p->file_page < 0 ? 0 : fake_file_byte(PAGES(p->file_page));
}

static void check_page(unsigned i)
{
	const struct model_page *p = &model[i];
	vaddr_t va = window_at(i);

	if (!p->is_mapped) {
		assert_null(space_find(space, va));
		assert_int_equal(space_fault(space, va, ACCESS_READ), LDE_REASON_UNMAPPED);
	} else if (!p->prot) {
		assert_int_equal(space_fault(space, va, ACCESS_READ), LDE_REASON_NO_ACCESS);
	} else {
		assert_int_equal(peek(space, va), p->byte);
		assert_int_equal(space_fault(space, va, ACCESS_FETCH),
				 p->prot & SPACE_PROT_EXEC ? LDE_REASON_NONE : LDE_REASON_NO_EXEC);
		if (!(p->prot & SPACE_PROT_WRITE))
			assert_int_equal(space_fault(space, va, ACCESS_WRITE), LDE_REASON_READ_ONLY);
	}
}

static bool range_is(unsigned from, unsigned to, bool is_mapped)
{
	for (unsigned i = from; i < to; i++)
		if (model[i].is_mapped != is_mapped)
			return false;
	return true;
}

static void do_map(unsigned from, unsigned to)
{
	static const uint8_t prots[] = { 0, PROT_R, PROT_RW, PROT_RW, PROT_RX };
	uint8_t prot = prots[fake_random_below(ARRAY_SIZE(prots))];
	int first = fake_random_below(3) ? -1 : (int)fake_random_below(FILE_PAGES);

	if (!range_is(from, to, false))
		return;
	if (first >= 0 && to - from > FILE_PAGES - (unsigned)first)
		to = from + FILE_PAGES - (unsigned)first;
	if (first < 0)
		assert_int_equal(map_anon(space, window_at(from), to - from, prot), 0);
	else
		assert_int_equal(map_file(space, &file, window_at(from), to - from, prot,
					  REGION_F_FILE, (unsigned)first), 0);
	for (unsigned i = from; i < to; i++) {
		model[i] = (struct model_page){ true, prot, first < 0 ? -1 : first + (int)(i - from), 0 };
		model[i].byte = fresh_byte(&model[i]);
	}
}

static void do_unmap(unsigned from, unsigned to)
{
	assert_int_equal(space_unmap(space, window_at(from), PAGES(to - from)), 0);
	for (unsigned i = from; i < to; i++)
		model[i].is_mapped = false;
}

static void do_protect(unsigned from, unsigned to)
{
	static const uint8_t prots[] = { 0, PROT_R, PROT_RW, PROT_RX };
	uint8_t prot = prots[fake_random_below(ARRAY_SIZE(prots))];
	bool can = range_is(from, to, true);

	assert_int_equal(space_protect(space, window_at(from), PAGES(to - from), prot),
			 can ? 0 : -ENOMEM);
	for (unsigned i = from; can && i < to; i++)
		model[i].prot = prot;
}

static void do_discard(unsigned from, unsigned to)
{
	space_discard(space, window_at(from), PAGES(to - from));
	for (unsigned i = from; i < to; i++)
		model[i].byte = fresh_byte(&model[i]);
}

/* One region, as mremap(2) asks, to wherever there is room. */
static void do_move(unsigned from, unsigned to)
{
	struct region *r = space_find(space, window_at(from));
	unsigned nr, target = (unsigned)fake_random_below(NR_PAGES);

	if (!r)
		return;
	nr = (unsigned)(min_u64(r->end, window_at(to)) - window_at(from)) / PAGE_SIZE;
	if (target + nr > NR_PAGES || !range_is(target, target + nr, false))
		return;
	assert_int_equal(space_move(space, window_at(from), PAGES(nr), window_at(target), PAGES(nr)), 0);
	for (unsigned i = 0; i < nr; i++) {
		model[target + i] = model[from + i];
		model[from + i].is_mapped = false;
	}
}

static void do_write(unsigned from, unsigned to)
{
	uint8_t value = (uint8_t)fake_random_below(256);

	for (unsigned i = from; i < to; i++) {
		bool can = model[i].is_mapped && model[i].prot & SPACE_PROT_WRITE;

		assert_int_equal(poke(space, window_at(i), value), can);
		if (can)
			model[i].byte = value;
	}
}

static void random_sequences_agree_with_a_model(void **state)
{
	static void (*const operations[])(unsigned, unsigned) = {
		do_map, do_map, do_unmap, do_protect, do_protect, do_discard, do_move, do_write,
		do_write,
	};

	(void)state;
	fake_random_start();
	memset(model, 0, sizeof(model));
	for (unsigned step = 0; step < 20000; step++) {
		unsigned from = (unsigned)fake_random_below(NR_PAGES);
		unsigned to = from + 1 + (unsigned)fake_random_below(10);

		operations[fake_random_below(ARRAY_SIZE(operations))](from, to < NR_PAGES ? to : NR_PAGES);
		if (step % 16 == 0)
			check_space(space);
		check_page((unsigned)fake_random_below(NR_PAGES));
		if (step % 64 == 0)
			for (unsigned i = 0; i < NR_PAGES; i++)
				check_page(i);
	}
}

/* ---- out of memory ---------------------------------------------------------- */

static paddr_t hoard[8192];
static unsigned nr_hoarded;

static void leave_free(uint64_t nr)
{
	while (page_nr_free() > nr)
		hoard[nr_hoarded++] = page_alloc();
}

static void give_back(void)
{
	while (nr_hoarded)
		page_put(hoard[--nr_hoarded]);
}

/* What the program can see: which pages are mapped, and what is in them. */
static void snapshot(int bytes[NR_PAGES])
{
	for (unsigned i = 0; i < NR_PAGES; i++)
		bytes[i] = space_find(space, AT(i)) ? peek(space, AT(i)) : -2;
}

static void prepare_regions(void)
{
	assert_int_equal(map_anon(space, AT(0), 6, PROT_RW), 0);
	assert_int_equal(map_file(space, &file, AT(8), FILE_PAGES, PROT_RW, REGION_F_FILE, 0), 0);
	assert_int_equal(map_anon(space, AT(20), 4, PROT_R), 0);
	for (unsigned i = 0; i < 4; i++)
		assert_true(poke(space, AT(i), (uint8_t)(i + 1)));
	assert_true(poke(space, AT(9), 99));
}

/* Runs op with 0, 1, 2... pages free until it succeeds; undo undoes it. */
static void starve(int (*op)(void), void (*check)(void))
{
	int before[NR_PAGES], after[NR_PAGES];

	for (unsigned spare = 0;; spare++) {
		uint64_t free = page_nr_free();
		int err;

		assert_true(spare < 32);
		prepare_regions();
		snapshot(before);
		leave_free(spare);
		err = op();
		give_back();
		check_space(space);
		if (!err)
			check();
		snapshot(after);
		if (err) {
			assert_int_equal(err, -ENOMEM);
			assert_memory_equal(before, after, sizeof(before));
		}
		assert_int_equal(space_unmap(space, 0, 1ull << 46), 0);
		/* Tables stay with the space; nothing else may. */
		fake_space_end(space, &file);
		space = space_create();
		assert_int_equal(page_nr_free(), free);
		if (!err)
			return;
	}
}

static int op_map(void)
{
	return map_anon(space, 1ull << 40, 3, PROT_RW);
}

static void check_map(void)
{
	assert_non_null(space_find(space, 1ull << 40));
}

static void mapping_starves_without_a_trace(void **state)
{
	(void)state;
	starve(op_map, check_map);
}

static int op_unmap(void)
{
	return space_unmap(space, AT(1), PAGES(2));
}

static void check_unmap(void)
{
	assert_int_equal(peek(space, AT(0)), 1);
	assert_int_equal(peek(space, AT(1)), -1);
	assert_int_equal(peek(space, AT(3)), 4);
}

static void unmapping_starves_without_a_trace(void **state)
{
	(void)state;
	starve(op_unmap, check_unmap);
}

static int op_protect(void)
{
	return space_protect(space, AT(9), PAGES(3), 0);
}

static void check_protect(void)
{
	assert_int_equal(peek(space, AT(9)), -1);
	assert_int_equal(peek(space, AT(8)), fake_file_byte(0));
}

static void protecting_starves_without_a_trace(void **state)
{
	(void)state;
	starve(op_protect, check_protect);
}

static int op_move_far(void)
{
	return space_move(space, AT(1), PAGES(4), 3ull << 40, PAGES(9));
}

static void check_move_far(void)
{
	assert_int_equal(peek(space, 3ull << 40), 2);
	assert_int_equal(peek(space, (3ull << 40) + PAGES(8)), 0);
	assert_int_equal(peek(space, AT(1)), -1);
}

static void moving_starves_without_a_trace(void **state)
{
	(void)state;
	starve(op_move_far, check_move_far);
}

static int fault_error(vaddr_t va, unsigned access)
{
	enum lde_reason reason = space_fault(space, va, access);

	if (reason != LDE_REASON_NONE)
		assert_int_equal(reason, LDE_REASON_OUT_OF_MEMORY);
	return reason == LDE_REASON_NONE ? 0 : -ENOMEM;
}

static int op_touch(void)
{
	int err = map_anon(space, 5ull << 40, 2, PROT_RW);

	return err ? err : fault_error(5ull << 40, ACCESS_WRITE);
}

static void check_touch(void)
{
	assert_int_equal(peek(space, 5ull << 40), 0);
}

static void the_first_touch_starves_without_a_trace(void **state)
{
	(void)state;
	starve(op_touch, check_touch);
}

static int op_copy(void)
{
	return fault_error(AT(10), ACCESS_WRITE);
}

static void check_copy(void)
{
	assert_int_equal(peek(space, AT(10)), fake_file_byte(PAGES(2)));
}

static void copying_starves_without_a_trace(void **state)
{
	(void)state;
	starve(op_copy, check_copy);
}

static void a_space_starves_without_a_trace(void **state)
{
	(void)state;
	space_put(space);
	for (unsigned spare = 0;; spare++) {
		leave_free(spare);
		space = space_create();
		if (!space)
			assert_int_equal(page_nr_free(), spare);
		give_back();
		if (space)
			break;
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(random_sequences_agree_with_a_model),
		TEST(mapping_starves_without_a_trace),
		TEST(unmapping_starves_without_a_trace),
		TEST(protecting_starves_without_a_trace),
		TEST(moving_starves_without_a_trace),
		TEST(the_first_touch_starves_without_a_trace),
		TEST(copying_starves_without_a_trace),
		TEST(a_space_starves_without_a_trace),
	};

	return cmocka_run_group_tests_name("kernel_memory", tests, NULL, NULL);
}
