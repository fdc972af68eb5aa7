/* SPDX-License-Identifier: MIT */
/* The scheduler with round robin: who runs when, and what that costs. */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_process.h"

#include "guest/core/clock.h"
#include "guest/core/sched.h"
#include "guest/core/wait.h"
#include "guest/lib/errno.h"
#include "guest/lib/ledger.h"
#include "guest/mm/page.h"

static struct wait_queue queue = WAIT_QUEUE_INIT(queue);

static int set_up(void **state)
{
	fake_set_up(state);
	list_init(&queue.waiters);
	fake_processes_init(64, true);
	return 0;
}

static int set_up_without_preemption(void **state)
{
	set_up(state);
	fake_processes_init(64, false);
	return 0;
}

/* A process that computes and notes down when it is through with a piece. */
struct work {
	char name;
	unsigned pieces;
	uint64_t ticks; /* a piece */
};

static void work(void *arg)
{
	const struct work *w = arg;

	for (unsigned i = 0; i < w->pieces; i++) {
		fake_compute(w->ticks);
		journal_note(w->name);
	}
}

static void yield_between(void *arg)
{
	const struct work *w = arg;

	for (unsigned i = 0; i < w->pieces; i++) {
		journal_note(w->name);
		sched_yield();
	}
}

static void nobody_at_all_is_idle(void **state)
{
	(void)state;
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_int_equal(ledger.idle_entries, 1);
}

static struct process *sleeper;

static bool wake_sleeper(void)
{
	if (!sleeper)
		return false;
	wait_interrupt(sleeper);
	sleeper = NULL;
	return true;
}

static void sleep_without_end(void *arg)
{
	(void)arg;
	assert_int_equal(wait_on(NULL, WAIT_FOREVER), -EINTR);
	journal_note('w');
}

static void who_is_ready_before_idle_is_not_waited_for(void **state)
{
	(void)state;
	sleeper = spawn(sleep_without_end, NULL);
	sched_set_before_idle(wake_sleeper);
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_string_equal(journal(), "w");
	assert_int_equal(ledger.idle_entries, 2); /* before it, and at the end */
}

static void one_alone_never_needs_the_timer(void **state)
{
	struct work a = { 'a', 5, 100 * QUANTUM };

	(void)state;
	spawn(work, &a);
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_string_equal(journal(), "aaaaa");
	assert_int_equal(fake.nr_deadlines, 0);
	assert_int_equal(ledger.switches_preempted, 0);
	assert_int_equal(ledger.switches_voluntary, 1); /* its end */
}

static void turns_go_round_in_order_of_arrival(void **state)
{
	struct work w[] = { { 'a', 3, QUANTUM }, { 'b', 3, QUANTUM }, { 'c', 3, QUANTUM } };

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		spawn(work, &w[i]);
	run_processes();
	assert_string_equal(journal(), "abcabcabc");
}

static void a_slice_ends_after_the_quantum(void **state)
{
	struct work a = { 'a', 1, 2 * QUANTUM + QUANTUM / 2 }, b = { 'b', 1, QUANTUM - 1 };
	struct process *p, *q;
	uint64_t start = fake.tsc;

	(void)state;
	p = spawn(work, &a);
	q = spawn(work, &b);
	run_processes();
	/* a, b to its end, a: it was preempted once, and then was alone. */
	assert_string_equal(journal(), "ba");
	assert_int_equal(p->record->switches_preempted, 1);
	assert_int_equal(q->record->end_tsc, start + 2 * QUANTUM - 1);
	assert_int_equal(p->record->end_tsc, start + 3 * QUANTUM + QUANTUM / 2 - 1);
	assert_int_equal(p->record->state_tsc[LDE_STATE_READY], QUANTUM - 1);
}

