/* SPDX-License-Identifier: MIT */
/* The first touch of a page, and the first write to a shared one. */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_space.h"

#include <string.h>

#include "guest/lib/errno.h"
#include "guest/lib/ledger.h"

#define FILE_BYTES (PAGES(5) + 100)

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
	for (uint64_t i = 0; i < FILE_BYTES; i++)
		assert_int_equal(*((uint8_t *)direct_map(MIB) + i), fake_file_byte(i));
	return 0;
}

static void check_reason(vaddr_t va, unsigned access, enum lde_reason expected)
{
	uint64_t free = page_nr_free();

	assert_int_equal(space_fault(space, va, access), expected);
	assert_int_equal(space_page(space, va, access), 0);
	/* A table may have been made on the way, nothing else. */
	assert_true(page_nr_free() + 3 >= free);
}

static void nothing_mapped_is_the_reason(void **state)
{
	(void)state;
	for (unsigned access = ACCESS_READ; access <= ACCESS_FETCH; access++) {
		check_reason(0, access, LDE_REASON_UNMAPPED);
		check_reason(AT(0), access, LDE_REASON_UNMAPPED);
		check_reason(USER_END - 1, access, LDE_REASON_UNMAPPED);
	}
	assert_int_equal(map_anon(space, AT(0), 1, PROT_RW), 0);
	check_reason(AT(0) - 1, ACCESS_READ, LDE_REASON_UNMAPPED);
	check_reason(AT(1), ACCESS_READ, LDE_REASON_UNMAPPED);
}

static void a_touch_below_the_stack_is_an_overflow(void **state)
{
	struct space_mapping stack = {
		.start = AT(1000), .bytes = PAGES(4), .prot = PROT_RW, .flags = REGION_F_STACK,
	};

	(void)state;
	assert_int_equal(space_map(space, &stack), 0);
	check_reason(AT(1000) - 1, ACCESS_WRITE, LDE_REASON_STACK_OVERFLOW);
	check_reason(AT(1000) - STACK_GUARD_BYTES, ACCESS_READ, LDE_REASON_STACK_OVERFLOW);
	check_reason(AT(1000) - STACK_GUARD_BYTES - 1, ACCESS_READ, LDE_REASON_UNMAPPED);
	check_reason(AT(1004), ACCESS_READ, LDE_REASON_UNMAPPED);
}

static void every_protection_has_its_reason(void **state)
{
	static const struct {
		uint8_t prot;
		enum lde_reason read, write, fetch;
	} rows[] = {
		{ 0, LDE_REASON_NO_ACCESS, LDE_REASON_NO_ACCESS, LDE_REASON_NO_ACCESS },
		{ PROT_R, LDE_REASON_NONE, LDE_REASON_READ_ONLY, LDE_REASON_NO_EXEC },
		{ PROT_RW, LDE_REASON_NONE, LDE_REASON_NONE, LDE_REASON_NO_EXEC },
		{ PROT_RX, LDE_REASON_NONE, LDE_REASON_READ_ONLY, LDE_REASON_NONE },
		{ PROT_RW | SPACE_PROT_EXEC, LDE_REASON_NONE, LDE_REASON_NONE, LDE_REASON_NONE },
	};

	(void)state;
	/* Before the page is there, and after. */
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		vaddr_t va = AT(10 * i);

		assert_int_equal(map_anon(space, va, 1, rows[i].prot), 0);
		for (unsigned again = 0; again < 2; again++) {
			assert_int_equal(space_fault(space, va, ACCESS_WRITE), rows[i].write);
			assert_int_equal(space_fault(space, va, ACCESS_FETCH), rows[i].fetch);
			assert_int_equal(space_fault(space, va, ACCESS_READ), rows[i].read);
		}
		assert_int_equal(entry_of(space, va) != 0, rows[i].prot != 0);
	}
}

