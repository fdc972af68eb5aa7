/* SPDX-License-Identifier: MIT */
/* From the kernel's events to records: whose, when, and what they mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <asm/unistd.h>
#include <stdlib.h>

#include <lde/ledger.h>

#include "vmm/ostep/replay.h"

/* Job 0 is process 7, job 1 process 3; whatever else there is is no job. */
#define A 7
#define B 3

static struct workload workload;
static struct workload_job jobs[2];
static struct recording recording;
static struct replay *replay;
static size_t nr_taken;

static void begin(enum workload_rules rules)
{
	workload.rules = rules;
	workload.nr_jobs = 2;
	workload.jobs = jobs;
	workload.quantum = 4;
	jobs[0].nr_steps = jobs[1].nr_steps = 1;
	recording = (struct recording){0};
	nr_taken = 0;
	replay = malloc(sizeof(*replay));
	assert_non_null(replay);
	assert_int_equal(replay_init(replay, &workload, &recording), 0);
	replay_set_job(replay, A, 0);
	replay_set_job(replay, B, 1);
}

static int end(void **state)
{
	(void)state;
	replay_fini(replay);
	free(replay);
	recording_fini(&recording);
	workload = (struct workload){0};
	return 0;
}

static void feed(uint32_t kind, uint32_t pid, uint32_t code, uint64_t arg0, uint64_t arg1,
		 uint64_t arg2)
{
	const struct trace_event event = {
		.kind = kind, .pid = pid, .code = code, .args = {arg0, arg1, arg2}};

	assert_int_equal(replay_event(replay, &event), 0);
}

static void tick(uint32_t pid, uint64_t number, uint32_t syscall_nr)
{
	feed(LDE_TRACE_TICK, pid, syscall_nr, number, 0, 0);
}

static void expect(enum record_kind kind, uint32_t job, uint64_t time)
{
	const struct record *record = &recording.records[nr_taken];

	assert_true(nr_taken < recording.nr);
	nr_taken++;
	if (record->kind != kind || record->job != job || record->time != time)
		fail_msg("kind %u, job %u, time %llu", record->kind, record->job,
			 (unsigned long long)record->time);
}

static void expect_op(enum record_op op)
{
	assert_int_equal(recording.records[nr_taken - 1].run.op, op);
}

static void expect_no_more(void)
{
	assert_int_equal(nr_taken, recording.nr);
}

static void an_io_of_process_run_is_two_instructions(void **state)
{
	(void)state;
	begin(WORKLOAD_PROCESS_RUN);
	feed(LDE_TRACE_SCHED_SWITCH, 0, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, A, 0);
	tick(A, 0, __NR_read);
	feed(LDE_TRACE_SCHED_SWITCH, A, LDE_SWITCH_BLOCKED, LDE_STATE_BLOCKED, 0, 0);
	tick(0, 1, LDE_TICK_IDLE);
	feed(LDE_TRACE_SCHED_WAKEUP, 0, 0, A, 0, 0);
	feed(LDE_TRACE_SCHED_SWITCH, 0, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, A, 0);
	tick(A, 2, __NR_exit_group);
	feed(LDE_TRACE_PROCESS_EXIT, A, 0, 0, 0, 0);

	expect(RECORD_DISPATCH, 0, 0);
	expect(RECORD_RUN, 0, 1); /* rows are counted from 1 */
	expect_op(RECORD_OP_IO);
	expect(RECORD_IO_ISSUED, 0, 1);
	expect(RECORD_BLOCKED, 0, 1);
	expect(RECORD_IDLE, RECORD_NO_JOB, 2);
	expect(RECORD_IO_DONE, 0, 3);
	expect(RECORD_READY, 0, 3);
	expect(RECORD_DISPATCH, 0, 3);
	expect(RECORD_RUN, 0, 3);
	expect_op(RECORD_OP_IO_DONE);
	expect(RECORD_DONE, 0, 3);
	expect_no_more();
}

