/* SPDX-License-Identifier: MIT */
/* Time: conversions, the host's clocks, timers; and random bytes. */
#include "tests/unit/fake/fake.h"

#include <string.h>

#include "guest/core/clock.h"
#include "guest/core/random.h"
#include "guest/core/timer.h"

#define GHZ 1000000000ull
#define SEC 1000000000ull

static const uint64_t rates[] = { 1000000, 999999937, GHZ, 2600000123, 3 * GHZ, 4999999999, 16 * GHZ };

static int set_up(void **state)
{
	fake_set_up(state);
	fake.tsc = 1000 * GHZ;
	fake.clock = (struct lde_clock){ .mono_ns = 50 * SEC, .real_ns = 1700000000 * SEC,
					 .boot_ns = 90 * SEC };
	clock_init(2 * GHZ);
	return 0;
}

static uint64_t difference(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static void conversions_are_right_to_a_billionth(void **state)
{
	(void)state;
	for (unsigned r = 0; r < ARRAY_SIZE(rates); r++) {
		clock_init(rates[r]);
		for (uint64_t ns = 1; ns < 1000000 * SEC; ns = ns * 3 + 1) {
			unsigned __int128 exact = (unsigned __int128)ns * rates[r] / SEC;
			uint64_t ticks = clock_ns_to_ticks(ns);

			/* The factor to ticks is cut to a 2^-30th of a tick per ns. */
			assert_true(difference(ticks, (uint64_t)exact) <= 1 + (ns >> 30));
			exact = (unsigned __int128)ns * SEC / rates[r];
			assert_true(difference(clock_ticks_to_ns(ns), (uint64_t)exact) <= 1 + (ns >> 32));
		}
		assert_int_equal(clock_ns_to_ticks(0), 0);
		assert_int_equal(clock_ticks_to_ns(0), 0);
	}
}

static void conversions_never_fall(void **state)
{
	(void)state;
	fake_random_start();
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t a = fake_random() >> fake_random_below(64), b = a + fake_random_below(1000);

		if (b < a)
			continue;
		assert_true(clock_ns_to_ticks(a) <= clock_ns_to_ticks(b));
		assert_true(clock_ticks_to_ns(a) <= clock_ticks_to_ns(b));
	}
}

static void a_duration_beyond_all_times_saturates(void **state)
{
	(void)state;
	for (unsigned r = 0; r < ARRAY_SIZE(rates); r++) {
		clock_init(rates[r]);
		if (rates[r] > GHZ)
			assert_int_equal(clock_ns_to_ticks(UINT64_MAX), UINT64_MAX);
		else
			assert_true(clock_ticks_to_ns(UINT64_MAX) >= UINT64_MAX - (UINT64_MAX >> 30));
	}
}

static void the_hosts_clocks_are_asked_once_and_followed(void **state)
{
	(void)state;
	assert_int_equal(clock_mono_ns(), 50 * SEC);
	assert_int_equal(clock_real_ns(), 1700000000 * SEC);
	assert_int_equal(clock_boot_ns(), 90 * SEC);
	fake.tsc += GHZ; /* half a second */
	assert_int_equal(clock_mono_ns(), 50 * SEC + SEC / 2);
	assert_int_equal(clock_real_ns(), 1700000000 * SEC + SEC / 2);
	assert_int_equal(clock_boot_ns(), 90 * SEC + SEC / 2);
	assert_int_equal(fake.nr_clock_reads, 1);
}

static void the_host_is_asked_again_after_a_second(void **state)
{
	(void)state;
	clock_mono_ns();
	fake.tsc += 2 * GHZ;
	clock_mono_ns();
	assert_int_equal(fake.nr_clock_reads, 1);
	fake.tsc += 1;
	fake.clock.mono_ns = 51 * SEC + 777;
	fake.clock.real_ns = 1800000000 * SEC; /* somebody set it */
	assert_int_equal(clock_mono_ns(), 51 * SEC + 777);
	assert_int_equal(clock_real_ns(), 1800000000 * SEC);
	assert_int_equal(fake.nr_clock_reads, 2);
}