static void a_page_of_nothing_is_zero_and_writable_at_once(void **state)
{
	paddr_t dirty[64];

	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		dirty[i] = page_alloc();
		memset(direct_map(dirty[i]), 0xff, PAGE_SIZE);
	}
	for (unsigned i = 0; i < 64; i++)
		page_put(dirty[i]);
	assert_int_equal(map_anon(space, AT(0), 40, PROT_RW), 0);
	for (unsigned i = 0; i < 40; i++) {
		assert_int_equal(space_fault(space, AT(i) + 77, ACCESS_READ), LDE_REASON_NONE);
		assert_true(entry_of(space, AT(i)) & PTE_WRITE);
		for (unsigned at = 0; at < PAGE_SIZE; at++)
			assert_int_equal(peek(space, AT(i) + at), 0);
	}
	assert_int_equal(ledger.faults_zero, 40);
}

static void a_file_is_mapped_where_it_lies(void **state)
{
	uint64_t free;

	(void)state;
	assert_int_equal(map_file(space, &file, AT(0), 6, PROT_R, REGION_F_FILE, 0), 0);
	assert_int_equal(map_anon(space, AT(20), 1, PROT_R), 0);
	assert_int_equal(peek(space, AT(20)), 0); /* makes the tables */
	free = page_nr_free();
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(space_page(space, AT(i), ACCESS_READ), MIB + PAGES(i));
		assert_false(entry_of(space, AT(i)) & PTE_WRITE);
	}
	assert_int_equal(page_nr_free(), free);
}

static void the_rest_of_a_partial_last_page_is_zero(void **state)
{
	(void)state;
	assert_int_equal(map_file(space, &file, AT(0), 6, PROT_RW, REGION_F_FILE, 0), 0);
	assert_int_not_equal(space_page(space, AT(5), ACCESS_READ), MIB + PAGES(5));
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(peek(space, AT(5) + i),
				 i < 100 ? fake_file_byte(PAGES(5) + i) : 0);
}

static void pages_beyond_a_mapped_file_are_an_error(void **state)
{
	(void)state;
	assert_int_equal(map_file(space, &file, AT(0), 8, PROT_RW, REGION_F_FILE, 0), 0);
	check_reason(AT(6), ACCESS_READ, LDE_REASON_BEYOND_FILE);
	check_reason(AT(7), ACCESS_WRITE, LDE_REASON_BEYOND_FILE);
	/* Nor does a window run into them. */
	for (unsigned i = 0; i < 6; i++)
		assert_true(poke(space, AT(i), 1));
	check_reason(AT(6), ACCESS_WRITE, LDE_REASON_BEYOND_FILE);
}

static void pages_beyond_a_segment_are_zero(void **state)
{
	(void)state;
	assert_int_equal(map_file(space, &file, AT(0), 8, PROT_RW, 0, 0), 0);
	assert_int_equal(peek(space, AT(6)), 0);
	assert_true(poke(space, AT(7), 3));
	assert_int_equal(peek(space, AT(5)), fake_file_byte(PAGES(5)));
	assert_int_equal(peek(space, AT(5) + 100), 0);
}

static void a_write_copies_what_is_private(void **state)
{
	(void)state;
	assert_int_equal(map_file(space, &file, AT(0), 6, PROT_RW, REGION_F_FILE, 0), 0);
	/* Read first, and written at once. */
	assert_int_equal(peek(space, AT(0)), fake_file_byte(0));
	assert_int_equal(space_page(space, AT(0), ACCESS_READ), MIB);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(poke(space, AT(i) + 1, 99));
		assert_int_not_equal(space_page(space, AT(i), ACCESS_READ), MIB + PAGES(i));
		assert_int_equal(peek(space, AT(i)), fake_file_byte(PAGES(i)));
		assert_int_equal(peek(space, AT(i) + 1), 99);
		assert_int_equal(peek(space, AT(i) + 4095), fake_file_byte(PAGES(i) + 4095));
	}
	assert_true(ledger.faults_copy >= 2);
}

