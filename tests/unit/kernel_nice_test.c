/* SPDX-License-Identifier: MIT */
/* Nice values: the tickets that they stand for. */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_process.h"

#include "guest/core/nice.h"
#include "guest/core/sched.h"

static struct process *p;

static int set_up(void **state)
{
	const struct process_name name = { "a" };

	fake_set_up(state);
	fake_processes_init(16, true);
	p = process_create(NULL, 0, &name);
	return !p;
}

static void a_process_begins_with_none(void **state)
{
	(void)state;
	assert_int_equal(p->share.nice, 0);
	assert_int_equal(nice_of_tickets(p->share.tickets), 0);
}

static void each_step_is_a_quarter(void **state)
{
	uint32_t before;

	(void)state;
	nice_set(p, NICE_MIN);
	for (int nice = NICE_MIN + 1; nice <= NICE_MAX; nice++) {
		before = p->share.tickets;
		nice_set(p, nice);
		assert_int_equal(p->share.nice, nice);
		/* to the nearest whole ticket of what is itself rounded */
		assert_in_range(p->share.tickets * 10, before * 8 - 9, before * 8 + 9);
	}
	assert_int_equal(p->share.tickets, 1);
	nice_set(p, 0);
	assert_int_equal(p->share.tickets, LDE_TICKETS_DEFAULT);
}

static void what_is_out_of_range_is_cut(void **state)
{
	(void)state;
	nice_set(p, INT32_MAX);
	assert_int_equal(p->share.nice, 19);
	nice_set(p, INT32_MIN);
	assert_int_equal(p->share.nice, -20);
	assert_int_equal(p->share.tickets, 8674);
}

static void the_same_value_leaves_the_tickets(void **state)
{
	(void)state;
	p->share.tickets = 300;
	p->share.nice = nice_of_tickets(300);
	assert_int_equal(p->share.nice, -5);
	nice_set(p, -5);
	assert_int_equal(p->share.tickets, 300);
	nice_set(p, -4);
	nice_set(p, -5);
	assert_int_equal(p->share.tickets, 305);
}

static void the_nearest_value_is_found(void **state)
{
	(void)state;
	for (int nice = NICE_MIN; nice <= NICE_MAX; nice++) {
		nice_set(p, nice);
		if (nice != 15 && nice != 18) /* as many tickets as one step before */
			assert_int_equal(nice_of_tickets(p->share.tickets), nice);
	}
	assert_int_equal(nice_of_tickets(1000000), NICE_MIN);
	assert_int_equal(nice_of_tickets(102), 0);
}

/* ---- in the queue of a lottery ------------------------------------------------ */

#define TURNS 3000

static unsigned turns[2];

static void take_turns(void *arg)
{
	unsigned *own = arg;

	while (turns[0] + turns[1] < TURNS) {
		++*own;
		fake_compute(QUANTUM);
	}
}

static void raise_the_other(void *arg)
{
	nice_set(arg, -5);
	nice_set(arg, 19);
	nice_set(arg, -10);
}

static void a_lottery_counts_what_came_into_its_queue(void **state)
{
	static const struct policy_config config = { .name = "lottery", .quantum = QUANTUM, .seed = 1 };
	struct process *other;

	(void)state;
	memset(turns, 0, sizeof(turns));
	sched_init(policy_create(&config), true);
	spawn(take_turns, &turns[0]);
	other = spawn(take_turns, &turns[1]);
	spawn(raise_the_other, other);
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_in_range(turns[1], TURNS * 8 / 10, TURNS); /* 931 of 1031 */
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_process_begins_with_none),
		TEST(each_step_is_a_quarter),
		TEST(what_is_out_of_range_is_cut),
		TEST(the_same_value_leaves_the_tickets),
		TEST(the_nearest_value_is_found),
		TEST(a_lottery_counts_what_came_into_its_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
