/* SPDX-License-Identifier: MIT */
/* The self-check: it finds what has been broken, and nothing where all is well. */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_process.h"
#include "tests/unit/fake/fake_space.h"

#include "guest/core/sched.h"
#include "guest/core/timer.h"
#include "guest/core/wait.h"
#include "guest/fs/dir.h"
#include "guest/fs/regular.h"
#include "guest/fs/text.h"
#include "guest/lib/ledger.h"
#include "guest/mm/page.h"
#include "guest/mm/pool.h"
#include "guest/mm/space.h"

struct object {
	uint64_t words[4];
};

static struct pool object_pool = POOL_INIT(object_pool, struct object);

static int set_up(void **state)
{
	fake_set_up(state);
	assert_true(page_check_init());
	page_check_begin();
	object_pool = (struct pool)POOL_INIT(object_pool, struct object);
	return 0;
}

/* ---- pages -------------------------------------------------------------- */

static void pages_that_come_and_go_are_well(void **state)
{
	paddr_t a = page_alloc(), b = page_alloc();

	(void)state;
	assert_null(page_check());
	page_put(a);
	page_put(b);
	assert_null(page_check());
	assert_int_equal(page_alloc(), b);
	assert_null(page_check());
}

static void a_page_lost_from_the_free_list_is_found(void **state)
{
	paddr_t a = page_alloc(), b = page_alloc();

	(void)state;
	page_put(a);
	page_put(b);
	page_list_push(0, b); /* cuts the list behind b */
	assert_string_equal(page_check(), "the list of free pages is not complete");
}

static void a_free_list_that_goes_round_is_found(void **state)
{
	paddr_t a = page_alloc();

	(void)state;
	page_put(a);
	page_list_push(a >> LDE_PAGE_SHIFT, a);
	assert_string_equal(page_check(), "the list of free pages is not complete");
}

static void a_used_page_on_the_free_list_is_found(void **state)
{
	paddr_t a = page_alloc(), b = page_alloc();

	(void)state;
	page_put(a);
	page_list_push(b >> LDE_PAGE_SHIFT, a);
	assert_string_equal(page_check(), "the list of free pages has one that is not");
}

static void a_miscounted_page_is_found(void **state)
{
	(void)state;
	ledger.pages_free--;
	assert_string_equal(page_check(), "the number of free pages is wrong");
}

static void more_owners_than_counted_are_found(void **state)
{
	paddr_t a = page_alloc();

	(void)state;
	page_get(a);
	assert_null(page_check_owner(a));
	assert_null(page_check_owner(a));
	assert_string_equal(page_check_owner(a), "a page has more owners than it counts");
	page_check_begin();
	assert_null(page_check_owner(a));
}

static void the_use_of_a_page_that_is_free_is_found(void **state)
{
	paddr_t a = page_alloc();

	(void)state;
	page_put(a);
	assert_string_equal(page_check_owner(a), "a page has more owners than it counts");
	assert_string_equal(page_check_owner(a + PAGE_SIZE),
			    "a page is used that was never handed out");
}

static void pages_that_nobody_manages_have_any_number_of_owners(void **state)
{
	(void)state;
	assert_null(page_check_owner(PAGE_SIZE));
	assert_null(page_check_owner(PAGE_SIZE));
}

/* ---- pools -------------------------------------------------------------- */

static void a_pool_says_how_many_objects_are_in_use(void **state)
{
	struct object *objects[300];
	uint64_t nr;

	(void)state;
	assert_null(pool_find_used(&nr));
	for (unsigned i = 0; i < 300; i++) {
		objects[i] = pool_alloc(&object_pool);
		assert_ptr_equal(pool_find_used(&nr), &object_pool);
		assert_int_equal(nr, i + 1);
		assert_null(pool_check());
	}
	for (unsigned i = 0; i < 300; i++) {
		assert_ptr_equal(pool_find_used(&nr), &object_pool);
		assert_int_equal(nr, 300 - i);
		pool_free(&object_pool, objects[i]);
		assert_null(pool_check());
	}
	assert_null(pool_find_used(&nr));
	assert_string_equal(object_pool.name, "object_pool");
}

static void an_object_that_was_freed_twice_is_found(void **state)
{
	struct object *a = pool_alloc(&object_pool), *b = pool_alloc(&object_pool);

	(void)state;
	assert_non_null(pool_alloc(&object_pool));
	pool_free(&object_pool, a);
	assert_null(pool_check());
	pool_free(&object_pool, b);
	*(void **)b = b; /* what freeing it again does to the list */
	assert_string_equal(pool_check(), "a page of a pool has lost objects, or freed one twice");
}