/* ---- pages that are elsewhere ------------------------------------------ */

static enum lde_reason fault_and_wait(vaddr_t va, unsigned access)
{
	return space_fault_wait(space, va, access, space_fault(space, va, access));
}

static void an_absent_page_is_brought_and_no_other(void **state)
{
	(void)state;
	fake_file_take_away(&file);
	assert_int_equal(map_file(space, &file, AT(0), 6, PROT_RW, REGION_F_FILE, 0), 0);
	assert_int_equal(space_fault(space, AT(2), ACCESS_READ), SPACE_REASON_ABSENT);
	assert_int_equal(space_page_now(space, AT(2), ACCESS_READ), 0);
	assert_int_equal(file.nr_brought, 0);
	assert_int_equal(fault_and_wait(AT(2), ACCESS_READ), LDE_REASON_NONE);
	assert_int_equal(space_page_now(space, AT(2), ACCESS_READ), MIB + PAGES(2));
	assert_true(poke(space, AT(4), 9)); /* which makes a copy */
	assert_int_equal(peek(space, AT(4) + 1), fake_file_byte(PAGES(4) + 1));
	assert_int_equal(peek(space, AT(5) + 99), fake_file_byte(PAGES(5) + 99));
	assert_int_equal(peek(space, AT(5) + 100), 0);
	assert_int_equal(file.nr_brought, 3);
	assert_int_equal(entry_of(space, AT(3)), 0);
}

static void a_page_that_cannot_be_brought_is_an_error(void **state)
{
	static const struct {
		int err;
		enum lde_reason reason;
	} rows[] = {
		{ -EIO, LDE_REASON_DISK_ERROR }, { -ENOSPC, LDE_REASON_DISK_ERROR },
		{ -ENODATA, LDE_REASON_BEYOND_FILE }, { -ENOMEM, LDE_REASON_OUT_OF_MEMORY },
	};

	(void)state;
	fake_file_take_away(&file);
	assert_int_equal(map_file(space, &file, AT(0), 6, PROT_RW, REGION_F_FILE, 0), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		file.bring_error = rows[i].err;
		assert_int_equal(fault_and_wait(AT(1), ACCESS_READ), rows[i].reason);
		assert_int_equal(fault_and_wait(AT(2), ACCESS_WRITE), rows[i].reason);
		assert_int_equal(space_page(space, AT(1), ACCESS_READ), 0);
	}
	file.bring_error = 0;
	assert_int_equal(peek(space, AT(1)), fake_file_byte(PAGES(1)));
}

static void unmap_it(void)
{
	assert_int_equal(space_unmap(space, AT(0), PAGES(6)), 0);
}

static void cut_it(void)
{
	file.object.size = PAGES(1);
	space_cut(space, &file.object, PAGES(1));
}

static void protect_it(void)
{
	assert_int_equal(space_protect(space, AT(0), PAGES(6), PROT_R), 0);
}

/* Two wait for the same page, and the other one was first. */
static void bring_it(void)
{
	file.meanwhile = NULL;
	assert_int_equal(fault_and_wait(AT(4), ACCESS_READ), LDE_REASON_NONE);
	assert_int_equal(fault_and_wait(AT(1), ACCESS_READ), LDE_REASON_NONE);
}

static void what_happens_meanwhile_counts(void **state)
{
	static const struct {
		void (*meanwhile)(void);
		enum lde_reason reason;
	} rows[] = {
		{ bring_it, LDE_REASON_NONE }, { protect_it, LDE_REASON_READ_ONLY },
		{ cut_it, LDE_REASON_BEYOND_FILE }, { unmap_it, LDE_REASON_UNMAPPED },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		fake_file_init(&file, MIB, FILE_BYTES);
		fake_file_take_away(&file);
		assert_int_equal(map_file(space, &file, AT(0), 6, PROT_RW, REGION_F_FILE, 0), 0);
		file.meanwhile = rows[i].meanwhile;
		assert_int_equal(fault_and_wait(AT(1), ACCESS_WRITE), rows[i].reason);
		check_space(space);
		if (rows[i].meanwhile != unmap_it)
			unmap_it();
		assert_int_equal(file.users, 0);
	}
}

