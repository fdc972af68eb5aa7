/* SPDX-License-Identifier: MIT */
/* Limits of resources: who shares them, and how they come and go. */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_process.h"

#include "guest/core/rlimit.h"
#include "guest/fs/fsize.h"
#include "guest/fs/table.h"
#include "guest/lib/errno.h"
#include "guest/mm/page.h"

static struct process *parent, *child;

static int set_up(void **state)
{
	const struct process_name name = { "a" };

	fake_set_up(state);
	fake_processes_init(16, true);
	parent = process_create(NULL, 0, &name);
	child = process_create(NULL, 0, &name);
	return !parent || !child;
}

static void expect(const struct process *p, unsigned resource, uint64_t soft, uint64_t hard)
{
	struct rlimit_pair pair = rlimit_get(p, resource);

	assert_int_equal(pair.soft, soft);
	assert_int_equal(pair.hard, hard);
}

static void all_begin_with_the_same(void **state)
{
	(void)state;
	assert_false(rlimit_has_any(parent));
	expect(parent, RLIMIT_STACK, 8u << 20, RLIMIT_UNLIMITED);
	expect(parent, RLIMIT_CORE, 0, RLIMIT_UNLIMITED);
	expect(parent, RLIMIT_NOFILE, 1024, 1024);
	expect(parent, RLIMIT_SIGPENDING, 1024, 1024);
	expect(parent, RLIMIT_CPU, RLIMIT_UNLIMITED, RLIMIT_UNLIMITED);
}

static void a_child_shares_until_one_side_changes(void **state)
{
	(void)state;
	assert_int_equal(rlimit_set(parent, RLIMIT_CPU, (struct rlimit_pair){ 1, 2 }), 0);
	rlimit_inherit(child, parent);
	assert_ptr_equal(child->rlimits, parent->rlimits);
	assert_int_equal(rlimit_set(child, RLIMIT_CPU, (struct rlimit_pair){ 3, 4 }), 0);
	expect(parent, RLIMIT_CPU, 1, 2);
	expect(child, RLIMIT_CPU, 3, 4);
	expect(child, RLIMIT_STACK, 8u << 20, RLIMIT_UNLIMITED);
}

static void the_last_user_gives_them_back(void **state)
{
	uint64_t free;

	(void)state;
	rlimit_inherit(child, parent);
	assert_null(child->rlimits);
	free = page_nr_free();
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(rlimit_set(parent, RLIMIT_CPU, (struct rlimit_pair){ i, i }), 0);
		rlimit_inherit(child, parent);
		assert_int_equal(rlimit_set(child, RLIMIT_CPU, (struct rlimit_pair){ 0, 0 }), 0);
		rlimit_release(parent);
		rlimit_release(child);
	}
	assert_int_equal(page_nr_free(), free);
	expect(parent, RLIMIT_CPU, RLIMIT_UNLIMITED, RLIMIT_UNLIMITED);
}

static void who_has_ended_gets_none_any_more(void **state)
{
	(void)state;
	rlimit_release(child);
	child->state = LDE_STATE_ZOMBIE;
	assert_int_equal(rlimit_set(child, RLIMIT_CPU, (struct rlimit_pair){ 1, 2 }), 0);
	assert_false(rlimit_has_any(child)); /* who would give them back? */
	expect(child, RLIMIT_CPU, RLIMIT_UNLIMITED, RLIMIT_UNLIMITED);
}

static void without_memory_nothing_changes(void **state)
{
	(void)state;
	while (page_alloc())
		;
	assert_int_equal(rlimit_set(parent, RLIMIT_CPU, (struct rlimit_pair){ 1, 1 }), -ENOMEM);
	assert_false(rlimit_has_any(parent));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_begin_with_the_same),
		TEST(a_child_shares_until_one_side_changes),
		TEST(the_last_user_gives_them_back),
		TEST(who_has_ended_gets_none_any_more),
		TEST(without_memory_nothing_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
