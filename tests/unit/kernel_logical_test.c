/* SPDX-License-Identifier: MIT */
/* The logical clock, and the policies by it: who gets which tick, and why. */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_process.h"

#include <endian.h>

#include "guest/core/clock.h"
#include "guest/core/logical.h"
#include "guest/core/logical_policy.h"
#include "guest/core/sched.h"
#include "guest/core/wait.h"
#include "guest/lib/errno.h"
#include "guest/lib/ledger.h"

#define TICK_NS 1000000ull
#define NR_CALL 110 /* of no interest here */
#define IO      4   /* ticks */

static struct policy_config config;

static int set_up(void **state)
{
	fake_set_up(state);
	fake_processes_init(64, true);
	logical_init(TICK_NS);
	timer_leave_hardware();
	config = fake_policy_config(2);
	config.is_logical = true;
	return 0;
}

static void use(const char *name)
{
	sched_init(logical_policy(fake_policy(&config, name)), true);
}

/* As system calls come: the tick ends in one that does nothing, that waits for the
 * time of an I/O, or that ends the process. */
static void use_tick(char name)
{
	journal_note(name);
	logical_use_tick(NR_CALL);
	logical_end_tick();
}

static void use_tick_for_io(char name)
{
	journal_note(name);
	logical_use_tick(NR_CALL);
	assert_int_equal(wait_on(NULL, clock_timer_now() + clock_ns_to_timer(IO * TICK_NS)),
			 -ETIMEDOUT);
	logical_end_tick();
}

/* "aaIa": three ticks, of which the third ends in an I/O, and the last in its end; a
 * process of none is "". */
static void run_steps(void *arg)
{
	const char *steps = arg;

	if (!*steps) {
		if (logical_end_takes_tick()) {
			journal_note('0');
			logical_use_tick(NR_CALL);
		}
		return;
	}
	for (; steps[1]; steps++) {
		if (steps[1] == 'I') {
			use_tick_for_io(*steps++);
			if (!steps[1])
				return;
		} else {
			use_tick(*steps);
		}
	}
	journal_note(*steps);
	logical_use_tick(NR_CALL);
}

static struct process *spawn_steps(const char *steps)
{
	return spawn(run_steps, (void *)(uintptr_t)steps);
}

static void assert_schedule(const char *expected)
{
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_string_equal(journal(), expected);
}

/* ---- the clock ------------------------------------------------------------- */

static void moments_are_later_and_later(void **state)
{
	uint64_t first = logical_moment(), second = logical_moment(), last = logical_last_moment();

	(void)state;
	assert_true(first < second && second < last);
	logical_advance();
	assert_true(logical_moment() > last);
	assert_int_equal(logical_now(), 1);
	assert_int_equal(logical_ns(), TICK_NS);
	assert_int_equal(clock_mono_ns(), fake.clock.mono_ns + TICK_NS);
}

static void durations_are_whole_ticks(void **state)
{
	uint64_t tick = logical_ns_to_moments(TICK_NS);

	(void)state;
	assert_int_equal(logical_ns_to_ticks(0), 0);
	assert_int_equal(logical_ns_to_ticks(1), 1);
	assert_int_equal(logical_ns_to_ticks(TICK_NS + 1), 2);
	assert_int_equal(logical_ticks_to_ns(2), 2 * TICK_NS);
	assert_int_equal(logical_ns_to_moments(3 * TICK_NS), 3 * tick);
	assert_int_equal(logical_moments_to_ns(3 * tick), 3 * TICK_NS);
	assert_int_equal(logical_ns_to_moments(UINT64_MAX), UINT64_MAX);
}

static void no_timer_is_set(void **state)
{
	(void)state;
	use("rr");
	spawn_steps("aaaIaa");
	spawn_steps("bbbbbb");
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_int_equal(fake.nr_deadlines, 0);
}

/* ---- ticks ----------------------------------------------------------------- */

static void slices_are_counted_in_ticks(void **state)
{
	(void)state;
	use("rr");
	spawn_steps("aaaaa");
	spawn_steps("bbb");
	assert_schedule("aabbaaba");
	assert_int_equal(logical_now(), 8);
}