static void short_of_memory_what_can_be_brought_again_goes(void **state)
{
	(void)state;
	fake_file_take_away(&file);
	assert_int_equal(map_file(space, &file, AT(0), 5, PROT_RW, REGION_F_FILE, 0), 0);
	assert_int_equal(map_anon(space, AT(8), 1, PROT_RW), 0);
	assert_false(space_shed(space));
	assert_true(poke(space, AT(8), 8));
	assert_true(poke(space, AT(0), 7));
	assert_int_equal(peek(space, AT(1)), fake_file_byte(PAGES(1)));
	assert_int_equal(peek(space, AT(3)), fake_file_byte(PAGES(3)));
	assert_true(space_shed(space));
	assert_int_equal(entry_of(space, AT(1)), 0);
	assert_int_equal(entry_of(space, AT(3)), 0);
	assert_int_equal(peek(space, AT(0)), 7); /* it is nowhere else */
	assert_int_equal(peek(space, AT(8)), 8);
	assert_false(space_shed(space));
	assert_int_equal(peek(space, AT(1)), fake_file_byte(PAGES(1)));
	assert_int_equal(space_unmap(space, AT(0), PAGES(5)), 0);
	/* What is written to a shared mapping is the object's page. */
	assert_int_equal(map_file(space, &file, AT(0), 5, PROT_RW,
				  REGION_F_FILE | REGION_F_SHARED, 0), 0);
	assert_int_equal(peek(space, AT(1)), fake_file_byte(PAGES(1)));
	assert_false(space_shed(space));
}

static void a_second_mapping_starts_at_its_offset(void **state)
{
	(void)state;
	assert_int_equal(map_file(space, &file, AT(0), 2, PROT_R, REGION_F_FILE, 3), 0);
	assert_int_equal(map_file(space, &file, AT(8), 1, PROT_R, REGION_F_FILE, 5), 0);
	assert_int_equal(peek(space, AT(1) + 5), fake_file_byte(PAGES(4) + 5));
	assert_int_equal(peek(space, AT(8) + 99), fake_file_byte(PAGES(5) + 99));
	assert_int_equal(peek(space, AT(8) + 100), 0);
}

static void pages_of_a_file_keep_their_owner(void **state)
{
	paddr_t first = page_alloc();
	struct fake_file owner;

	(void)state;
	for (unsigned i = 1; i < 6; i++)
		assert_int_equal(page_alloc(), first + PAGES(i));
	fake_file_init(&owner, first, FILE_BYTES);
	assert_int_equal(map_file(space, &owner, AT(0), 6, PROT_RW, REGION_F_FILE, 0), 0);
	assert_int_equal(peek(space, AT(0)), fake_file_byte(0));
	assert_false(page_is_exclusive(first));
	assert_int_equal(peek(space, AT(5)), fake_file_byte(PAGES(5))); /* a partial page's copy */
	assert_true(poke(space, AT(1), 1));
	assert_true(poke(space, AT(0), 2));
	assert_int_equal(*(uint8_t *)direct_map(first), fake_file_byte(0));
	assert_int_equal(space_unmap(space, AT(0), PAGES(6)), 0);
	for (unsigned i = 0; i < 6; i++) {
		assert_true(page_is_exclusive(first + PAGES(i)));
		page_put(first + PAGES(i));
	}
}

/* Two spaces with the page at AT(0) in common, as after a fork. */
static struct space *share_page(uint8_t flags)
{
	struct space_mapping m = { .start = AT(0), .bytes = PAGES(1), .prot = PROT_RW,
				   .flags = flags };
	struct space *other = space_create();
	uint64_t *entry;

