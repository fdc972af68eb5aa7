/* SPDX-License-Identifier: MIT */
/* The scheduler's events: who gets the CPU, who leaves it and why, who is woken. */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_process.h"

#include "guest/arch/event.h"
#include "guest/core/clock.h"
#include "guest/core/event_policy.h"
#include "guest/core/sched.h"
#include "guest/core/wait.h"
#include "guest/lib/ledger.h"
#include "vmm/observe/trace_follow.h"
#include "vmm/observe/trace_ring.h"

#define RING_GPA 0x200000 /* below what the kernel manages */

static struct trace_ring ring;
static struct trace_follower follower;
static const struct policy_config config = { .quantum = QUANTUM };

static int set_up(void **state)
{
	struct event_source source = {
		.ring = RING_GPA,
		.bytes = trace_ring_size(65536),
		.classes = LDE_TRACE_C_ALL,
	};

	fake_set_up(state);
	trace_ring_init(&ring, direct_map(RING_GPA), source.bytes);
	if (!event_init(&source))
		return -1;
	trace_follower_fini(&follower);
	if (trace_follower_init(&follower, LDE_TRACE_C_ALL, 1000000000))
		return -1;
	fake_processes_init(64, true);
	sched_init(event_policy(policy_rr(&config)), true);
	return 0;
}

static struct lde_trace_record take_one(void)
{
	struct lde_trace_record record;

	do
		assert_int_equal(trace_ring_take(&ring, &record, 1), 1);
	while (!trace_follower_complete(&follower, &record));
	return record;
}

static void assert_nothing_left(void)
{
	struct lde_trace_record record;

	while (trace_ring_take(&ring, &record, 1) == 1)
		assert_false(trace_follower_complete(&follower, &record));
}

static void without_a_trace_the_policy_is_itself(void **state)
{
	const struct policy_ops *inner = policy_rr(&config);

	(void)state;
	fake_boot(8192);
	assert_ptr_equal(event_policy(inner), inner);
	assert_false(event_is_on(LDE_TRACE_C_ALL));
}

static void expect(uint32_t kind, uint32_t pid, uint32_t code, uint64_t arg0)
{
	struct lde_trace_record record = take_one();

	if (record.kind != kind || record.pid != pid || record.code != code ||
	    record.args[0] != arg0)
		fail_msg("kind %u, pid %u, code %u, argument %llu", record.kind, record.pid,
			 record.code, (unsigned long long)record.args[0]);
}

static void expect_switch(uint32_t pid, enum lde_switch_reason reason,
			  enum lde_process_state state, uint32_t next)
{
	struct lde_trace_record record = take_one();

	if (record.kind != LDE_TRACE_SCHED_SWITCH || record.pid != pid || record.code != reason ||
	    record.args[0] != state || record.args[1] != next)
		fail_msg("kind %u, pid %u, reason %u, state %llu, next %llu", record.kind,
			 record.pid, record.code, (unsigned long long)record.args[0],
			 (unsigned long long)record.args[1]);
}

static struct wait_queue queue = WAIT_QUEUE_INIT(queue);

static void wait_then_end(void *arg)
{
	(void)arg;
	wait_uninterrupted(&queue);
}

static void yield_and_wake(void *arg)
{
	(void)arg;
	sched_yield();
	wait_wake_one(&queue);
}

static void end_at_once(void *arg)
{
	(void)arg;
}

static void states_and_their_reasons_are_recorded(void **state)
{
	const uint64_t start = fake.tsc;

	(void)state;
	list_init(&queue.waiters);
	spawn(wait_then_end, NULL);
	spawn(yield_and_wake, NULL);
	spawn(end_at_once, NULL);
	assert_string_equal(run_processes(), FAKE_IDLE);
	expect(LDE_TRACE_PROCESS_FORK, 0, 0, 1);
	expect(LDE_TRACE_SCHED_WAKEUP, 0, 1, 1);
	expect(LDE_TRACE_PROCESS_FORK, 0, 0, 2);
	expect(LDE_TRACE_SCHED_WAKEUP, 0, 1, 2);
	expect(LDE_TRACE_PROCESS_FORK, 0, 0, 3);
	expect(LDE_TRACE_SCHED_WAKEUP, 0, 1, 3);
	expect_switch(0, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, 1);
	expect(LDE_TRACE_TIMER_ARM, 1, 0, start + QUANTUM);
	expect_switch(1, LDE_SWITCH_BLOCKED, LDE_STATE_BLOCKED, 2);
	expect_switch(2, LDE_SWITCH_YIELDED, LDE_STATE_READY, 3);
	expect_switch(3, LDE_SWITCH_ENDED, LDE_STATE_ZOMBIE, 2);
	expect(LDE_TRACE_SCHED_WAKEUP, 2, 0, 1);
	expect_switch(2, LDE_SWITCH_ENDED, LDE_STATE_ZOMBIE, 1);
	expect_switch(1, LDE_SWITCH_ENDED, LDE_STATE_ZOMBIE, 0);
	assert_nothing_left();
}