static void who_computes_slowly_gets_no_less(void **state)
{
	(void)state;
	use("rr");
	spawn_steps("aaaa");
	fake_compute(0);
	fake.tsc += 1000000000;
	spawn_steps("bbbb");
	assert_schedule("aabbaabb");
}

static void time_passes_while_all_wait(void **state)
{
	(void)state;
	use("fifo");
	spawn_steps("aIa");
	assert_schedule("aa");
	assert_int_equal(logical_now(), 1 + IO + 1);
}

static void others_run_while_one_waits(void **state)
{
	(void)state;
	use("fifo");
	spawn_steps("aIaa");
	spawn_steps("bbbbbb");
	/* fifo takes the CPU from nobody. */
	assert_schedule("abbbbbbaa");
}

static void wait_until_tick_3(void *arg)
{
	while (*(const char *)arg == 'y' && logical_now() < 2)
		use_tick('-');
	wait_on(NULL, clock_timer_now() + clock_ns_to_timer((3 - logical_now()) * TICK_NS));
	journal_note(*(const char *)arg);
	logical_use_tick(NR_CALL);
}

static void who_waited_first_is_first(void **state)
{
	(void)state;
	config.quantum = 5;
	use("rr");
	spawn(wait_until_tick_3, "y"); /* begins to wait later, for a shorter time */
	spawn(wait_until_tick_3, "x");
	assert_schedule("--yx");
	fake_processes_init(64, true);
	logical_init(TICK_NS);
	use("rr");
	spawn(wait_until_tick_3, "x");
	spawn(wait_until_tick_3, "y");
	assert_schedule("--xy");
}

static void late_entry(void)
{
	process_note_first_run(current());
	run_steps((void *)(uintptr_t)"ll");
	sched_end(process_destroy);
}

static void who_arrives_later_is_not_there_before(void **state)
{
	struct process_name name = process_name_of("late");
	struct process *p;

	(void)state;
	config.quantum = 1;
	use("rr");
	p = process_create(late_entry, LDE_JOB_NONE, &name);
	assert_non_null(p);
	wait_begin_at(p, clock_timer_now() + clock_ns_to_timer(2 * TICK_NS));
	assert_int_equal(p->state, LDE_STATE_NONE);
	spawn_steps("aaaa");
	assert_schedule("aaalal");
}

static unsigned nr_waits;

static bool is_at_work(void)
{
	return nr_waits > 0;
}

static void finish_work(void)
{
	if (!--nr_waits)
		fake.idle = NULL;
}

static void the_clock_stands_still_for_devices(void **state)
{
	(void)state;
	use("rr");
	logical_set_world(is_at_work);
	nr_waits = 5;
	fake.idle = finish_work;
	spawn_steps("aaa");
	spawn_steps("bbb");
	assert_schedule("aabbab");
	assert_int_equal(nr_waits, 0);
	assert_int_equal(logical_now(), 6);
}

/* ---- mlfq ------------------------------------------------------------------ */

static void mlfq_counts_slices(void **state)
{
	(void)state;
	config.allotments[0] = 2;
	use("mlfq");
	spawn_steps("aaaaaaa");
	spawn_steps("bbb");
	assert_schedule("aabbaabaaa");
}

static void mlfq_goes_on_with_a_slice_after_a_wait(void **state)
{
	(void)state;
	config.nr_levels = 1;
	config.quanta[0] = 3;
	use("mlfq");
	spawn_steps("aIaaaa");
	spawn_steps("bbbbbbbbb");
	/* b is not disturbed by a's return; of a's first slice two ticks are left. */
	assert_schedule("abbbbbbaabbbaa");
}

static void mlfq_stay_forgives(void **state)
{
	struct process *p;

	(void)state;
	config.stay = true;
	use("mlfq");
	p = spawn_steps("aIaIaIaIa");
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_int_equal(p->policy.level, 0);
	set_up(NULL);
	use("mlfq");
	p = spawn_steps("aIaIaIaIa");
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_int_equal(p->policy.level, 2);
}