	assert_non_null(other);
	assert_int_equal(space_map(space, &m), 0);
	assert_int_equal(space_map(other, &m), 0);
	assert_true(poke(space, AT(0), 10));
	assert_true(poke(other, AT(0), 20));
	entry = paging_find(&other->tables, AT(0));
	page_put(pte_paddr(*entry));
	*entry = entry_of(space, AT(0)) & ~(PTE_WRITE | PTE_DIRTY);
	page_get(pte_paddr(*entry));
	*paging_find(&space->tables, AT(0)) = *entry;
	return other;
}

static void the_last_owner_writes_without_a_copy(void **state)
{
	struct space *other = share_page(0);
	paddr_t page = space_page(space, AT(0), ACCESS_READ);

	(void)state;
	assert_int_equal(peek(other, AT(0)), 10);
	assert_true(poke(other, AT(0), 30));
	assert_int_equal(peek(space, AT(0)), 10);
	assert_int_equal(peek(other, AT(0)), 30);
	assert_int_equal(space_page(space, AT(0), ACCESS_WRITE), page);
	check_space(other);
	space_put(other);
}

static void shared_memory_is_never_copied(void **state)
{
	struct space *other = share_page(REGION_F_SHARED);

	(void)state;
	assert_true(poke(other, AT(0), 30));
	assert_int_equal(peek(space, AT(0)), 30);
	assert_true(poke(space, AT(0), 31));
	assert_int_equal(peek(other, AT(0)), 31);
	space_put(other);
}

static void a_protection_does_not_make_a_shared_page_writable(void **state)
{
	struct space *other = share_page(0);

	(void)state;
	assert_int_equal(space_protect(space, AT(0), PAGES(1), 0), 0);
	assert_int_equal(space_protect(space, AT(0), PAGES(1), PROT_RW), 0);
	assert_false(entry_of(space, AT(0)) & PTE_WRITE);
	assert_true(poke(space, AT(0), 50));
	assert_int_equal(peek(other, AT(0)), 10);
	space_put(other);
}

static void a_walk_through_memory_faults_less_and_less(void **state)
{
	unsigned faults = 0;

	(void)state;
	assert_int_equal(map_anon(space, AT(0), 256, PROT_RW), 0);
	for (unsigned i = 0; i < 256; i++) {
		if (entry_of(space, AT(i)))
			continue;
		faults++;
		assert_int_equal(space_fault(space, AT(i), ACCESS_WRITE), LDE_REASON_NONE);
	}
	assert_in_range(faults, 10, 40);
}

static void touches_here_and_there_take_one_page_each(void **state)
{
	(void)state;
	assert_int_equal(map_anon(space, AT(0), 200, PROT_RW), 0);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(space_fault(space, AT(i * 73 % 100 * 2), ACCESS_WRITE),
				 LDE_REASON_NONE);
	assert_int_equal(space->nr_pages, 100);
}

static void a_window_stays_in_its_region_and_spares_what_is_there(void **state)
{
	(void)state;
	assert_int_equal(map_anon(space, AT(0), 24, PROT_RW), 0);
	assert_int_equal(map_anon(space, AT(24), 8, PROT_R), 0);
	assert_true(poke(space, AT(9), 99));
	for (unsigned i = 0; i < 24; i++)
		assert_int_equal(space_fault(space, AT(i), ACCESS_WRITE), LDE_REASON_NONE);
	assert_int_equal(peek(space, AT(9)), 99);
	assert_int_equal(space->nr_pages, 24);
	assert_int_equal(entry_of(space, AT(24)), 0);
}

static void a_window_stays_in_its_table(void **state)
{
	vaddr_t start = (2ull << 30) - PAGES(20);

	(void)state;
	assert_int_equal(map_anon(space, start, 40, PROT_RW), 0);
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(space_fault(space, start + PAGES(i), ACCESS_WRITE),
				 LDE_REASON_NONE);
	assert_int_equal(space->nr_pages, 40);
}

