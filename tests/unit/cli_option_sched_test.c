/* SPDX-License-Identifier: MIT */
/* --sched, --clock and what a program has a share by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/cli/command_line.h"
#include "vmm/cli/options.h"

static void a_policy_has_values_of_its_own(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "a");
	assert_null(parsed.options.sched.name);
	options_fini(&parsed.options);
	cli_parse(&parsed, "--sched lottery,seed=18446744073709551615 a");
	assert_string_equal(parsed.options.sched.name, "lottery");
	assert_true(parsed.options.sched.seed == UINT64_MAX);
	options_fini(&parsed.options);
	cli_parse(&parsed, "--sched mlfq a");
	assert_int_equal(parsed.options.sched.nr_levels, 3);
	assert_int_equal(parsed.options.sched.quanta_ns[0], 0);
	assert_int_equal(parsed.options.sched.allotments[0], 2);
	assert_int_equal(parsed.options.sched.boost_ns, 1000000000);
	options_fini(&parsed.options);
	cli_parse(&parsed, "--sched mlfq,quanta=1ms/2ms,allotment=7,boost=never,queues=2 a");
	assert_int_equal(parsed.options.sched.nr_levels, 2);
	assert_int_equal(parsed.options.sched.quanta_ns[1], 2000000);
	assert_int_equal(parsed.options.sched.allotments[0], 7);
	assert_int_equal(parsed.options.sched.boost_ns, 0);
	options_fini(&parsed.options);
}

static void senseless_policies_are_refused(void **state)
{
	(void)state;
	cli_refuse("--sched fastest a", "no such policy", "stcf");
	cli_refuse("--sched= a", "no such policy", "mlfq");
	cli_refuse("--sched rr,seed=1 a", "seed=1", "lottery[,seed=N]");
	cli_refuse("--sched lottery,seed a", "'seed'", "lottery[,seed=N]");
	cli_refuse("--sched lottery,seed=0 a", "seed=0", "from 1 on");
	cli_refuse("--sched lottery,seed=1x a", "seed=1x", "from 1 on");
	cli_refuse("--sched lottery,seed=18446744073709551616 a", "seed=", "from 1 on");
	cli_refuse("--sched mlfq,queues=0 a", "queues=0", "1 to 8");
	cli_refuse("--sched mlfq,queues=9 a", "queues=9", "1 to 8");
	cli_refuse("--sched mlfq,quanta=1ms/2 a", "quanta=1ms/2", "quanta=10ms/20ms/40ms");
	cli_refuse("--sched mlfq,quanta=1ms//1ms a", "quanta=", "1us to 1h");
	cli_refuse("--sched mlfq,quanta=1ms/1ms/1ms/1ms/1ms/1ms/1ms/1ms/1ms a", "quanta=", "up to 8");
	cli_refuse("--sched mlfq,queues=3,quanta=1ms/2ms a", "3 queues and 2", "as many");
	cli_refuse("--sched mlfq,queues=2,queues=3 a", "2 queues and 3", "once");
	cli_refuse("--sched mlfq,allotment=0 a", "allotment=0", "1 to 10000");
	cli_refuse("--sched mlfq,boost=0s a", "boost=0s", "never");
	cli_refuse("--sched mlfq,,boost=1s a", "''", "mlfq[,queues=N]");
	cli_refuse("--sched aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa a",
	       "too long", "mlfq");
}

static void rules_of_a_policy_are_words(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "--sched mlfq,bump=yes,stay=no a");
	assert_string_equal(parsed.options.sched.rules[0], LDE_RULE_IO_BUMP);
	assert_null(parsed.options.sched.rules[1]);
	options_fini(&parsed.options);
	cli_parse(&parsed, "--sched scan,io=immediate,switch=end,io=immediate a");
	assert_string_equal(parsed.options.sched.name, "scan");
	assert_string_equal(parsed.options.sched.rules[0], LDE_RULE_IO_IMMEDIATE);
	assert_string_equal(parsed.options.sched.rules[1], LDE_RULE_SWITCH_ON_END);
	assert_null(parsed.options.sched.rules[2]);
	options_fini(&parsed.options);
	cli_parse(&parsed, "--sched scan,switch=io,io=later a");
	assert_null(parsed.options.sched.rules[0]);
	options_fini(&parsed.options);
	cli_refuse("--sched mlfq,stay=maybe a", "stay=maybe", "yes or no");
	cli_refuse("--sched scan,switch=on a", "switch=on", "end or io");
	cli_refuse("--sched scan,stay=yes a", "'stay=yes'", "scan[,switch=io|end]");
	cli_refuse("--sched mlfq,io=later a", "'io=later'", "mlfq[,queues=N]");
}

static void there_are_two_clocks(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "a");
	assert_false(parsed.options.clock.is_logical);
	assert_false(parsed.options.clock.has_slow);
	options_fini(&parsed.options);
	cli_parse(&parsed, "--clock logical,tick=2ms,slow=7ms a");
	assert_true(parsed.options.clock.is_logical);
	assert_int_equal(parsed.options.clock.tick_ns, 2000000);
	assert_true(parsed.options.clock.has_slow);
	assert_int_equal(parsed.options.clock.slow_ns, 7000000);
	options_fini(&parsed.options);
	cli_parse(&parsed, "--clock real,slow=1us a");
	assert_false(parsed.options.clock.is_logical);
	assert_int_equal(parsed.options.clock.slow_ns, 1000);
	options_fini(&parsed.options);
}

static void senseless_clocks_are_refused(void **state)
{
	(void)state;
	cli_refuse("--clock atomic a", "no such clock", "logical,tick=1ms,slow=5ms");
	cli_refuse("--clock= a", "no such clock", "real");
	cli_refuse("--clock real,tick=1ms a", "'tick=1ms'", "logical[,tick=DURATION]");
	cli_refuse("--clock logical,tick=1 a", "tick=1", "10ms");
	cli_refuse("--clock logical,tick=0s a", "tick=0s is too short", "1ns to 1h");
	cli_refuse("--clock logical,slow=2h a", "slow=2h is too long", "1ns to 1h");
	cli_refuse("--clock logical, a", "''", "logical");
	cli_refuse("--clock logical,slow a", "'slow'", "slow=DURATION");
}

static void each_program_has_its_share(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "--tickets 75 --length 30ms a : -n 2 --nice 5 b : --nice=-5 c : d");
	assert_int_equal(parsed.options.programs[0].share.tickets, 75);
	assert_int_equal(parsed.options.programs[0].share.length_ns, 30000000);
	assert_int_equal(parsed.options.programs[1].share.tickets, 33);
	assert_int_equal(parsed.options.programs[1].count, 2);
	assert_int_equal(parsed.options.programs[2].share.tickets, 305);
	assert_int_equal(parsed.options.programs[3].share.tickets, 0);
	assert_int_equal(parsed.options.programs[3].share.length_ns, 0);
	options_fini(&parsed.options);
}

static void senseless_shares_are_refused(void **state)
{
	(void)state;
	cli_refuse("--tickets 0 a", "--tickets 0", "1 to 1000000");
	cli_refuse("--tickets 1000001 a", "--tickets", "1 to 1000000");
	cli_refuse("--tickets -1 a", "--tickets -1", "1 to 1000000");
	cli_refuse("--nice 20 a", "--nice 20", "-20 to 19");
	cli_refuse("--nice -21 a", "--nice -21", "-20 to 19");
	cli_refuse("--nice - a", "--nice -", "-20 to 19");
	cli_refuse("--length 0s a", "--length 0s", "10ms");
	cli_refuse("--length 2h a", "--length 2h", "up to 1h");
	cli_refuse("--length 5 a", "--length 5", "10ms");
	cli_refuse("a : --sched rr b", "--sched", "before the first PROGRAM");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_has_values_of_its_own),
		cmocka_unit_test(senseless_policies_are_refused),
		cmocka_unit_test(each_program_has_its_share),
		cmocka_unit_test(senseless_shares_are_refused),
		cmocka_unit_test(rules_of_a_policy_are_words),
		cmocka_unit_test(there_are_two_clocks),
		cmocka_unit_test(senseless_clocks_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