static void the_longer_one_is_not_interrupted_once_it_is_alone(void **state)
{
	struct work a = { 'a', 1, 50 * QUANTUM }, b = { 'b', 1, QUANTUM / 2 };

	(void)state;
	spawn(work, &a);
	spawn(work, &b);
	run_processes();
	assert_string_equal(journal(), "ba");
	assert_int_equal(ledger.switches_preempted, 1);
	assert_in_range(fake.nr_deadlines, 1, 3);
}

static struct work late = { 'l', 1, 10 };

static void spawn_late(void *arg)
{
	(void)arg;
	fake_compute(10 * QUANTUM + 123); /* far beyond a slice, alone */
	journal_note('1');
	spawn(work, &late);
	fake_compute(QUANTUM - 1);
	journal_note('2'); /* a whole new slice began when somebody waited */
	fake_compute(1);
	journal_note('3');
}

static void a_new_slice_begins_when_somebody_begins_to_wait(void **state)
{
	(void)state;
	spawn(spawn_late, NULL);
	run_processes();
	assert_string_equal(journal(), "12l3");
}

static void without_preemption_nobody_is_interrupted(void **state)
{
	struct work a = { 'a', 3, 50 * QUANTUM }, b = { 'b', 2, QUANTUM };

	(void)state;
	spawn(work, &a);
	spawn(work, &b);
	run_processes();
	assert_string_equal(journal(), "aaabb");
	assert_int_equal(fake.nr_deadlines, 0);
}

static void who_yields_goes_to_the_end(void **state)
{
	struct work w[] = { { 'a', 3, 0 }, { 'b', 3, 0 }, { 'c', 1, 0 } };

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		spawn(yield_between, &w[i]);
	run_processes();
	assert_string_equal(journal(), "abcabab");
	assert_int_equal(ledger.switches_preempted, 0);
}

static void who_yields_alone_goes_on_without_a_switch(void **state)
{
	struct work a = { 'a', 100, 0 };
	uint64_t switches;

	(void)state;
	spawn(yield_between, &a);
	run_processes();
	switches = fake.nr_switches;
	assert_int_equal(switches, 1); /* from the boot context */
	assert_int_equal(ledger.switches_voluntary, 1);
}

/* ---- blocking --------------------------------------------------------------------- */

static void wait_and_note(void *arg)
{
	assert_int_equal(wait_on(&queue, WAIT_FOREVER), 0);
	journal_note(*(const char *)arg);
}

static void wake_one_by_one(void *arg)
{
	(void)arg;
	journal_note('w');
	wait_wake_one(&queue);
	sched_yield();
	journal_note('w');
	wait_wake_all(&queue);
	sched_yield();
	journal_note('.');
	wait_wake_one(&queue); /* nobody */
	wait_wake_all(&queue);
}

static void sleepers_wake_first_come_first_served(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		spawn(wait_and_note, (void *)(uintptr_t)&"abc"[i]);
	spawn(wake_one_by_one, NULL);
	run_processes();
	assert_string_equal(journal(), "wawbc.");
}

static void compute_while_others_wait(void *arg)
{
	uint64_t set = fake.nr_deadlines;

	(void)arg;
	fake_compute(30 * QUANTUM);
	assert_int_equal(fake.nr_deadlines, set); /* who is BLOCKED does not wait for the CPU */
	wait_wake_all(&queue);
}

static void blocked_processes_do_not_make_the_timer_tick(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		spawn(wait_and_note, (void *)(uintptr_t)&"abc"[i]);
	spawn(compute_while_others_wait, NULL);
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_string_equal(journal(), "abc");
}

static void sleep_until(void *arg)
{
	uint64_t deadline = *(uint64_t *)arg;

	assert_int_equal(wait_on(NULL, deadline), -ETIMEDOUT);
	assert_true(clock_now() >= deadline);
	journal_note((char)('0' + deadline / 1000000 % 10));
}