static void a_stale_entry_of_the_cpu_is_flushed(void **state)
{
	(void)state;
	assert_int_equal(map_anon(space, AT(0), 1, PROT_RW), 0);
	assert_true(poke(space, AT(0), 1));
	assert_int_equal(fake.nr_page_flushes, 0); /* nothing was there to remember */
	assert_int_equal(space_fault(space, AT(0) + 5, ACCESS_WRITE), LDE_REASON_NONE);
	assert_int_equal(fake.nr_page_flushes, 1);
	assert_int_equal(ALIGN_DOWN(fake.flushed_page, PAGE_SIZE), AT(0));
	assert_int_equal(map_file(space, &file, AT(8), 1, PROT_RW, REGION_F_FILE, 0), 0);
	assert_int_equal(peek(space, AT(8)), fake_file_byte(0));
	assert_true(poke(space, AT(8), 1));
	assert_int_equal(fake.nr_page_flushes, 2);
}

static void a_file_without_memory_gives_no_page(void **state)
{
	(void)state;
	file.has_no_memory = true;
	assert_int_equal(map_file(space, &file, AT(0), 6, PROT_RW, REGION_F_FILE, 0), 0);
	check_reason(AT(0), ACCESS_READ, LDE_REASON_OUT_OF_MEMORY);
	check_reason(AT(0), ACCESS_WRITE, LDE_REASON_OUT_OF_MEMORY);
	check_reason(AT(5), ACCESS_READ, LDE_REASON_OUT_OF_MEMORY);
	file.has_no_memory = false;
	assert_int_equal(peek(space, AT(5)), fake_file_byte(PAGES(5)));
}

static void the_most_pages_at_a_time_are_remembered(void **state)
{
	(void)state;
	assert_int_equal(map_anon(space, AT(0), 10, PROT_RW), 0);
	for (unsigned i = 0; i < 10; i++)
		assert_true(poke(space, AT(i), 1));
	space_discard(space, AT(0), PAGES(8));
	assert_int_equal(space->nr_pages, 2);
	assert_int_equal(space->peak_pages, 10);
	assert_true(poke(space, AT(0), 1));
	assert_int_equal(space->peak_pages, 10);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(nothing_mapped_is_the_reason),
		TEST(a_touch_below_the_stack_is_an_overflow),
		TEST(every_protection_has_its_reason),
		TEST(a_page_of_nothing_is_zero_and_writable_at_once),
		TEST(a_file_is_mapped_where_it_lies),
		TEST(the_rest_of_a_partial_last_page_is_zero),
		TEST(pages_beyond_a_mapped_file_are_an_error),
		TEST(pages_beyond_a_segment_are_zero),
		TEST(a_write_copies_what_is_private),
		TEST(a_second_mapping_starts_at_its_offset),
		TEST(an_absent_page_is_brought_and_no_other),
		TEST(a_page_that_cannot_be_brought_is_an_error),
		TEST(what_happens_meanwhile_counts),
		TEST(short_of_memory_what_can_be_brought_again_goes),
		TEST(pages_of_a_file_keep_their_owner),
		TEST(the_last_owner_writes_without_a_copy),
		TEST(shared_memory_is_never_copied),
		TEST(a_protection_does_not_make_a_shared_page_writable),
		TEST(a_walk_through_memory_faults_less_and_less),
		TEST(touches_here_and_there_take_one_page_each),
		TEST(a_window_stays_in_its_region_and_spares_what_is_there),
		TEST(a_window_stays_in_its_table),
		TEST(a_stale_entry_of_the_cpu_is_flushed),
		TEST(a_file_without_memory_gives_no_page),
		TEST(the_most_pages_at_a_time_are_remembered),
	};

	return cmocka_run_group_tests_name("kernel_fault", tests, NULL, NULL);
}