static void an_object_written_to_after_it_was_freed_is_found(void **state)
{
	struct object *a = pool_alloc(&object_pool);

	(void)state;
	assert_non_null(pool_alloc(&object_pool));
	pool_free(&object_pool, a);
	a->words[0] = 0x1000;
	assert_string_equal(pool_check(), "a pool's free object is not in its page");
}

/* ---- address spaces ----------------------------------------------------- */

static struct space *space_with_pages(void)
{
	struct space *space = space_create();

	assert_int_equal(map_anon(space, AT(0), 4, PROT_RW), 0);
	assert_int_equal(map_anon(space, AT(8), 4, PROT_RX), 0);
	for (unsigned i = 0; i < 4; i++)
		assert_true(poke(space, AT(i), 1));
	assert_int_equal(peek(space, AT(9)), 0);
	assert_null(space_check(space));
	page_check_begin();
	return space;
}

static void a_private_page_that_two_can_write_to_is_found(void **state)
{
	struct space *space = space_with_pages();
	paddr_t pa = entry_of(space, AT(1)) & PTE_ADDR;

	(void)state;
	page_get(pa);
	assert_string_equal(space_check(space), "a private page that can be written to is shared");
	page_put(pa);
}

static void the_right_to_write_where_there_is_none_is_found(void **state)
{
	struct space *space = space_with_pages();

	(void)state;
	*paging_find(&space->tables, AT(9)) |= PTE_WRITE;
	assert_string_equal(space_check(space),
			    "a page can be written to in a region that cannot");
}

static void a_page_where_no_region_is_is_found(void **state)
{
	struct space *space = space_with_pages();
	uint64_t *pte = paging_find(&space->tables, AT(1));

	(void)state;
	*paging_find(&space->tables, AT(6)) = *pte;
	page_get(*pte & PTE_ADDR);
	*pte &= ~(PTE_WRITE | PTE_DIRTY);
	assert_string_equal(space_check(space), "a page is mapped where no region knows of it");
}

static void a_page_table_that_is_on_no_list_is_found(void **state)
{
	struct space *space = space_with_pages();

	(void)state;
	space->tables.list = page_list_next(space->tables.list);
	assert_string_equal(space_check(space), "an address space has lost a page table");
}

static void overlapping_regions_are_found(void **state)
{
	struct space *space = space_with_pages();

	(void)state;
	space_find(space, AT(0))->end = AT(9);
	assert_string_equal(space_check(space), "a region cannot be found");
	space_find(space, AT(0))->end = AT(4) + 1;
	assert_string_equal(space_check(space), "a region has bounds that cannot be");
}

static void a_region_that_was_miscounted_is_found(void **state)
{
	struct space *space = space_with_pages();

	(void)state;
	space->nr_regions++;
	assert_string_equal(space_check(space), "an address space does not count its regions right");
}

/* ---- processes and timers ------------------------------------------------ */

static const char *found; /* by the process that checks */
static struct process *other;

static void sleep_on_nothing(void *arg)
{
	(void)arg;
	wait_on(NULL, WAIT_FOREVER);
}

static void check_whole(void *arg)
{
	(void)arg;
	found = process_check();
	if (!found)
		found = sched_check(1); /* the last one to be spawned */
}

static void check_with_a_wrong_state(void *arg)
{
	(void)arg;
	other->state = LDE_STATE_RUNNING;
	found = process_check();
	other->state = LDE_STATE_BLOCKED;
}

static void check_with_a_wrong_place(void *arg)
{
	struct list *next = other->queue_link.next;

	(void)arg;
	other->queue_link.next = &current()->children;
	found = process_check();
	other->queue_link.next = next;
}

static void check_with_a_wrong_parent(void *arg)
{
	(void)arg;
	other->parent = current();
	found = process_check();
	other->parent = NULL;
}

static void check_with_a_wrong_queue(void *arg)
{
	(void)arg;
	found = sched_check(0);
}

static void check_without_a_timer(void *arg)
{
	struct timer timer = { .is_started = false };

	(void)arg;
	timer_start(&timer, fake.tsc + 10 * QUANTUM);
	assert_null(timer_check_all());
	assert_null(timer_check(&timer));
	timer.node.key = 0;
	timer.node.next = &timer.node;
	assert_non_null(timer_check(&timer));
	timer.node.next = NULL;
	this_cpu()->deadline_tsc = UINT64_MAX;
	timer.node.key = fake.tsc + 10 * QUANTUM;
	found = timer_check_all();
	timer_stop(&timer);
}