static void sleepers_wake_in_order_of_time_and_the_cpu_idles(void **state)
{
	uint64_t until[] = { 5000000, 2000000, 9000000, 3000000 };
	struct process *p = NULL;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		p = spawn(sleep_until, &until[i]);
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_string_equal(journal(), "2359");
	assert_int_equal(ledger.idle_entries, 5);
	assert_int_equal(ledger.idle_tsc, 9000000 - 1000000);
	assert_int_equal(p->record->state_tsc[LDE_STATE_BLOCKED], 3000000 - 1000000);
	assert_int_equal(p->record->state_tsc[LDE_STATE_RUNNING], 0);
}

static void wait_with_limit(void *arg)
{
	int result = wait_on(&queue, fake.tsc + 5000);

	journal_note(result == -ETIMEDOUT ? 't' : result ? '?' : *(const char *)arg);
}

static void wake_one_late(void *arg)
{
	(void)arg;
	fake_compute(4000);
	wait_wake_one(&queue);
	fake_compute(4000);
	assert_true(list_is_empty(&queue.waiters)); /* who timed out is off the queue */
	wait_wake_all(&queue);
	journal_note('e');
}

static void a_wait_ends_by_whatever_comes_first(void **state)
{
	(void)state;
	spawn(wait_with_limit, (void *)(uintptr_t)"a");
	spawn(wait_with_limit, (void *)(uintptr_t)"b");
	spawn(wake_one_late, NULL);
	run_processes();
	assert_string_equal(journal(), "ate");
}

static void a_deadline_that_has_passed_ends_the_wait(void **state)
{
	uint64_t until = 1;

	(void)state;
	fake.tsc = 3000000;
	spawn(sleep_until, &until);
	run_processes();
	assert_string_equal(journal(), "0");
	assert_int_equal(fake.tsc, 3000000);
}

/* ---- signals ---------------------------------------------------------------------- */

static struct process *victim;

static void wait_for_result(void *arg)
{
	(void)arg;
	journal_note(wait_on(&queue, fake.tsc + 1000000) == -EINTR ? 'i' : '?');
	journal_note(wait_on(&queue, WAIT_FOREVER) == -EINTR ? 'i' : '?');
	wait_uninterrupted(&queue);
	journal_note('u');
	current()->needs_attention = true;
	journal_note(wait_on(&queue, WAIT_FOREVER) == -EINTR ? 'k' : '?');
}

static void interrupt_it(void *arg)
{
	(void)arg;
	wait_interrupt(victim);
	wait_interrupt(victim); /* READY by now: nothing more */
	sched_yield();
	wait_interrupt(victim);
	sched_yield();
	wait_interrupt(victim); /* not in this wait */
	sched_yield();
	assert_int_equal(victim->state, LDE_STATE_BLOCKED);
	journal_note('-');
	wait_wake_one(&queue);
	sched_yield();
	wait_interrupt(current()); /* it runs */
	assert_true(list_is_empty(&queue.waiters));
}

static void a_signal_ends_the_waits_that_it_may_end(void **state)
{
	(void)state;
	victim = spawn(wait_for_result, NULL);
	spawn(interrupt_it, NULL);
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_string_equal(journal(), "ii-uk");
	assert_true(fake.tsc < 2000000); /* the interrupted wait's timer is gone */
}

/* ---- long system calls ---------------------------------------------------------- */

/* In ring 0, where no interrupt comes. */
static void call_for_long(void *arg)
{
	const struct work *w = arg;

	for (unsigned i = 0; i < w->pieces; i++) {
		fake.tsc += w->ticks;
		journal_note(sched_cond_resched() ? w->name : 'k');
	}
}

static void sleep_in_between(void *arg)
{
	(void)arg;
	wait_on(NULL, fake.tsc + QUANTUM / 2);
	journal_note('s');
}

static void a_long_call_gives_the_cpu_back_when_its_slice_is_over(void **state)
{
	struct work a = { 'a', 4, QUANTUM / 2 }, b = { 'b', 2, QUANTUM };

	(void)state;
	spawn(call_for_long, &a);
	spawn(work, &b);
	run_processes();
	assert_string_equal(journal(), "aaabab");
	assert_int_equal(ledger.switches_preempted, 4);
}