static void monotonic_time_does_not_go_back(void **state)
{
	uint64_t last = clock_mono_ns();

	(void)state;
	fake_random_start();
	for (unsigned i = 0; i < 10000; i++) {
		uint64_t now;

		fake.tsc += fake_random_below(3 * GHZ);
		/* The host's clock is slewed, now behind ours, now ahead. */
		fake.clock.mono_ns = last + fake_random_below(2000) - 1000;
		now = clock_mono_ns();
		assert_true(now >= last);
		last = now;
	}
}

static void a_point_in_time_becomes_a_counter_value(void **state)
{
	uint64_t now = clock_mono_ns();

	(void)state;
	assert_int_equal(clock_timer_at_mono(now + SEC), fake.tsc + 2 * GHZ);
	assert_int_equal(clock_timer_at_mono(now), fake.tsc); /* now and past: at once */
	assert_int_equal(clock_timer_at_mono(0), fake.tsc);
	assert_int_equal(clock_timer_at_mono(UINT64_MAX), UINT64_MAX); /* never */
}

/* ---- timers ------------------------------------------------------------------ */

#define NR_TIMERS 32

static struct timer timers[NR_TIMERS];
static struct timer *fired[4 * NR_TIMERS];
static unsigned nr_fired;

static void note(struct timer *timer)
{
	assert_false(timer->is_started);
	fired[nr_fired++] = timer;
}

static int timer_set_up(void **state)
{
	set_up(state);
	fake.tsc = 1000;
	nr_fired = 0;
	for (unsigned i = 0; i < NR_TIMERS; i++)
		timers[i] = (struct timer){ .fire = note };
	return 0;
}

/* A counter that stands still while the CPU waits must not keep sleepers asleep. */
static void an_interrupt_is_believed_before_the_counter(void **state)
{
	(void)state;
	timer_start(&timers[0], 2000);
	timer_start(&timers[1], 3000);
	timer_expire(1500);
	assert_int_equal(nr_fired, 1);
	assert_ptr_equal(fired[0], &timers[0]);
	assert_int_equal(fake.deadline, 3000);
}

static void a_counter_that_stops_is_not_trusted_with_the_time(void **state)
{
	unsigned reads;

	(void)state;
	clock_init(1000000000);
	clock_mono_ns();
	reads = fake.nr_clock_reads;
	clock_note_early(10); /* within what may be */
	clock_note_idle();
	clock_mono_ns();
	assert_int_equal(fake.nr_clock_reads, reads);
	clock_note_early(500000000);
	clock_mono_ns();
	assert_int_equal(fake.nr_clock_reads, reads + 1);
	clock_mono_ns();
	assert_int_equal(fake.nr_clock_reads, reads + 1);
	clock_note_idle();
	clock_mono_ns();
	assert_int_equal(fake.nr_clock_reads, reads + 2);
}

static void timers_fire_in_order_and_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NR_TIMERS; i++)
		timer_start(&timers[i * 7 % NR_TIMERS], 2000 + 10 * (i * 7 % NR_TIMERS));
	timer_expire(2000);
	assert_int_equal(nr_fired, 1);
	timer_expire(2000 + 10 * 4);
	assert_int_equal(nr_fired, 5);
	timer_expire(UINT64_MAX - 1);
	assert_int_equal(nr_fired, NR_TIMERS);
	for (unsigned i = 0; i < NR_TIMERS; i++)
		assert_ptr_equal(fired[i], &timers[i]);
	timer_expire(UINT64_MAX);
	assert_int_equal(nr_fired, NR_TIMERS);
}

static void a_stopped_timer_does_not_fire(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++)
		timer_start(&timers[i], 2000 + i);
	timer_stop(&timers[0]);
	timer_stop(&timers[2]);
	timer_stop(&timers[2]);
	timer_stop(&timers[5]); /* never started */
	timer_expire(3000);
	assert_int_equal(nr_fired, 2);
	assert_ptr_equal(fired[0], &timers[1]);
	assert_ptr_equal(fired[1], &timers[3]);
}

static void a_timer_that_is_started_again_has_its_new_time(void **state)
{
	(void)state;
	timer_start(&timers[0], 2000);
	timer_start(&timers[1], 2500);
	timer_start(&timers[0], 3000);
	timer_expire(2999);
	assert_int_equal(nr_fired, 1);
	assert_ptr_equal(fired[0], &timers[1]);
	timer_expire(3000);
	assert_int_equal(nr_fired, 2);
}