static void compute(void *arg)
{
	fake_compute(*(uint64_t *)arg);
}

static void an_interrupt_ends_before_the_switch_it_leads_to(void **state)
{
	(void)state;
	event_state.interrupt = 0x20;
	event_interrupt_over();
	event_interrupt_over();
	expect(LDE_TRACE_IRQ_EXIT, 0, 0x20, 0);
	assert_nothing_left();
}

static void preemption_is_told_from_yielding(void **state)
{
	uint64_t ticks = QUANTUM + QUANTUM / 2;
	unsigned nr_preempted = 0;
	struct lde_trace_record record;

	(void)state;
	spawn(compute, &ticks);
	spawn(compute, &ticks);
	run_processes();
	while (trace_ring_take(&ring, &record, 1) == 1)
		if (trace_follower_complete(&follower, &record) &&
		    record.kind == LDE_TRACE_SCHED_SWITCH && record.code == LDE_SWITCH_PREEMPTED) {
			assert_int_equal(record.args[0], LDE_STATE_READY);
			nr_preempted++;
		}
	assert_int_equal(nr_preempted, ledger.switches_preempted);
	assert_true(nr_preempted >= 2);
}

static void sleep_a_while(void *arg)
{
	wait_on(NULL, *(uint64_t *)arg);
}

static void nobody_has_the_cpu_while_it_idles(void **state)
{
	uint64_t until = 5000000;

	(void)state;
	spawn(sleep_a_while, &until);
	run_processes();
	expect(LDE_TRACE_PROCESS_FORK, 0, 0, 1);
	expect(LDE_TRACE_SCHED_WAKEUP, 0, 1, 1);
	expect_switch(0, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, 1);
	expect(LDE_TRACE_TIMER_ARM, 1, 0, until);
	expect_switch(1, LDE_SWITCH_BLOCKED, LDE_STATE_BLOCKED, 0);
	expect(LDE_TRACE_SCHED_WAKEUP, 0, 0, 1);
	expect_switch(0, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, 1);
	expect_switch(1, LDE_SWITCH_ENDED, LDE_STATE_ZOMBIE, 0);
	assert_nothing_left();
}

static void stop_then_end(void *arg)
{
	struct process *blocked = *(struct process **)arg;

	wait_stop(blocked);
	sched_ready(blocked);
}

static void one_that_is_stopped_while_blocked_is_recorded(void **state)
{
	static struct process *blocked;

	(void)state;
	list_init(&queue.waiters);
	blocked = spawn(wait_then_end, NULL);
	spawn(stop_then_end, &blocked);
	run_processes();
	while (take_one().kind != LDE_TRACE_SCHED_STOP)
		;
	expect(LDE_TRACE_SCHED_WAKEUP, 2, 0, 1);
}

/* Takes events up to a switch of contexts; expects that the one before says the same. */
static void expect_contexts(const struct process *prev, const struct process *next)
{
	struct lde_trace_record before = { 0 }, record = take_one();

	for (; record.kind != LDE_TRACE_CONTEXT_SWITCH; record = take_one())
		before = record;
	assert_int_equal(before.kind, LDE_TRACE_SCHED_SWITCH);
	assert_int_equal(before.args[1], next->pid);
	assert_int_equal(record.pid, next->pid);
	if (prev)
		assert_ptr_equal(record.args[0], &prev->context);
	assert_ptr_equal(record.args[1], &next->context);
	assert_ptr_equal(record.args[4], next->context.stack_top);
}

