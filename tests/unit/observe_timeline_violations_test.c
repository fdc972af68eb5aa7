/* SPDX-License-Identifier: MIT */
/* What cannot be is found by the timeline, and what looks like it is not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "tests/unit/observe/timeline_feed.h"
#include "vmm/observe/timeline.h"

/* There is a violation with this in its text, and it came first. */
static void expect_violation(const char *part)
{
	if (!tl.nr_violations)
		fail_msg("nothing was found wrong, expected '%s'", part);
	if (!strstr(tl.violations[0].text, part))
		fail_msg("'%s' has no '%s'", tl.violations[0].text, part);
	timeline_fini(&tl);
}

static void illegal_moves_are_found(void **state)
{
	(void)state;
	feed_begin(NULL);
	feed_two_processes();
	feed_event(200, LDE_TRACE_SCHED_WAKEUP, 1, 0, 1, 0);
	expect_violation("while it was RUNNING");
}

static void a_second_running_process_is_found(void **state)
{
	(void)state;
	feed_begin(NULL);
	feed_two_processes();
	feed_switch(200, 0, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, 2);
	expect_violation("process 1 was still on the CPU");
}

static void the_same_process_on_two_cpus_is_found(void **state)
{
	const struct trace_event other = {.ns = 200,
					  .kind = LDE_TRACE_SCHED_SWITCH,
					  .vcpu = 1,
					  .code = LDE_SWITCH_FROM_IDLE,
					  .args = {0, 1}};

	(void)state;
	feed_begin(NULL);
	feed_two_processes();
	assert_int_equal(timeline_feed(&tl, &other), 0);
	feed_event(300, LDE_TRACE_RUN_END, 0, 0, 0, 0);
	feed_finish();
	assert_int_equal(tl.nr_violations, 1);
	expect_violation("went from RUNNING to RUNNING");
}

static void who_leaves_must_have_been_there(void **state)
{
	(void)state;
	feed_begin(NULL);
	feed_two_processes();
	feed_switch(200, 2, LDE_SWITCH_PREEMPTED, LDE_STATE_READY, 1);
	expect_violation("left a CPU on which it was not");
}

static void who_ended_does_not_run_again(void **state)
{
	(void)state;
	feed_begin(NULL);
	feed_two_processes();
	feed_switch(200, 1, LDE_SWITCH_ENDED, LDE_STATE_ZOMBIE, 2);
	feed_switch(300, 2, LDE_SWITCH_PREEMPTED, LDE_STATE_READY, 1);
	expect_violation("went from ZOMBIE to RUNNING");
}

static void a_reason_must_go_with_the_state(void **state)
{
	(void)state;
	feed_begin(NULL);
	feed_two_processes();
	feed_switch(200, 1, LDE_SWITCH_PREEMPTED, LDE_STATE_BLOCKED, 2);
	expect_violation("does not go with its state");
	feed_begin(NULL);
	feed_two_processes();
	feed_switch(200, 1, 77, LDE_STATE_BLOCKED, 2);
	expect_violation("no known reason");
	feed_begin(NULL);
	feed_switch(200, 0, LDE_SWITCH_BLOCKED, LDE_STATE_BLOCKED, 0);
	expect_violation("nobody left the CPU");
}

static void an_event_of_another_process_is_found(void **state)
{
	(void)state;
	feed_begin(NULL);
	feed_two_processes();
	feed_event(200, LDE_TRACE_SYSCALL_ENTRY, 2, 39, 0, 0);
	expect_violation("an event of process 2 while 1 ran");
}

static void calls_that_do_not_nest_are_found(void **state)
{
	(void)state;
	feed_begin(NULL);
	feed_two_processes();
	feed_event(200, LDE_TRACE_SYSCALL_ENTRY, 1, 39, 0, 0);
	feed_event(210, LDE_TRACE_SYSCALL_ENTRY, 1, 39, 0, 0);
	expect_violation("within a system call");
	feed_begin(NULL);
	feed_two_processes();
	feed_event(200, LDE_TRACE_SYSCALL_EXIT, 1, 39, 0, 0);
	expect_violation("in which it was not");
}

static void a_return_from_a_signal_handler_is_no_nesting(void **state)
{
	(void)state;
	feed_begin(NULL);
	feed_two_processes();
	feed_event(200, LDE_TRACE_SYSCALL_ENTRY, 1, 15, 0, 0);
	feed_event(210, LDE_TRACE_SYSCALL_ENTRY, 1, 39, 0, 0);
	feed_finish();
	feed_expect_none();
	timeline_fini(&tl);
}

static void an_execve_that_works_is_over_with_the_new_program(void **state)
{
	(void)state;
	feed_begin(NULL);
	feed_two_processes();
	feed_event(200, LDE_TRACE_SYSCALL_ENTRY, 1, 59, 0, 0);
	feed_name(260, LDE_TRACE_PROCESS_EXEC, 1, 0, "other");
	feed_event(270, LDE_TRACE_SYSCALL_ENTRY, 1, 39, 0, 0);
	feed_finish();
	feed_expect_none();
	assert_int_equal(tl.calls[59]->time.total_ns, 60);
	assert_string_equal(tl.processes[0].name, "other");
	timeline_fini(&tl);
}