static void start_again(struct timer *timer)
{
	note(timer);
	if (nr_fired < 3)
		timer_start(timer, fake.tsc + 100);
}

static void a_timer_may_start_itself_again(void **state)
{
	(void)state;
	timers[0].fire = start_again;
	timer_start(&timers[0], 2000);
	for (fake.tsc = 2000; fake.tsc < 3000; fake.tsc += 50)
		timer_expire(fake.tsc);
	assert_int_equal(nr_fired, 3);
}

static void the_hardware_is_set_for_the_first_only(void **state)
{
	(void)state;
	timer_start(&timers[0], 5000);
	assert_int_equal(fake.deadline, 5000);
	timer_start(&timers[1], 6000); /* later: left alone */
	assert_int_equal(fake.nr_deadlines, 1);
	timer_start(&timers[2], 4000);
	assert_int_equal(fake.deadline, 4000);
	assert_int_equal(fake.nr_deadlines, 2);
	/* Nor is it worth an exit that the first has gone away. */
	timer_stop(&timers[2]);
	assert_int_equal(fake.deadline, 4000);
	assert_int_equal(fake.nr_deadlines, 2);
	timer_expire(4000); /* it came for nobody: set for the next */
	assert_int_equal(nr_fired, 0);
	assert_int_equal(fake.deadline, 5000);
	timer_expire(5000);
	assert_int_equal(fake.deadline, 6000);
	timer_expire(6000);
	assert_int_equal(fake.nr_deadlines, 4);
	timer_interrupt_by(9000); /* it is off again, so this sets it */
	assert_int_equal(fake.deadline, 9000);
}

/* ---- random ------------------------------------------------------------------ */

static void the_seed_comes_first_and_no_byte_twice(void **state)
{
	uint8_t seed[256], bytes[3000];
	unsigned seen = 0;

	(void)state;
	memset(seed, 0xee, sizeof(seed));
	random_init(seed, sizeof(seed));
	random_bytes(bytes, 0);
	for (unsigned at = 0; at < sizeof(bytes); at += 100)
		random_bytes(bytes + at, 100);
	/* The seed, then answers 1, 2 and 3 of the host's, 1024 bytes each. */
	for (unsigned i = 0; i < sizeof(bytes); i++) {
		unsigned expected = i < 256 ? 0xee : 1 + (i - 256) / 1024;

		assert_int_equal(bytes[i], expected);
		seen++;
	}
	assert_int_equal(seen, sizeof(bytes));
	assert_int_equal(fake.nr_entropy_reads, 3);
}

static void more_than_a_host_answer_is_put_together(void **state)
{
	static const uint8_t no_seed[1];
	uint8_t bytes[5000];

	(void)state;
	random_init(no_seed, 0);
	random_bytes(bytes, sizeof(bytes));
	for (unsigned i = 0; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], 1 + i / 1024);
}

int main(void)
{
#define CLOCK(name) cmocka_unit_test_setup(name, set_up)
#define TIMER(name) cmocka_unit_test_setup(name, timer_set_up)
	const struct CMUnitTest tests[] = {
		CLOCK(conversions_are_right_to_a_billionth),
		CLOCK(conversions_never_fall),
		CLOCK(a_duration_beyond_all_times_saturates),
		CLOCK(the_hosts_clocks_are_asked_once_and_followed),
		CLOCK(the_host_is_asked_again_after_a_second),
		CLOCK(monotonic_time_does_not_go_back),
		CLOCK(a_point_in_time_becomes_a_counter_value),
		TIMER(timers_fire_in_order_and_once),
		TIMER(an_interrupt_is_believed_before_the_counter),
		TIMER(a_counter_that_stops_is_not_trusted_with_the_time),
		TIMER(a_stopped_timer_does_not_fire),
		TIMER(a_timer_that_is_started_again_has_its_new_time),
		TIMER(a_timer_may_start_itself_again),
		TIMER(the_hardware_is_set_for_the_first_only),
		CLOCK(the_seed_comes_first_and_no_byte_twice),
		CLOCK(more_than_a_host_answer_is_put_together),
	};

	return cmocka_run_group_tests_name("kernel_clock", tests, NULL, NULL);
}
