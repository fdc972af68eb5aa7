/* SPDX-License-Identifier: MIT */
/* What the kernel reads of the device tree: policies and clocks. */
#include "tests/unit/fake/fake.h"

#include <lde/boot.h>
#include <libfdt.h>

#include "tests/unit/fake/fake_tree.h"

static void without_a_policy_it_is_round_robin(void **state)
{
	(void)state;
	fake_tree_make();
	assert_null(fake_tree_read());
	assert_string_equal(tree_seen.machine.sched.name, "rr");
	assert_int_equal(tree_seen.machine.sched.nr_levels, 1);
	assert_int_equal(tree_seen.machine.sched.quanta_ns[0], 10000000);
	assert_int_equal(tree_seen.machine.sched.seed, 1);
	assert_int_equal(tree_seen.machine.sched.allotments[0], 1);
	assert_int_equal(tree_seen.programs[0].tickets, LDE_TICKETS_DEFAULT);
	assert_int_equal(tree_seen.programs[0].length_ns, 0);
	assert_int_equal(tree_seen.programs[1].tickets, 75);
	assert_int_equal(tree_seen.programs[1].length_ns, 30000);
}

static void a_policy_is_read_with_what_it_takes(void **state)
{
	(void)state;
	fake_tree.has_sched = true;
	fake_tree_make();
	assert_null(fake_tree_read());
	assert_string_equal(tree_seen.machine.sched.name, "mlfq");
	assert_int_equal(tree_seen.machine.sched.seed, 42);
	assert_int_equal(tree_seen.machine.sched.nr_levels, 3);
	assert_int_equal(tree_seen.machine.sched.quanta_ns[0], 1000);
	assert_int_equal(tree_seen.machine.sched.quanta_ns[1], 10000000); /* 0: the quantum */
	assert_int_equal(tree_seen.machine.sched.quanta_ns[2], 4000);
	assert_int_equal(tree_seen.machine.sched.allotments[0], 5);
	assert_int_equal(tree_seen.machine.sched.boost_ns, 77);
}

static void a_policy_that_makes_no_sense_is_refused(void **state)
{
	(void)state;
	fake_tree.has_sched = true;
	fake_tree.fault.node = "chosen";
	fake_tree.fault.property = LDE_DT_SCHED_QUANTA;
	fake_tree.fault.how = FAULT_SHORTEN; /* half a number */
	fake_tree_make();
	assert_non_null(fake_tree_read());
	fake_tree.fault.property = LDE_DT_SCHED;
	fake_tree.fault.how = FAULT_OPEN_END;
	fake_tree_make();
	assert_non_null(fake_tree_read());
	fake_tree.fault.node = NULL;
	fake_tree.tickets = LDE_TICKETS_MAX + 1;
	fake_tree_make();
	assert_non_null(fake_tree_read());
}

static void the_real_clock_is_the_usual_one(void **state)
{
	(void)state;
	fake_tree_make();
	assert_null(fake_tree_read());
	assert_false(tree_seen.machine.has_logical_clock);
	assert_false(tree_seen.machine.has_slow);
	assert_int_equal(tree_seen.machine.tick_ns, LDE_TICK_NS_DEFAULT);
	assert_int_equal(tree_seen.machine.sched.nr_draws, 0);
	assert_false(tree_seen.machine.sched.stay);
}

static void a_logical_clock_is_read_with_what_it_takes(void **state)
{
	(void)state;
	fake_tree.has_clock = true;
	fake_tree_make();
	assert_null(fake_tree_read());
	assert_true(tree_seen.machine.has_logical_clock);
	assert_int_equal(tree_seen.machine.tick_ns, 500);
	assert_true(tree_seen.machine.has_slow);
	assert_int_equal(tree_seen.machine.slow_ns, 0);
	assert_true(tree_seen.machine.sched.stay && tree_seen.machine.sched.io_immediate);
	assert_false(tree_seen.machine.sched.io_bump || tree_seen.machine.sched.switch_on_end);
	assert_int_equal(tree_seen.machine.sched.nr_draws, 3);
	assert_int_equal(fdt32_to_cpu(tree_seen.machine.sched.draws[2]), 10);
}

static void a_clock_that_makes_no_sense_is_refused(void **state)
{
	static const char *const properties[] = { LDE_DT_SLOW_NS, LDE_DT_TICK_NS };

	(void)state;
	fake_tree.has_clock = true;
	fake_tree.fault.node = "chosen";
	fake_tree.fault.how = FAULT_SHORTEN;
	for (unsigned i = 0; i < ARRAY_SIZE(properties); i++) {
		fake_tree.fault.property = properties[i];
		fake_tree_make();
		assert_non_null(fake_tree_read());
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, fake_tree_set_up)
	const struct CMUnitTest tests[] = {
		TEST(without_a_policy_it_is_round_robin),
		TEST(a_policy_is_read_with_what_it_takes),
		TEST(a_policy_that_makes_no_sense_is_refused),
		TEST(the_real_clock_is_the_usual_one),
		TEST(a_logical_clock_is_read_with_what_it_takes),
		TEST(a_clock_that_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests_name("kernel_tree_sched", tests, NULL, NULL);
}
