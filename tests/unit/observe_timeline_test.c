/* SPDX-License-Identifier: MIT */
/* What the timeline makes of a run, number by number. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "tests/unit/observe/timeline_feed.h"
#include "vmm/observe/timeline.h"

/*
 * 0-100 boot, 100-150 exec of 1, then: 200-260 a call of 1 that is away in the
 * VMM for 30; 300 preempted; 2 (from 310) waits in a read from 400; 1 from 410;
 * 500 woken 2 by an interrupt; 1 ends at 600; 2 on at 620, read returns at 630;
 * idle 700-800; ends 900; run ends 1000.
 */
static void a_short_run(void)
{
	feed_two_processes();
	feed_event(200, LDE_TRACE_SYSCALL_ENTRY, 1, 1, 1, 0);
	feed_event(210, LDE_TRACE_VMM_EXIT, 1, EXIT_CONSOLE, 2, 30);
	feed_event(260, LDE_TRACE_SYSCALL_EXIT, 1, 1, 5, 0);
	feed_event(290, LDE_TRACE_IRQ_ENTRY, 1, 0x20, 0, 0);
	feed_event(300, LDE_TRACE_IRQ_EXIT, 1, 0x20, 0, 0);
	feed_switch(300, 1, LDE_SWITCH_PREEMPTED, LDE_STATE_READY, 2);
	feed_name(310, LDE_TRACE_PROCESS_EXEC, 2, 0, "zwei");
	feed_event(350, LDE_TRACE_SYSCALL_ENTRY, 2, 0, 0, 0);
	feed_switch(400, 2, LDE_SWITCH_BLOCKED, LDE_STATE_BLOCKED, 1);
	feed_event(490, LDE_TRACE_IRQ_ENTRY, 1, 0x30, 0, 0);
	feed_event(500, LDE_TRACE_SCHED_WAKEUP, 1, 0, 2, 0);
	feed_event(510, LDE_TRACE_IRQ_EXIT, 1, 0x30, 0, 0);
	feed_event(590, LDE_TRACE_SYSCALL_ENTRY, 1, 231, 0, 0);
	feed_event(600, LDE_TRACE_PROCESS_EXIT, 1, 0x300, 0, 0);
	feed_switch(620, 1, LDE_SWITCH_ENDED, LDE_STATE_ZOMBIE, 2);
	feed_event(630, LDE_TRACE_SYSCALL_EXIT, 2, 0, (uint64_t)-EINTR, 0);
	feed_event(690, LDE_TRACE_SYSCALL_ENTRY, 2, 35, 0, 0);
	feed_switch(700, 2, LDE_SWITCH_BLOCKED, LDE_STATE_BLOCKED, 0);
	feed_event(800, LDE_TRACE_IRQ_ENTRY, 0, 0x20, 0, 0);
	feed_event(805, LDE_TRACE_SCHED_WAKEUP, 0, 0, 2, 0);
	feed_event(810, LDE_TRACE_IRQ_EXIT, 0, 0x20, 0, 0);
	feed_switch(810, 0, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, 2);
	feed_event(820, LDE_TRACE_SYSCALL_EXIT, 2, 35, 0, 0);
	feed_event(880, LDE_TRACE_SYSCALL_ENTRY, 2, 231, 0, 0);
	feed_event(900, LDE_TRACE_PROCESS_EXIT, 2, 9, 0, 0);
	feed_event(1000, LDE_TRACE_RUN_END, 0, 0, 0, 0);
	feed_finish();
	feed_expect_none();
}

static void states_are_timed(void **state)
{
	const struct timeline_process *p;

	(void)state;
	feed_begin(NULL);
	a_short_run();
	assert_int_equal(tl.nr_processes, 2);
	p = &tl.processes[0];
	assert_int_equal(p->state_ns[LDE_STATE_NONE], 10);
	assert_int_equal(p->state_ns[LDE_STATE_READY], 90 + 100);
	assert_int_equal(p->state_ns[LDE_STATE_RUNNING], 200 + 220);
	assert_int_equal(p->state_ns[LDE_STATE_BLOCKED], 0);
	assert_int_equal(p->state_ns[LDE_STATE_ZOMBIE], 380);
	p = &tl.processes[1];
	assert_int_equal(p->state_ns[LDE_STATE_READY], 280 + 120 + 5);
	assert_int_equal(p->state_ns[LDE_STATE_BLOCKED], 100 + 105);
	assert_int_equal(p->state_ns[LDE_STATE_RUNNING], 100 + 80 + 190);
	timeline_fini(&tl);
}

static void occupation_is_told_apart(void **state)
{
	const struct timeline_vcpu *cpu = &tl.vcpus[0];
	const struct timeline_process *p;

	(void)state;
	feed_begin(NULL);
	a_short_run();
	p = &tl.processes[0];
	assert_int_equal(p->mode_ns[TIMELINE_EXITED], 30);
	/* exec 50, write 60 less 30, irq 10, irq 20, exit 30 */
	assert_int_equal(p->mode_ns[TIMELINE_KERNEL], 50 + 30 + 10 + 20 + 30);
	assert_int_equal(p->mode_ns[TIMELINE_USER], 50 + 30 + 90 + 80);
	assert_int_equal(cpu->mode_ns[TIMELINE_IDLE], 100);
	assert_int_equal(cpu->mode_ns[TIMELINE_IDLE] + cpu->mode_ns[TIMELINE_USER] +
			     cpu->mode_ns[TIMELINE_KERNEL] + cpu->mode_ns[TIMELINE_EXITED],
			 1000);
	timeline_fini(&tl);
}