static const char *found_by(void (*body)(void *arg))
{
	fake_processes_init(16, true);
	other = spawn(sleep_on_nothing, NULL);
	spawn(body, NULL);
	spawn(sleep_on_nothing, NULL);
	run_processes();
	return found;
}

static void processes_in_order_are_well(void **state)
{
	(void)state;
	assert_null(found_by(check_whole));
}

static void a_second_running_process_is_found(void **state)
{
	(void)state;
	assert_string_equal(found_by(check_with_a_wrong_state),
			    "a process is RUNNING that does not run");
}

static void a_process_out_of_its_queue_is_found(void **state)
{
	(void)state;
	assert_string_equal(found_by(check_with_a_wrong_place),
			    "a process's place in a queue is broken");
}

static void a_parent_that_does_not_know_its_child_is_found(void **state)
{
	(void)state;
	assert_string_equal(found_by(check_with_a_wrong_parent),
			    "a process's parent does not know of it");
}

static void a_run_queue_that_counts_wrong_is_found(void **state)
{
	(void)state;
	assert_string_equal(found_by(check_with_a_wrong_queue),
			    "the run queue does not count as many as are READY");
}

static void a_timer_that_will_not_fire_is_found(void **state)
{
	(void)state;
	assert_string_equal(found_by(check_without_a_timer),
			    "the hardware timer will not fire for the first timer");
}

/* ---- files ---------------------------------------------------------------- */

static struct dir_entry *add_file(const char *name)
{
	struct inode *inode = regular_create(MODE_REGULAR | 0644);
	struct dir_entry *entry = dir_add(inode_root(), text_keep(name, 5), 5, inode);

	inode_put(inode);
	return entry;
}

static void a_name_in_the_wrong_place_is_found(void **state)
{
	struct dir_entry *entry;

	(void)state;
	add_file("first");
	entry = add_file("other");
	assert_null(dir_check());
	entry->hash ^= 1;
	assert_string_equal(dir_check(), "a file's name is not where it should be");
	entry->hash ^= 1;
	entry->inode->nlink = 0;
	assert_string_equal(dir_check(), "a file's name has no file, or no folder");
}

static void the_whole_tree_is_given_back(void **state)
{
	struct inode *dir, *below;
	uint64_t free, nr;

	(void)state;
	free = page_nr_free();
	add_file("first");
	dir = dir_create(MODE_DIR | 0755);
	assert_non_null(dir_add(inode_root(), text_keep("abcde", 5), 5, dir));
	below = dir_create(MODE_DIR | 0755);
	assert_non_null(dir_add(dir, text_keep("below", 5), 5, below));
	for (unsigned i = 0; i < 2000; i++) {
		char name[] = { 'n', 'a', '0' + i / 100, '0' + i / 10 % 10, '0' + i % 10, 0 };
		struct inode *inode = regular_create(MODE_REGULAR | 0644);

		assert_non_null(content_own(&inode->content, i, false));
		assert_non_null(dir_add(i % 2 ? dir : below, text_keep(name, 5), 5, inode));
		inode_put(inode);
	}
	inode_put(below);
	inode_put(dir);
	assert_null(dir_check());
	dir_destroy_tree();
	assert_null(dir_check());
	assert_null(pool_find_used(&nr));
	assert_int_equal(page_nr_free(), free);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pages_that_come_and_go_are_well),
		TEST(a_page_lost_from_the_free_list_is_found),
		TEST(a_free_list_that_goes_round_is_found),
		TEST(a_used_page_on_the_free_list_is_found),
		TEST(a_miscounted_page_is_found),
		TEST(more_owners_than_counted_are_found),
		TEST(the_use_of_a_page_that_is_free_is_found),
		TEST(pages_that_nobody_manages_have_any_number_of_owners),
		TEST(a_pool_says_how_many_objects_are_in_use),
		TEST(an_object_that_was_freed_twice_is_found),
		TEST(an_object_written_to_after_it_was_freed_is_found),
		TEST(a_private_page_that_two_can_write_to_is_found),
		TEST(the_right_to_write_where_there_is_none_is_found),
		TEST(a_page_where_no_region_is_is_found),
		TEST(a_page_table_that_is_on_no_list_is_found),
		TEST(overlapping_regions_are_found),
		TEST(a_region_that_was_miscounted_is_found),
		TEST(processes_in_order_are_well),
		TEST(a_second_running_process_is_found),
		TEST(a_process_out_of_its_queue_is_found),
		TEST(a_parent_that_does_not_know_its_child_is_found),
		TEST(a_run_queue_that_counts_wrong_is_found),
		TEST(a_timer_that_will_not_fire_is_found),
		TEST(a_name_in_the_wrong_place_is_found),
		TEST(the_whole_tree_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