static void a_long_call_lets_sleepers_wake(void **state)
{
	struct work a = { 'a', 4, QUANTUM };

	(void)state;
	spawn(sleep_in_between, NULL);
	spawn(call_for_long, &a);
	run_processes();
	assert_string_equal(journal(), "asaaa");
}

static int set_up_with_clock(void **state)
{
	set_up(state);
	clock_init(1000000000);
	return 0;
}

static void a_long_call_alone_lets_interrupts_in_now_and_then(void **state)
{
	struct work a = { 'a', 100, 1000000 }; /* 1 ms each */

	(void)state;
	spawn(call_for_long, &a);
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_in_range(ledger.timer_arms, 9, 11);
	assert_int_equal(ledger.switches_preempted, 0);
}

static void a_short_call_is_not_held_up(void **state)
{
	struct work a = { 'a', 9, 1 };

	(void)state;
	spawn(call_for_long, &a);
	run_processes();
	assert_in_range(ledger.timer_arms, 0, 1);
}

static void without_preemption_a_long_call_keeps_the_cpu(void **state)
{
	struct work a = { 'a', 4, QUANTUM }, b = { 'b', 1, 1 };

	(void)state;
	spawn(sleep_in_between, NULL);
	spawn(call_for_long, &a);
	spawn(work, &b);
	run_processes();
	assert_string_equal(journal(), "aaaabs");
}

static void call_with_a_signal(void *arg)
{
	(void)arg;
	fake.tsc += 1;
	journal_note(sched_cond_resched() ? '.' : 'k');
	current()->needs_attention = true;
	journal_note(sched_cond_resched() ? '.' : 'k');
	current()->needs_attention = false;
}

static void a_signal_ends_a_long_call(void **state)
{
	(void)state;
	spawn(call_with_a_signal, NULL);
	run_processes();
	assert_string_equal(journal(), ".k");
}

/* ---- the end ------------------------------------------------------------------------ */

static void ended_processes_give_back_their_memory(void **state)
{
	struct work w = { 'a', 1, 10 };
	uint64_t free = page_nr_free();

	(void)state;
	for (unsigned i = 0; i < 50; i++)
		spawn(work, &w);
	assert_int_equal(page_nr_free(), free - 100);
	run_processes();
	assert_int_equal(page_nr_free(), free - 2); /* the last one's stack is still in use */
}

static void sleep_for_ever(void *arg)
{
	(void)arg;
	wait_on(NULL, WAIT_FOREVER);
}

static void what_each_did_adds_up_to_its_life(void **state)
{
	static const uint64_t until[] = { 1500000, 1003000, 1250000 };
	struct work w[] = { { 'a', 3, 7001 }, { 'b', 9, 777 }, { 'c', 1, 123456 }, { 'd', 2, QUANTUM } };
	const struct lde_process_record *r = direct_map(ledger.records_gpa);
	uint64_t running = 0, preempted = 0, voluntary = 0;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		spawn(i % 2 ? yield_between : work, &w[i]);
		fake.tsc += 17;
	}
	for (unsigned i = 0; i < 3; i++)
		spawn(sleep_until, (void *)(uintptr_t)&until[i]);
	spawn(sleep_for_ever, NULL);
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_int_equal(ledger.nr_records, 8);
	for (unsigned i = 0; i < 8; i++) {
		uint64_t sum = 0;

		for (unsigned s = 0; s < LDE_NR_STATES; s++)
			sum += r[i].state_tsc[s];
		running += r[i].state_tsc[LDE_STATE_RUNNING];
		preempted += r[i].switches_preempted;
		voluntary += r[i].switches_voluntary;
		if (i == 7) {
			assert_int_equal(r[i].end_tsc, 0);
			assert_int_equal(r[i].state, LDE_STATE_BLOCKED);
			continue;
		}
		assert_int_equal(r[i].state, LDE_STATE_ZOMBIE);
		assert_int_equal(sum, r[i].end_tsc - r[i].start_tsc);
		assert_int_equal(r[i].state_tsc[LDE_STATE_ZOMBIE], 0);
		assert_true(r[i].first_run_tsc >= r[i].start_tsc);
	}
	/* Somebody runs, or the CPU is idle; spawning cost time before the start. */
	assert_int_equal(running + ledger.idle_tsc, fake.tsc - 1000000 - 4 * 17);
	assert_int_equal(preempted, ledger.switches_preempted);
	assert_int_equal(voluntary, ledger.switches_voluntary);
}