static void ends_and_latencies_are_known(void **state)
{
	char text[40];

	(void)state;
	feed_begin(NULL);
	a_short_run();
	assert_int_equal(timeline_response_ns(&tl.processes[0]), 90);
	assert_int_equal(timeline_turnaround_ns(&tl.processes[0]), 590);
	assert_int_equal(timeline_response_ns(&tl.processes[1]), 280);
	assert_string_equal(timeline_status(&tl.processes[0], text, sizeof(text)), "exit 3");
	assert_string_equal(timeline_status(&tl.processes[1], text, sizeof(text)), "SIGKILL");
	assert_string_equal(tl.processes[1].name, "zwei");
	assert_int_equal(tl.wake_latency.count, 2);
	assert_int_equal(tl.wake_latency.max_ns, 120);
	assert_int_equal(tl.wake_latency.min_ns, 5);
	assert_int_equal(tl.ready_wait.count, 1);
	assert_int_equal(tl.ready_wait.total_ns, 100);
	assert_true(tl.has_end);
	timeline_fini(&tl);
}

static void system_calls_are_split(void **state)
{
	(void)state;
	feed_begin(NULL);
	a_short_run();
	assert_int_equal(tl.calls[1]->time.total_ns, 60);
	assert_int_equal(tl.calls[1]->exited_ns, 30);
	assert_int_equal(tl.calls[1]->nr_errors, 0);
	assert_int_equal(tl.calls[0]->time.total_ns, 280);
	assert_int_equal(tl.calls[0]->blocked_ns, 100);
	assert_int_equal(tl.calls[0]->ready_ns, 120);
	assert_int_equal(tl.calls[0]->nr_errors, 1);
	assert_null(tl.calls[2]);
	assert_int_equal(tl.exits.nr_rows, 1);
	assert_int_equal(tl.exits.rows[0].cause, EXIT_CONSOLE);
	assert_int_equal(tl.exits.rows[0].counter.total_ns, 30);
	timeline_fini(&tl);
}

static void a_run_cut_short_still_adds_up(void **state)
{
	(void)state;
	feed_begin(NULL);
	feed_two_processes();
	feed_event(200, LDE_TRACE_SYSCALL_ENTRY, 1, 0, 0, 0);
	feed_finish();
	feed_expect_none();
	assert_false(tl.has_end);
	assert_int_equal(tl.processes[0].state_ns[LDE_STATE_RUNNING], 100);
	assert_int_equal(timeline_turnaround_ns(&tl.processes[0]), TIMELINE_NEVER);
	timeline_fini(&tl);
}

static void an_empty_trace_is_no_run(void **state)
{
	(void)state;
	feed_begin(NULL);
	feed_finish();
	feed_expect_none();
	assert_int_equal(timeline_length_ns(&tl), 0);
	timeline_fini(&tl);
}

static void a_number_given_again_is_another_process(void **state)
{
	(void)state;
	feed_begin(NULL);
	feed_two_processes();
	feed_event(200, LDE_TRACE_PROCESS_EXIT, 1, 0, 0, 0);
	feed_switch(210, 1, LDE_SWITCH_ENDED, LDE_STATE_ZOMBIE, 2);
	feed_name(300, LDE_TRACE_PROCESS_FORK, 2, 1, "again");
	feed_event(300, LDE_TRACE_SCHED_WAKEUP, 2, 1, 1, 0);
	feed_finish();
	feed_expect_none();
	assert_int_equal(tl.nr_processes, 3);
	assert_int_equal(tl.processes[2].pid, 1);
	assert_int_equal(tl.processes[2].parent, 2);
	assert_int_equal(tl.processes[2].state, LDE_STATE_READY);
	timeline_fini(&tl);
}

static void without_switches_nobody_has_a_state(void **state)
{
	const struct trace_info some = {
	    .tsc_hz = FEED_HZ, .classes = LDE_TRACE_C_ALL & ~(unsigned int)LDE_TRACE_C_SCHED};

	(void)state;
	assert_int_equal(timeline_init(&tl, &some, NULL), 0);
	feed_event(0, LDE_TRACE_RUN_BEGIN, 0, 0, 0, 0);
	feed_name(10, LDE_TRACE_PROCESS_FORK, 0, 1, "one");
	feed_name(20, LDE_TRACE_PROCESS_FORK, 0, 2, "two");
	feed_event(40, LDE_TRACE_SYSCALL_ENTRY, 1, 39, 0, 0);
	feed_event(50, LDE_TRACE_SYSCALL_EXIT, 1, 39, 0, 0);
	feed_event(60, LDE_TRACE_SYSCALL_ENTRY, 2, 39, 0, 0);
	feed_finish();
	feed_expect_none();
	assert_false(timeline_has_states(&tl));
	assert_int_equal(tl.calls[39]->time.count, 1);
	timeline_fini(&tl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(states_are_timed),
	    cmocka_unit_test(occupation_is_told_apart),
	    cmocka_unit_test(ends_and_latencies_are_known),
	    cmocka_unit_test(system_calls_are_split),
	    cmocka_unit_test(a_run_cut_short_still_adds_up),
	    cmocka_unit_test(an_empty_trace_is_no_run),
	    cmocka_unit_test(a_number_given_again_is_another_process),
	    cmocka_unit_test(without_switches_nobody_has_a_state),
	};

	return cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
}
