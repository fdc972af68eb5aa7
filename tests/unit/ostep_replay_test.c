/* SPDX-License-Identifier: MIT */
/* From the events of a trace to the records of a workload, on either clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <asm/unistd.h>
#include <stdlib.h>
#include <string.h>

#include <lde/ledger.h>

#include "vmm/ostep/replay.h"

/* Processes 2 and 3 are jobs 0 and 1; 9 is none. */
#define FIRST    2
#define SECOND   3
#define STRANGER 9

static struct workload workload;
static struct recording recording;
static struct replay replay;

static int setup(void **state)
{
	(void)state;
	memset(&workload, 0, sizeof(workload));
	for (int i = 0; i < 2; i++) {
		struct workload_job *job = workload_add_job(&workload);

		assert_non_null(job);
		assert_int_equal(workload_add_cpu(job, 5), 0);
	}
	workload.nr_levels = 2;
	workload.levels[0] = (struct workload_level){4, 2};
	workload.levels[1] = (struct workload_level){0, -1};
	assert_int_equal(replay_init(&replay, &workload, &recording), 0);
	replay_set_job(&replay, FIRST, 0);
	replay_set_job(&replay, SECOND, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	replay_fini(&replay);
	recording_fini(&recording);
	workload_fini(&workload);
	return 0;
}

#define EVENT(...) assert_int_equal(replay_event(&replay, &(struct trace_event){__VA_ARGS__}), 0)

#define TICK(the_pid, the_code, ...)                                                               \
	EVENT(.kind = LDE_TRACE_TICK, .pid = (the_pid), .code = (the_code), .args = {__VA_ARGS__})
#define SWITCH(prev, prev_state, next)                                                             \
	EVENT(.kind = LDE_TRACE_SCHED_SWITCH, .pid = (prev), .args = {(prev_state), (next)})
#define WAKEUP(is_new, the_pid)                                                                    \
	EVENT(.kind = LDE_TRACE_SCHED_WAKEUP, .code = (is_new), .args = {(the_pid)})

/* The next record, from the first on. */
static size_t nr_seen;

static const struct record *next_record(enum record_kind kind, uint32_t job, uint64_t time)
{
	const struct record *record = &recording.records[nr_seen++];

	assert_true(nr_seen <= recording.nr);
	assert_int_equal(record->kind, kind);
	assert_int_equal(record->job, job);
	assert_int_equal(record->time, time);
	return record;
}

static void ends_here(void)
{
	assert_int_equal(recording.nr, nr_seen);
	nr_seen = 0;
}

/* An I/O takes a tick, and one more takes note of it; ticks are counted from 1. */
static void process_run_numbers_rows(void **state)
{
	(void)state;
	workload.rules = WORKLOAD_PROCESS_RUN;
	SWITCH(0, LDE_STATE_NONE, FIRST);
	TICK(FIRST, __NR_read, 0);
	SWITCH(FIRST, LDE_STATE_BLOCKED, SECOND);
	TICK(SECOND, __NR_getppid, 1);
	WAKEUP(0, FIRST);
	SWITCH(SECOND, LDE_STATE_READY, FIRST);
	TICK(FIRST, __NR_getppid, 2);
	TICK(FIRST, __NR_getppid, 3);
	next_record(RECORD_DISPATCH, 0, 0);
	assert_int_equal(next_record(RECORD_RUN, 0, 1)->run.op, RECORD_OP_IO);
	next_record(RECORD_IO_ISSUED, 0, 1);
	next_record(RECORD_BLOCKED, 0, 1);
	next_record(RECORD_DISPATCH, 1, 1);
	assert_int_equal(next_record(RECORD_RUN, 1, 2)->run.op, RECORD_OP_CPU);
	next_record(RECORD_IO_DONE, 0, 3);
	next_record(RECORD_READY, 0, 3);
	next_record(RECORD_READY, 1, 2);
	next_record(RECORD_DISPATCH, 0, 3);
	assert_int_equal(next_record(RECORD_RUN, 0, 3)->run.op, RECORD_OP_IO_DONE);
	assert_int_equal(next_record(RECORD_RUN, 0, 4)->run.op, RECORD_OP_CPU);
	ends_here();
}

static void mlfq_has_what_is_left(void **state)
{
	const struct record *record;

	(void)state;
	workload.rules = WORKLOAD_MLFQ;
	WAKEUP(1, FIRST);
	TICK(FIRST, __NR_getppid, 0, 0, 0);
	TICK(FIRST, __NR_getppid, 1, 0, 6);
	EVENT(.kind = LDE_TRACE_BOOST, .args = {2});
	TICK(FIRST, __NR_getppid, 2, 1, 3);
	next_record(RECORD_ARRIVED, 0, 0);
	record = next_record(RECORD_RUN, 0, 0);
	assert_int_equal(record->run.ticks_left, 3);
	assert_int_equal(record->run.allot_left, 2);
	record = next_record(RECORD_RUN, 0, 1);
	assert_int_equal(record->run.ticks_left, 1);
	assert_int_equal(record->run.allot_left, 1);
	next_record(RECORD_BOOST, RECORD_NO_JOB, 2);
	/* A quantum of 0 is never used up. */
	record = next_record(RECORD_RUN, 0, 2);
	assert_int_equal(record->run.level, 1);
	assert_int_equal(record->run.ticks_left, -4);
	assert_int_equal(record->run.allot_left, -1);
	ends_here();
}

/* It ends when nobody draws any more, whoever still runs. */
static void lottery_is_over_with_its_draws(void **state)
{
	const struct record *record;

	(void)state;
	workload.rules = WORKLOAD_LOTTERY;
	workload.quantum = 3;
	EVENT(.kind = LDE_TRACE_DRAW, .args = {1234, 34, 100, SECOND});
	SWITCH(0, LDE_STATE_NONE, SECOND);
	TICK(SECOND, __NR_exit_group, 0);
	EVENT(.kind = LDE_TRACE_PROCESS_EXIT, .pid = SECOND);
	SWITCH(SECOND, LDE_STATE_ZOMBIE, FIRST);
	TICK(FIRST, __NR_getppid, 3);
	record = next_record(RECORD_DRAW, 1, 0);
	assert_int_equal(record->draw.winner, 34);
	assert_int_equal(record->draw.tickets, 100);
	next_record(RECORD_DISPATCH, 1, 0);
	next_record(RECORD_RUN, 1, 0);
	next_record(RECORD_DONE, 1, 3);
	ends_here();
}

static void strangers_are_left_out(void **state)
{
	(void)state;
	workload.rules = WORKLOAD_RR;
	SWITCH(0, LDE_STATE_NONE, STRANGER);
	WAKEUP(0, STRANGER);
	WAKEUP(0, UINT64_MAX);
	EVENT(.kind = LDE_TRACE_DRAW, .args = {0, 0, 0, UINT64_MAX});
	EVENT(.kind = LDE_TRACE_PROCESS_EXIT, .pid = STRANGER);
	EVENT(.kind = LDE_TRACE_IRQ_ENTRY, .pid = FIRST);
	EVENT(.kind = LDE_TRACE_SYSCALL_ENTRY, .pid = FIRST, .code = __NR_read);
	ends_here();
	TICK(FIRST, LDE_TICK_IDLE, 7);
	next_record(RECORD_IDLE, RECORD_NO_JOB, 7);
	ends_here();
}

#define AT(the_ns, ...) EVENT(.ns = (the_ns), __VA_ARGS__)

/* There system calls say what was done, and time begins with the first job. */
static void real_clock_counts_ns(void **state)
{
	(void)state;
	workload.rules = WORKLOAD_PROCESS_RUN;
	workload.real_tick_ns = 1000;
	AT(500, .kind = LDE_TRACE_SCHED_SWITCH, .args = {LDE_STATE_NONE, FIRST});
	AT(600, .kind = LDE_TRACE_SYSCALL_ENTRY, .pid = FIRST, .code = __NR_clock_gettime);
	AT(1600, .kind = LDE_TRACE_SYSCALL_ENTRY, .pid = FIRST, .code = __NR_read);
	AT(1700, .kind = LDE_TRACE_SCHED_SWITCH, .pid = FIRST, .args = {LDE_STATE_BLOCKED, 0});
	AT(2500, .kind = LDE_TRACE_SCHED_WAKEUP, .args = {FIRST});
	AT(2600, .kind = LDE_TRACE_SCHED_SWITCH, .args = {LDE_STATE_NONE, FIRST});
	AT(3600, .kind = LDE_TRACE_SYSCALL_ENTRY, .pid = FIRST, .code = __NR_exit_group);
	AT(3700, .kind = LDE_TRACE_PROCESS_EXIT, .pid = FIRST);
	next_record(RECORD_DISPATCH, 0, 0);
	assert_int_equal(next_record(RECORD_RUN, 0, 1100)->run.op, RECORD_OP_IO);
	next_record(RECORD_IO_ISSUED, 0, 1100);
	next_record(RECORD_BLOCKED, 0, 1200);
	next_record(RECORD_IDLE, RECORD_NO_JOB, 2000);
	next_record(RECORD_IO_DONE, 0, 2000);
	next_record(RECORD_READY, 0, 2000);
	next_record(RECORD_DISPATCH, 0, 2100);
	assert_int_equal(next_record(RECORD_RUN, 0, 3100)->run.op, RECORD_OP_IO_DONE);
	next_record(RECORD_DONE, 0, 3200);
	ends_here();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(process_run_numbers_rows, setup, teardown),
	    cmocka_unit_test_setup_teardown(mlfq_has_what_is_left, setup, teardown),
	    cmocka_unit_test_setup_teardown(lottery_is_over_with_its_draws, setup, teardown),
	    cmocka_unit_test_setup_teardown(strangers_are_left_out, setup, teardown),
	    cmocka_unit_test_setup_teardown(real_clock_counts_ns, setup, teardown),
	};

	return cmocka_run_group_tests_name("ostep_replay", tests, NULL, NULL);
}