static void a_hundred_share_the_cpu_fairly(void **state)
{
	static struct work w[100];
	uint64_t start = fake.tsc;

	(void)state;
	fake_processes_init(128, true);
	for (unsigned i = 0; i < 100; i++) {
		w[i] = (struct work){ (char)('0' + i % 10), 1, 20 * QUANTUM };
		spawn(work, &w[i]);
	}
	run_processes();
	for (unsigned i = 0; i < 100; i++) {
		const struct lde_process_record *r =
			(struct lde_process_record *)direct_map(ledger.records_gpa) + i;

		assert_int_equal(r->state_tsc[LDE_STATE_RUNNING], 20 * QUANTUM);
		/* All are at it to the end, when every slice is over, and not a tick
		 * was lost. */
		assert_int_equal(r->end_tsc, start + 100 * 20 * QUANTUM);
	}
}

static void the_kernel_stack_goes_with_the_process(void *arg)
{
	(void)arg;
	assert_ptr_equal((void *)this_cpu()->tss.rsp[0], current()->context.stack_top);
	sched_yield();
	assert_ptr_equal((void *)this_cpu()->tss.rsp[0], current()->context.stack_top);
}

static void every_switch_loads_what_belongs_to_the_next(void **state)
{
	(void)state;
	spawn(the_kernel_stack_goes_with_the_process, NULL);
	spawn(the_kernel_stack_goes_with_the_process, NULL);
	run_processes();
	assert_int_equal(fake.nr_switches, 4);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		TEST(nobody_at_all_is_idle),
		TEST(who_is_ready_before_idle_is_not_waited_for),
		TEST(one_alone_never_needs_the_timer),
		TEST(turns_go_round_in_order_of_arrival),
		TEST(a_slice_ends_after_the_quantum),
		TEST(the_longer_one_is_not_interrupted_once_it_is_alone),
		TEST(a_new_slice_begins_when_somebody_begins_to_wait),
		cmocka_unit_test_setup(without_preemption_nobody_is_interrupted,
				       set_up_without_preemption),
		TEST(who_yields_goes_to_the_end),
		TEST(who_yields_alone_goes_on_without_a_switch),
		TEST(sleepers_wake_first_come_first_served),
		TEST(blocked_processes_do_not_make_the_timer_tick),
		TEST(sleepers_wake_in_order_of_time_and_the_cpu_idles),
		TEST(a_wait_ends_by_whatever_comes_first),
		TEST(a_deadline_that_has_passed_ends_the_wait),
		TEST(a_signal_ends_the_waits_that_it_may_end),
		cmocka_unit_test_setup(a_long_call_gives_the_cpu_back_when_its_slice_is_over,
				       set_up_with_clock),
		TEST(a_long_call_lets_sleepers_wake),
		cmocka_unit_test_setup(a_long_call_alone_lets_interrupts_in_now_and_then,
				       set_up_with_clock),
		cmocka_unit_test_setup(a_short_call_is_not_held_up, set_up_with_clock),
		cmocka_unit_test_setup(without_preemption_a_long_call_keeps_the_cpu,
				       set_up_without_preemption),
		TEST(a_signal_ends_a_long_call),
		TEST(ended_processes_give_back_their_memory),
		TEST(what_each_did_adds_up_to_its_life),
		TEST(a_hundred_share_the_cpu_fairly),
		TEST(every_switch_loads_what_belongs_to_the_next),
	};

	return cmocka_run_group_tests_name("kernel_sched", tests, NULL, NULL);
}