static void elsewhere_time_begins_with_0(void **state)
{
	(void)state;
	begin(WORKLOAD_RR);
	feed(LDE_TRACE_SCHED_SWITCH, 0, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, B, 0);
	tick(B, 0, __NR_getppid);
	feed(LDE_TRACE_SCHED_SWITCH, B, LDE_SWITCH_PREEMPTED, LDE_STATE_READY, A, 0);
	tick(A, 1, __NR_exit_group);
	feed(LDE_TRACE_PROCESS_EXIT, A, 0, 0, 0, 0);
	expect(RECORD_DISPATCH, 1, 0);
	expect(RECORD_RUN, 1, 0);
	expect_op(RECORD_OP_CPU);
	expect(RECORD_READY, 1, 1);
	expect(RECORD_DISPATCH, 0, 1);
	expect(RECORD_RUN, 0, 1);
	expect(RECORD_DONE, 0, 2);
	expect_no_more();
}

static void what_is_left_of_a_level_is_counted(void **state)
{
	const struct record *record;

	(void)state;
	begin(WORKLOAD_MLFQ);
	workload.nr_levels = 2;
	workload.levels[0] = (struct workload_level){.quantum = 5, .allotment = 3};
	workload.levels[1] = (struct workload_level){.quantum = 0, .allotment = -1};
	feed(LDE_TRACE_SCHED_WAKEUP, 0, 1, A, 0, 0);
	feed(LDE_TRACE_BOOST, 0, 0, 0, 0, 0);
	feed(LDE_TRACE_TICK, A, __NR_getppid, 0, 0, 11);
	feed(LDE_TRACE_TICK, A, __NR_getppid, 1, 1, 4);
	feed(LDE_TRACE_TICK, A, __NR_getppid, 2, 999, 4); /* no such level */
	expect(RECORD_ARRIVED, 0, 0);
	expect(RECORD_BOOST, RECORD_NO_JOB, 0);
	expect(RECORD_RUN, 0, 0);
	record = &recording.records[nr_taken - 1];
	assert_int_equal(record->run.ticks_left, 3); /* the 12th tick is the 2nd of a slice */
	assert_int_equal(record->run.allot_left, 1);
	expect(RECORD_RUN, 0, 1);
	record = &recording.records[nr_taken - 1];
	assert_int_equal(record->run.level, 1);
	assert_int_equal(record->run.ticks_left, -5); /* as the simulator counts on */
	assert_int_equal(record->run.allot_left, -1);
	expect(RECORD_RUN, 0, 2);
	expect_no_more();
}

static void draw(uint32_t pid)
{
	const struct trace_event event = {.kind = LDE_TRACE_DRAW, .args = {1000, 5, 20, pid}};

	assert_int_equal(replay_event(replay, &event), 0);
}

static void a_lottery_ends_with_its_draws(void **state)
{
	(void)state;
	begin(WORKLOAD_LOTTERY);
	draw(A);
	feed(LDE_TRACE_SCHED_SWITCH, 0, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, A, 0);
	tick(A, 0, __NR_exit_group);
	feed(LDE_TRACE_PROCESS_EXIT, A, 0, 0, 0, 0);
	/* The kernel draws by itself from here on. */
	feed(LDE_TRACE_SCHED_SWITCH, A, LDE_SWITCH_ENDED, LDE_STATE_ZOMBIE, B, 0);
	tick(B, 4, __NR_exit_group);
	feed(LDE_TRACE_PROCESS_EXIT, B, 0, 0, 0, 0);
	expect(RECORD_DRAW, 0, 0);
	assert_int_equal(recording.records[0].draw.winner, 5);
	assert_int_equal(recording.records[0].draw.tickets, 20);
	expect(RECORD_DISPATCH, 0, 0);
	expect(RECORD_RUN, 0, 0);
	expect(RECORD_DONE, 0, 4); /* a draw is of a whole quantum */
	expect_no_more();
}

static void who_is_no_job_is_left_out(void **state)
{
	(void)state;
	begin(WORKLOAD_PROCESS_RUN);
	feed(LDE_TRACE_SCHED_SWITCH, 0, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, 99, 0);
	feed(LDE_TRACE_SCHED_WAKEUP, 0, 0, UINT64_MAX, 0, 0);
	feed(LDE_TRACE_SCHED_SWITCH, 99, LDE_SWITCH_BLOCKED, LDE_STATE_BLOCKED, UINT64_MAX, 0);
	feed(LDE_TRACE_PROCESS_EXIT, 99, 0, 0, 0, 0);
	feed(LDE_TRACE_SYSCALL_ENTRY, A, __NR_read, 0, 0, 0);
	expect_no_more();
}