static void a_stopped_process_is_known_as_such(void **state)
{
	(void)state;
	feed_begin(NULL);
	feed_two_processes();
	feed_switch(200, 1, LDE_SWITCH_BLOCKED, LDE_STATE_STOPPED, 2);
	feed_event(300, LDE_TRACE_SCHED_WAKEUP, 2, 0, 1, 0);
	feed_finish();
	feed_expect_none();
	assert_int_equal(tl.processes[0].state_ns[LDE_STATE_STOPPED], 100);
	timeline_fini(&tl);
}

static void who_is_stopped_while_blocked_is_stopped(void **state)
{
	(void)state;
	feed_begin(NULL);
	feed_two_processes();
	feed_event(150, LDE_TRACE_SYSCALL_ENTRY, 1, 0, 0, 0);
	feed_switch(200, 1, LDE_SWITCH_BLOCKED, LDE_STATE_BLOCKED, 2);
	feed_event(300, LDE_TRACE_SCHED_STOP, 2, 0, 1, 0);
	assert_int_equal(tl.nr_in_state[LDE_STATE_STOPPED], 1);
	feed_event(450, LDE_TRACE_SCHED_WAKEUP, 2, 0, 1, 0);
	feed_switch(460, 2, LDE_SWITCH_YIELDED, LDE_STATE_READY, 1);
	feed_finish();
	feed_expect_none();
	assert_int_equal(tl.processes[0].state_ns[LDE_STATE_BLOCKED], 100);
	assert_int_equal(tl.processes[0].state_ns[LDE_STATE_STOPPED], 150);
	timeline_fini(&tl);
}

static void nobody_else_is_stopped_by_others(void **state)
{
	(void)state;
	feed_begin(NULL);
	feed_two_processes();
	feed_event(200, LDE_TRACE_SCHED_STOP, 1, 0, 2, 0);
	expect_violation("process 2 was stopped while it was READY");
	feed_begin(NULL);
	feed_two_processes();
	feed_event(200, LDE_TRACE_SCHED_STOP, 1, 0, 9, 0);
	expect_violation("process 9 was never made");
	feed_begin(NULL);
	feed_two_processes();
	feed_event(200, LDE_TRACE_SCHED_STOP, 1, 0, 0, 0);
	feed_event(200, LDE_TRACE_SCHED_STOP, 1, 0, UINT64_MAX, 0);
	feed_finish();
	feed_expect_none();
	timeline_fini(&tl);
}

static void processes_out_of_nowhere_are_found(void **state)
{
	(void)state;
	feed_begin(NULL);
	feed_event(0, LDE_TRACE_SCHED_WAKEUP, 0, 1, 7, 0);
	expect_violation("process 7 was never made");
	feed_begin(NULL);
	feed_two_processes();
	feed_name(200, LDE_TRACE_PROCESS_FORK, 1, 2, "two");
	expect_violation("made a second time");
}

static uint32_t last_error;

static void note_error(void *ctx, const struct timeline_disk_span *span)
{
	(void)ctx;
	last_error = span->error;
}

static void a_request_that_failed_has_its_error(void **state)
{
	const struct timeline_sink sink = {.disk = note_error};
	struct trace_event event = {
	    .ns = 200, .kind = LDE_TRACE_BLOCK_ISSUE, .pid = 1, .args = {65040, 8, 2, 77}};

	(void)state;
	feed_begin(&sink);
	feed_two_processes();
	assert_int_equal(timeline_feed(&tl, &event), 0);
	event.kind = LDE_TRACE_BLOCK_COMPLETE;
	event.ns = 250;
	event.args[4] = (uint64_t)-EIO;
	assert_int_equal(timeline_feed(&tl, &event), 0);
	feed_finish();
	feed_expect_none();
	assert_int_equal(last_error, EIO);
	assert_int_equal(tl.nr_disks, 1);
	assert_int_equal(tl.disks[0].number, 65040);
	assert_int_equal(tl.disks[0].time.total_ns, 50);
	timeline_fini(&tl);
}

static void a_completion_without_request_is_found(void **state)
{
	(void)state;
	feed_begin(NULL);
	feed_two_processes();
	feed_event(200, LDE_TRACE_BLOCK_COMPLETE, 1, 0, 0, 0);
	expect_violation("not issued");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(illegal_moves_are_found),
	    cmocka_unit_test(a_second_running_process_is_found),
	    cmocka_unit_test(the_same_process_on_two_cpus_is_found),
	    cmocka_unit_test(who_leaves_must_have_been_there),
	    cmocka_unit_test(who_ended_does_not_run_again),
	    cmocka_unit_test(a_reason_must_go_with_the_state),
	    cmocka_unit_test(an_event_of_another_process_is_found),
	    cmocka_unit_test(calls_that_do_not_nest_are_found),
	    cmocka_unit_test(a_return_from_a_signal_handler_is_no_nesting),
	    cmocka_unit_test(an_execve_that_works_is_over_with_the_new_program),
	    cmocka_unit_test(a_stopped_process_is_known_as_such),
	    cmocka_unit_test(who_is_stopped_while_blocked_is_stopped),
	    cmocka_unit_test(nobody_else_is_stopped_by_others),
	    cmocka_unit_test(processes_out_of_nowhere_are_found),
	    cmocka_unit_test(a_request_that_failed_has_its_error),
	    cmocka_unit_test(a_completion_without_request_is_found),
	};

	return cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
}