static void mlfq_stay_does_not_forgive_a_whole_slice(void **state)
{
	struct process *p;

	(void)state;
	config.stay = true;
	config.quanta[0] = 1;
	use("mlfq");
	p = spawn_steps("aIa");
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_int_equal(p->policy.level, 1);
}

static void mlfq_bump_goes_first(void **state)
{
	(void)state;
	config.nr_levels = 1;
	config.quanta[0] = 10;
	use("mlfq");
	spawn_steps("aIaa");
	spawn_steps("bbbbbbb");
	assert_schedule("abbbbbbbaa");
	set_up(NULL);
	config.nr_levels = 1;
	config.quanta[0] = 10;
	config.io_bump = true;
	use("mlfq");
	spawn_steps("aIaa");
	spawn_steps("bbbbbbb");
	assert_schedule("abbbbaabbb");
}

static void mlfq_boosts_the_lowest_first(void **state)
{
	(void)state;
	config.boost = 6;
	use("mlfq");
	spawn_steps("aaaaaa");
	spawn_steps("bbbb");
	/* At 6 a is on the third level, b on the second: a was lifted before b. */
	assert_schedule("aabbaaaabb");
	set_up(NULL);
	config.boost = 7;
	use("mlfq");
	spawn_steps("aaaaaa");
	spawn_steps("bbbb");
	assert_schedule("aabbaabaab");
}

static void mlfq_without_an_end_of_allotments(void **state)
{
	struct process *p;

	(void)state;
	config.allotments[0] = LDE_SCHED_ENDLESS;
	use("mlfq");
	p = spawn_steps("aaaaaaaaaaaaaaaaaaaaaaa");
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_int_equal(p->policy.level, 0);
}

/* ---- lottery --------------------------------------------------------------- */

static void lottery_draws_what_it_is_told(void **state)
{
	const uint32_t draws[] = { htobe32(120), htobe32(0), htobe32(399), htobe32(250) };

	(void)state;
	config.draws = draws;
	config.nr_draws = 4;
	config.quantum = 1;
	use("lottery");
	spawn_steps("aa");
	spawn_steps("b");
	spawn_steps("c");
	/* 120 of 300; 0 of 200: a and c are left; 399 is 199; 250 is 50 of a alone. */
	assert_schedule("baca");
}

static void lottery_draws_are_of_whole_slices(void **state)
{
	const uint32_t draws[] = { htobe32(0), htobe32(0) };

	(void)state;
	config.draws = draws;
	config.nr_draws = 2;
	config.quantum = 5;
	use("lottery");
	spawn_steps("a");
	spawn_steps("");
	assert_schedule("a0");
	/* Who ends last has nobody to wait for the end of its slice. */
	assert_int_equal(logical_now(), 5 + 5);
}

/* ---- scan ------------------------------------------------------------------ */

static void scan_goes_around(void **state)
{
	(void)state;
	use("scan");
	spawn_steps("aIaa");
	spawn_steps("bb");
	spawn_steps("ccccc");
	assert_schedule("abbcccccaa");
}

static void scan_does_not_see_who_is_just_woken(void **state)
{
	(void)state;
	use("scan");
	spawn_steps("aaIa");
	spawn_steps("bbIb"); /* waits in the tick... */
	spawn_steps("cc");   /* ...after which a may run, and c goes first */
	assert_schedule("aabbccab");
	set_up(NULL);
	use("scan");
	spawn_steps("cc");
	spawn_steps("aIa");
	spawn_steps("bbbb");
	/* a's wait ends with the last tick of b: there is nobody else. */
	assert_schedule("ccabbbba");
}

static void scan_switches_on_end_only(void **state)
{
	(void)state;
	config.switch_on_end = true;
	use("scan");
	spawn_steps("aIa");
	spawn_steps("bb");
	assert_schedule("aabb");
	assert_int_equal(logical_now(), 1 + IO + 1 + 2);
}

static struct wait_queue bell = WAIT_QUEUE_INIT(bell);