static void who_has_nothing_to_do_has_no_instruction(void **state)
{
	(void)state;
	begin(WORKLOAD_PROCESS_RUN);
	jobs[1].nr_steps = 0;
	tick(B, 0, __NR_exit);
	expect(RECORD_RUN, 1, 1);
	expect_op(RECORD_OP_NONE);
	expect_no_more();
}

static void feed_at(uint64_t ns, uint32_t kind, uint32_t pid, uint32_t code, uint64_t arg0,
		    uint64_t arg1)
{
	const struct trace_event event = {
		.ns = ns, .kind = kind, .pid = pid, .code = code, .args = {arg0, arg1}};

	assert_int_equal(replay_event(replay, &event), 0);
}

/* There a job's system calls say what it has done, and time begins with the first job. */
static void real_clock_counts_ns(void **state)
{
	(void)state;
	begin(WORKLOAD_PROCESS_RUN);
	workload.real_tick_ns = 1000;
	feed_at(500, LDE_TRACE_SCHED_SWITCH, 0, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, A);
	feed_at(600, LDE_TRACE_SYSCALL_ENTRY, A, __NR_clock_gettime, 0, 0);
	feed_at(1600, LDE_TRACE_SYSCALL_ENTRY, A, __NR_read, 0, 0);
	feed_at(1700, LDE_TRACE_SCHED_SWITCH, A, LDE_SWITCH_BLOCKED, LDE_STATE_BLOCKED, 0);
	feed_at(2500, LDE_TRACE_SCHED_WAKEUP, 0, 0, A, 0);
	feed_at(2600, LDE_TRACE_SCHED_SWITCH, 0, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, A);
	feed_at(3600, LDE_TRACE_SYSCALL_ENTRY, A, __NR_exit_group, 0, 0);
	feed_at(3700, LDE_TRACE_PROCESS_EXIT, A, 0, 0, 0);
	expect(RECORD_DISPATCH, 0, 0);
	expect(RECORD_RUN, 0, 1100);
	expect_op(RECORD_OP_IO);
	expect(RECORD_IO_ISSUED, 0, 1100);
	expect(RECORD_BLOCKED, 0, 1200);
	expect(RECORD_IDLE, RECORD_NO_JOB, 2000);
	expect(RECORD_IO_DONE, 0, 2000);
	expect(RECORD_READY, 0, 2000);
	expect(RECORD_DISPATCH, 0, 2100);
	expect(RECORD_RUN, 0, 3100);
	expect_op(RECORD_OP_IO_DONE);
	expect(RECORD_DONE, 0, 3200);
	expect_no_more();
}

static void level_at(uint64_t ns, uint32_t pid, enum lde_level_why why, uint64_t level,
		     uint64_t used, uint64_t slice)
{
	const struct trace_event event = {
		.ns = ns, .kind = LDE_TRACE_LEVEL, .code = why, .args = {pid, level, used, slice}};

	assert_int_equal(replay_event(replay, &event), 0);
}

static void expect_left(uint32_t level, int64_t slice, int64_t allot, bool is_displaced)
{
	const struct record *record = &recording.records[nr_taken - 1];

	assert_int_equal(record->run.level, level);
	assert_int_equal(record->run.ticks_left, slice);
	assert_int_equal(record->run.allot_left, allot);
	assert_int_equal(record->run.is_displaced, is_displaced);
}

static void begin_real_mlfq(void)
{
	begin(WORKLOAD_MLFQ);
	workload.real_tick_ns = 1000;
	workload.nr_levels = 2;
	workload.levels[0] = (struct workload_level){.quantum = 2, .allotment = 3};
	workload.levels[1] = (struct workload_level){.quantum = 0, .allotment = -1};
	jobs[0].arrival = jobs[1].arrival = 0;
}