static void contexts_are_recorded_if_asked_for(void **state)
{
	struct process *first, *second;

	(void)state;
	event_state.classes |= LDE_TRACE_C_REGISTERS;
	sched_init(event_policy(policy_rr(&config)), true);
	trace_follower_fini(&follower);
	assert_int_equal(trace_follower_init(&follower, event_state.classes, 1000000000), 0);
	first = spawn(yield_and_wake, NULL);
	second = spawn(yield_and_wake, NULL);
	list_init(&queue.waiters);
	run_processes();
	expect_contexts(NULL, first);
	expect_contexts(first, second);
	expect_contexts(second, first);
}

static void use_mlfq(bool is_logical)
{
	static struct policy_config levels = {
		.nr_levels = 2,
		.quanta = { QUANTUM, 3 * QUANTUM },
		.allotments = { 1, 1 },
		.boost = 5 * QUANTUM,
	};

	levels.is_logical = is_logical;
	sched_init(event_policy(policy_mlfq(&levels)), true);
}

/* The next event of that kind. */
static struct lde_trace_record take_kind(uint32_t kind)
{
	struct lde_trace_record record = take_one();

	while (record.kind != kind)
		record = take_one();
	return record;
}

static void expect_level(enum lde_level_why why, uint32_t pid, uint32_t level, uint64_t used,
			 uint64_t slice)
{
	struct lde_trace_record record = take_kind(LDE_TRACE_LEVEL);

	if (record.code != why || record.args[0] != pid || record.args[1] != level ||
	    record.args[2] != clock_ticks_to_ns(used) || record.args[3] != clock_ticks_to_ns(slice))
		fail_msg("why %u, pid %llu, level %llu, used %llu, slice %llu", record.code,
			 (unsigned long long)record.args[0], (unsigned long long)record.args[1],
			 (unsigned long long)record.args[2], (unsigned long long)record.args[3]);
}

static void mlfq_records_who_is_where(void **state)
{
	uint64_t ticks = 3 * QUANTUM;

	(void)state;
	use_mlfq(false);
	spawn(compute, &ticks);
	spawn(compute, &ticks);
	run_processes();
	expect_level(LDE_LEVEL_WOKEN, 1, 0, 0, QUANTUM);
	expect_level(LDE_LEVEL_WOKEN, 2, 0, 0, QUANTUM);
	expect_level(LDE_LEVEL_TURN, 1, 0, 0, QUANTUM);
	expect_level(LDE_LEVEL_PREEMPTED, 1, 1, 0, 3 * QUANTUM);
	expect_level(LDE_LEVEL_TURN, 2, 0, 0, QUANTUM);
	expect_level(LDE_LEVEL_PREEMPTED, 2, 1, 0, 3 * QUANTUM);
	expect_level(LDE_LEVEL_TURN, 1, 1, 0, 3 * QUANTUM);
}

static void mlfq_records_its_boost(void **state)
{
	uint64_t ticks = 5 * QUANTUM;

	(void)state;
	use_mlfq(false);
	spawn(compute, &ticks);
	spawn(compute, &ticks);
	run_processes();
	take_kind(LDE_TRACE_BOOST);
	assert_int_equal(take_kind(LDE_TRACE_LEVEL).args[1], 0);
}

/* There a tick's record has it. */
static void mlfq_records_no_levels_on_the_logical_clock(void **state)
{
	struct lde_trace_record record;
	uint64_t ticks = 3 * QUANTUM;

	(void)state;
	use_mlfq(true);
	spawn(compute, &ticks);
	spawn(compute, &ticks);
	run_processes();
	while (trace_ring_take(&ring, &record, 1) == 1)
		assert_int_not_equal(record.kind, LDE_TRACE_LEVEL);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_trace_the_policy_is_itself),
		TEST(an_interrupt_ends_before_the_switch_it_leads_to),
		TEST(states_and_their_reasons_are_recorded),
		TEST(preemption_is_told_from_yielding),
		TEST(nobody_has_the_cpu_while_it_idles),
		TEST(one_that_is_stopped_while_blocked_is_recorded),
		TEST(contexts_are_recorded_if_asked_for),
		TEST(mlfq_records_who_is_where),
		TEST(mlfq_records_its_boost),
		TEST(mlfq_records_no_levels_on_the_logical_clock),
	};

	return cmocka_run_group_tests_name("event_policy", tests, NULL, NULL);
}