static void wait_for_bell(void *arg)
{
	(void)arg;
	journal_note('w');
	wait_uninterrupted(&bell);
	journal_note('w');
}

static void ring_bell(void *arg)
{
	(void)arg;
	journal_note('r');
	wait_wake_one(&bell);
}

static void scan_lets_others_run_who_are_waited_for(void **state)
{
	(void)state;
	list_init(&bell.waiters);
	config.switch_on_end = true;
	use("scan");
	spawn(wait_for_bell, NULL);
	spawn(ring_bell, NULL);
	assert_schedule("wrw");
}

static void scan_immediate_takes_the_cpu(void **state)
{
	(void)state;
	config.io_immediate = true;
	use("scan");
	spawn_steps("aIaa");
	spawn_steps("bbbbbb");
	assert_schedule("abbbbaabb");
}

static void scan_gives_empty_processes_a_tick(void **state)
{
	(void)state;
	use("scan");
	spawn_steps("");
	spawn_steps("a");
	spawn_steps("");
	assert_schedule("0a0");
}

static void scan_looks_when_one_waits(void **state)
{
	(void)state;
	use("scan");
	spawn_steps("aIa");
	spawn_steps(""); /* it is seen at once that it has nothing to do */
	spawn_steps(""); /* but not of the one after it */
	spawn_steps("b");
	assert_schedule("a0ba");
}

static void empty_processes_take_no_tick_elsewhere(void **state)
{
	(void)state;
	use("fifo");
	spawn_steps("");
	spawn_steps("a");
	assert_schedule("a");
	assert_int_equal(logical_now(), 1);
}

/* ---- sjf and stcf -------------------------------------------------------------- */

static void sjf_is_exact_to_the_tick(void **state)
{
	(void)state;
	use("sjf");
	spawn_share.length = 3;
	spawn_steps("aaa");
	spawn_share.length = 2;
	spawn_steps("bb");
	spawn_share.length = 2;
	spawn_steps("cc");
	assert_schedule("bbccaaa");
}

static void stcf_keeps_the_order_of_equals(void **state)
{
	(void)state;
	use("stcf");
	spawn_share.length = 6;
	spawn_steps("aIaaaaa"); /* 5 left when it wakes up; b has 5 too, and the CPU */
	spawn_share.length = 9;
	spawn_steps("bbbbbbbbb");
	assert_schedule("abbbbbbbbbaaaaa");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		TEST(moments_are_later_and_later),
		TEST(durations_are_whole_ticks),
		TEST(no_timer_is_set),
		TEST(slices_are_counted_in_ticks),
		TEST(who_computes_slowly_gets_no_less),
		TEST(time_passes_while_all_wait),
		TEST(others_run_while_one_waits),
		TEST(who_waited_first_is_first),
		TEST(who_arrives_later_is_not_there_before),
		TEST(the_clock_stands_still_for_devices),
		TEST(mlfq_counts_slices),
		TEST(mlfq_goes_on_with_a_slice_after_a_wait),
		TEST(mlfq_stay_forgives),
		TEST(mlfq_stay_does_not_forgive_a_whole_slice),
		TEST(mlfq_bump_goes_first),
		TEST(mlfq_boosts_the_lowest_first),
		TEST(mlfq_without_an_end_of_allotments),
		TEST(lottery_draws_what_it_is_told),
		TEST(lottery_draws_are_of_whole_slices),
		TEST(scan_goes_around),
		TEST(scan_does_not_see_who_is_just_woken),
		TEST(scan_switches_on_end_only),
		TEST(scan_lets_others_run_who_are_waited_for),
		TEST(scan_immediate_takes_the_cpu),
		TEST(scan_gives_empty_processes_a_tick),
		TEST(scan_looks_when_one_waits),
		TEST(empty_processes_take_no_tick_elsewhere),
		TEST(sjf_is_exact_to_the_tick),
		TEST(stcf_keeps_the_order_of_equals),
	};

	return cmocka_run_group_tests_name("kernel_logical", tests, NULL, NULL);
}