/* The kernel says where a job is and what it has; here is only what it used of that. */
static void real_levels_are_the_kernels(void **state)
{
	(void)state;
	begin_real_mlfq();
	feed_at(400, LDE_TRACE_SCHED_WAKEUP, 0, 1, A, 0);
	level_at(400, A, LDE_LEVEL_WOKEN, 0, 0, 2000);
	level_at(500, A, LDE_LEVEL_TURN, 0, 2000, 2000);
	level_at(500, 99, LDE_LEVEL_TURN, 1, 0, 5);             /* no job */
	level_at(500, A, LDE_LEVEL_TURN, LDE_SCHED_LEVELS_MAX, 0, 5); /* no level */
	feed_at(500, LDE_TRACE_SCHED_SWITCH, 0, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, A);
	feed_at(1600, LDE_TRACE_SYSCALL_ENTRY, A, __NR_getppid, 0, 0);
	level_at(1700, A, LDE_LEVEL_DISPLACED, 0, 3200, 800);
	feed_at(1700, LDE_TRACE_BOOST, A, 0, 0, 0);
	level_at(1700, B, LDE_LEVEL_TURN, 1, 0, 3600);
	feed_at(1700, LDE_TRACE_SCHED_SWITCH, A, LDE_SWITCH_PREEMPTED, LDE_STATE_READY, B);
	feed_at(2700, LDE_TRACE_SYSCALL_ENTRY, B, __NR_getppid, 0, 0);
	level_at(2800, B, LDE_LEVEL_PREEMPTED, 1, 1100, 3600);
	level_at(2800, A, LDE_LEVEL_TURN, 0, 3200, 800);
	feed_at(2800, LDE_TRACE_SCHED_SWITCH, B, LDE_SWITCH_PREEMPTED, LDE_STATE_READY, A);
	feed_at(6000, LDE_TRACE_SYSCALL_ENTRY, A, __NR_exit_group, 0, 0);
	expect(RECORD_ARRIVED, 0, 0);
	expect(RECORD_DISPATCH, 0, 0);
	expect_left(0, 2000, 2, false);
	expect(RECORD_RUN, 0, 1100);
	expect_left(0, 900, 2, false);
	expect(RECORD_READY, 0, 1200);
	expect_left(0, 800, 2, true);
	expect(RECORD_BOOST, RECORD_NO_JOB, 1200);
	expect(RECORD_DISPATCH, 1, 1200);
	expect(RECORD_RUN, 1, 2200);
	expect_left(1, -1000, -1, false); /* its slice has no end */
	expect(RECORD_READY, 1, 2300);
	expect_left(1, 0, -1, false);
	expect(RECORD_DISPATCH, 0, 2300);
	expect(RECORD_RUN, 0, 5500);
	expect_left(0, -2400, 0, false); /* nobody waited, or the timer was late */
	expect_no_more();
}

/* If nobody is there at first, the first one comes when it is to. */
static void real_time_begins_before_who_comes_late(void **state)
{
	(void)state;
	begin_real_mlfq();
	jobs[0].arrival = 3;
	jobs[1].arrival = 5;
	feed_at(10000, LDE_TRACE_SCHED_WAKEUP, 0, 1, A, 0);
	feed_at(10100, LDE_TRACE_SCHED_SWITCH, 0, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, A);
	feed_at(12050, LDE_TRACE_SCHED_WAKEUP, 0, 1, B, 0);
	expect(RECORD_IDLE, RECORD_NO_JOB, 3000);
	expect(RECORD_ARRIVED, 0, 3000);
	expect(RECORD_DISPATCH, 0, 3100);
	expect(RECORD_ARRIVED, 1, 5050);
	expect_no_more();
	jobs[0].arrival = jobs[1].arrival = 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, end)
	const struct CMUnitTest tests[] = {
		TEST(an_io_of_process_run_is_two_instructions),
		TEST(elsewhere_time_begins_with_0),
		TEST(what_is_left_of_a_level_is_counted),
		TEST(a_lottery_ends_with_its_draws),
		TEST(who_is_no_job_is_left_out),
		TEST(who_has_nothing_to_do_has_no_instruction),
		TEST(real_clock_counts_ns),
		TEST(real_levels_are_the_kernels),
		TEST(real_time_begins_before_who_comes_late),
	};

	return cmocka_run_group_tests_name("ostep_replay", tests, NULL, NULL);
}
