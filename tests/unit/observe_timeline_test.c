/* SPDX-License-Identifier: MIT */
/* The timeline: from events to states, occupation and times; its invariants. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/synthetic/synthetic.h"
#include "vmm/observe/timeline.h"

#define HZ 1000000000u /* a tick is a ns */

static struct timeline tl;

static const struct trace_info all = {.tsc_hz = HZ, .classes = LDE_TRACE_C_ALL};

static void begin(const struct timeline_sink *sink)
{
	assert_int_equal(timeline_init(&tl, &all, sink), 0);
}

static void feed(uint64_t ns, uint32_t kind, uint32_t pid, uint32_t code, uint64_t a0, uint64_t a1)
{
	const struct trace_event event = {
		.ns = ns, .tsc = ns, .kind = kind, .pid = pid, .code = code, .args = {a0, a1}};

	assert_int_equal(timeline_feed(&tl, &event), 0);
}

static void feed_name(uint64_t ns, uint32_t kind, uint32_t pid, uint64_t child, const char *name)
{
	struct trace_event event = {.ns = ns, .tsc = ns, .kind = kind, .pid = pid, .args = {child}};

	strncpy((char *)&event.args[1], name, LDE_TRACE_NAME_SIZE - 1);
	assert_int_equal(timeline_feed(&tl, &event), 0);
}

static void switch_to(uint64_t ns, uint32_t prev, uint32_t reason, uint32_t state, uint64_t next)
{
	feed(ns, LDE_TRACE_SCHED_SWITCH, prev, reason, state, next);
}

static void finish(void)
{
	assert_int_equal(timeline_finish(&tl), 0);
}

/* There is a violation with this in its text, and it came first. */
static void expect_violation(const char *part)
{
	if (!tl.nr_violations)
		fail_msg("nothing was found wrong, expected '%s'", part);
	if (!strstr(tl.violations[0].text, part))
		fail_msg("'%s' has no '%s'", tl.violations[0].text, part);
	timeline_fini(&tl);
}

static void expect_none(void)
{
	if (tl.nr_violations)
		fail_msg("violation: %s", tl.violations[0].text);
}

/* Processes 1 and 2, made at 10 and 20; 1 runs from 100 on. */
static void two_processes(void)
{
	feed(0, LDE_TRACE_RUN_BEGIN, 0, 0, 0, 0);
	feed_name(10, LDE_TRACE_PROCESS_FORK, 0, 1, "one");
	feed(10, LDE_TRACE_SCHED_WAKEUP, 0, 1, 1, 0);
	feed_name(20, LDE_TRACE_PROCESS_FORK, 0, 2, "two");
	feed(20, LDE_TRACE_SCHED_WAKEUP, 0, 1, 2, 0);
	switch_to(100, 0, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, 1);
	feed_name(150, LDE_TRACE_PROCESS_EXEC, 1, 0, "one");
}

/* ---- a run, number by number ------------------------------------------- */

/*
 * 0-100 boot, 100-150 exec of 1, then: 200-260 a call of 1 that is away in the
 * VMM for 30; 300 preempted; 2 (from 310) waits in a read from 400; 1 from 410;
 * 500 woken 2 by an interrupt; 1 ends at 600; 2 on at 620, read returns at 630;
 * idle 700-800; ends 900; run ends 1000.
 */
static void a_short_run(void)
{
	two_processes();
	feed(200, LDE_TRACE_SYSCALL_ENTRY, 1, 1, 1, 0);
	feed(210, LDE_TRACE_VMM_EXIT, 1, EXIT_CONSOLE, 2, 30);
	feed(260, LDE_TRACE_SYSCALL_EXIT, 1, 1, 5, 0);
	feed(290, LDE_TRACE_IRQ_ENTRY, 1, 0x20, 0, 0);
	feed(300, LDE_TRACE_IRQ_EXIT, 1, 0x20, 0, 0);
	switch_to(300, 1, LDE_SWITCH_PREEMPTED, LDE_STATE_READY, 2);
	feed_name(310, LDE_TRACE_PROCESS_EXEC, 2, 0, "zwei");
	feed(350, LDE_TRACE_SYSCALL_ENTRY, 2, 0, 0, 0);
	switch_to(400, 2, LDE_SWITCH_BLOCKED, LDE_STATE_BLOCKED, 1);
	feed(490, LDE_TRACE_IRQ_ENTRY, 1, 0x30, 0, 0);
	feed(500, LDE_TRACE_SCHED_WAKEUP, 1, 0, 2, 0);
	feed(510, LDE_TRACE_IRQ_EXIT, 1, 0x30, 0, 0);
	feed(590, LDE_TRACE_SYSCALL_ENTRY, 1, 231, 0, 0);
	feed(600, LDE_TRACE_PROCESS_EXIT, 1, 0x300, 0, 0);
	switch_to(620, 1, LDE_SWITCH_ENDED, LDE_STATE_ZOMBIE, 2);
	feed(630, LDE_TRACE_SYSCALL_EXIT, 2, 0, (uint64_t)-EINTR, 0);
	feed(690, LDE_TRACE_SYSCALL_ENTRY, 2, 35, 0, 0);
	switch_to(700, 2, LDE_SWITCH_BLOCKED, LDE_STATE_BLOCKED, 0);
	feed(800, LDE_TRACE_IRQ_ENTRY, 0, 0x20, 0, 0);
	feed(805, LDE_TRACE_SCHED_WAKEUP, 0, 0, 2, 0);
	feed(810, LDE_TRACE_IRQ_EXIT, 0, 0x20, 0, 0);
	switch_to(810, 0, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, 2);
	feed(820, LDE_TRACE_SYSCALL_EXIT, 2, 35, 0, 0);
	feed(880, LDE_TRACE_SYSCALL_ENTRY, 2, 231, 0, 0);
	feed(900, LDE_TRACE_PROCESS_EXIT, 2, 9, 0, 0);
	feed(1000, LDE_TRACE_RUN_END, 0, 0, 0, 0);
	finish();
	expect_none();
}

static void states_are_timed(void **state)
{
	const struct timeline_process *p;

	(void)state;
	begin(NULL);
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
	begin(NULL);
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
	begin(NULL);
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
	begin(NULL);
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
	begin(NULL);
	two_processes();
	feed(200, LDE_TRACE_SYSCALL_ENTRY, 1, 0, 0, 0);
	finish();
	expect_none();
	assert_false(tl.has_end);
	assert_int_equal(tl.processes[0].state_ns[LDE_STATE_RUNNING], 100);
	assert_int_equal(timeline_turnaround_ns(&tl.processes[0]), TIMELINE_NEVER);
	timeline_fini(&tl);
}

static void an_empty_trace_is_no_run(void **state)
{
	(void)state;
	begin(NULL);
	finish();
	expect_none();
	assert_int_equal(timeline_length_ns(&tl), 0);
	timeline_fini(&tl);
}

static void a_number_given_again_is_another_process(void **state)
{
	(void)state;
	begin(NULL);
	two_processes();
	feed(200, LDE_TRACE_PROCESS_EXIT, 1, 0, 0, 0);
	switch_to(210, 1, LDE_SWITCH_ENDED, LDE_STATE_ZOMBIE, 2);
	feed_name(300, LDE_TRACE_PROCESS_FORK, 2, 1, "again");
	feed(300, LDE_TRACE_SCHED_WAKEUP, 2, 1, 1, 0);
	finish();
	expect_none();
	assert_int_equal(tl.nr_processes, 3);
	assert_int_equal(tl.processes[2].pid, 1);
	assert_int_equal(tl.processes[2].parent, 2);
	assert_int_equal(tl.processes[2].state, LDE_STATE_READY);
	timeline_fini(&tl);
}

static void without_switches_nobody_has_a_state(void **state)
{
	const struct trace_info some = {
		.tsc_hz = HZ, .classes = LDE_TRACE_C_ALL & ~(unsigned int)LDE_TRACE_C_SCHED};

	(void)state;
	assert_int_equal(timeline_init(&tl, &some, NULL), 0);
	feed(0, LDE_TRACE_RUN_BEGIN, 0, 0, 0, 0);
	feed_name(10, LDE_TRACE_PROCESS_FORK, 0, 1, "one");
	feed_name(20, LDE_TRACE_PROCESS_FORK, 0, 2, "two");
	feed(40, LDE_TRACE_SYSCALL_ENTRY, 1, 39, 0, 0);
	feed(50, LDE_TRACE_SYSCALL_EXIT, 1, 39, 0, 0);
	feed(60, LDE_TRACE_SYSCALL_ENTRY, 2, 39, 0, 0);
	finish();
	expect_none();
	assert_false(timeline_has_states(&tl));
	assert_int_equal(tl.calls[39]->time.count, 1);
	timeline_fini(&tl);
}

/* ---- what cannot be ------------------------------------------------------ */

static void illegal_moves_are_found(void **state)
{
	(void)state;
	begin(NULL);
	two_processes();
	feed(200, LDE_TRACE_SCHED_WAKEUP, 1, 0, 1, 0);
	expect_violation("while it was RUNNING");
}

static void a_second_running_process_is_found(void **state)
{
	(void)state;
	begin(NULL);
	two_processes();
	switch_to(200, 0, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, 2);
	expect_violation("process 1 was still on the CPU");
}

static void the_same_process_on_two_cpus_is_found(void **state)
{
	const struct trace_event other = {.ns = 200, .kind = LDE_TRACE_SCHED_SWITCH, .vcpu = 1,
					  .code = LDE_SWITCH_FROM_IDLE, .args = {0, 1}};

	(void)state;
	begin(NULL);
	two_processes();
	assert_int_equal(timeline_feed(&tl, &other), 0);
	feed(300, LDE_TRACE_RUN_END, 0, 0, 0, 0);
	finish();
	assert_int_equal(tl.nr_violations, 1);
	expect_violation("went from RUNNING to RUNNING");
}

static void who_leaves_must_have_been_there(void **state)
{
	(void)state;
	begin(NULL);
	two_processes();
	switch_to(200, 2, LDE_SWITCH_PREEMPTED, LDE_STATE_READY, 1);
	expect_violation("left a CPU on which it was not");
}

static void who_ended_does_not_run_again(void **state)
{
	(void)state;
	begin(NULL);
	two_processes();
	switch_to(200, 1, LDE_SWITCH_ENDED, LDE_STATE_ZOMBIE, 2);
	switch_to(300, 2, LDE_SWITCH_PREEMPTED, LDE_STATE_READY, 1);
	expect_violation("went from ZOMBIE to RUNNING");
}

static void a_reason_must_go_with_the_state(void **state)
{
	(void)state;
	begin(NULL);
	two_processes();
	switch_to(200, 1, LDE_SWITCH_PREEMPTED, LDE_STATE_BLOCKED, 2);
	expect_violation("does not go with its state");
	begin(NULL);
	two_processes();
	switch_to(200, 1, 77, LDE_STATE_BLOCKED, 2);
	expect_violation("no known reason");
	begin(NULL);
	switch_to(200, 0, LDE_SWITCH_BLOCKED, LDE_STATE_BLOCKED, 0);
	expect_violation("nobody left the CPU");
}

static void an_event_of_another_process_is_found(void **state)
{
	(void)state;
	begin(NULL);
	two_processes();
	feed(200, LDE_TRACE_SYSCALL_ENTRY, 2, 39, 0, 0);
	expect_violation("an event of process 2 while 1 ran");
}

static void calls_that_do_not_nest_are_found(void **state)
{
	(void)state;
	begin(NULL);
	two_processes();
	feed(200, LDE_TRACE_SYSCALL_ENTRY, 1, 39, 0, 0);
	feed(210, LDE_TRACE_SYSCALL_ENTRY, 1, 39, 0, 0);
	expect_violation("within a system call");
	begin(NULL);
	two_processes();
	feed(200, LDE_TRACE_SYSCALL_EXIT, 1, 39, 0, 0);
	expect_violation("in which it was not");
}

static void a_return_from_a_signal_handler_is_no_nesting(void **state)
{
	(void)state;
	begin(NULL);
	two_processes();
	feed(200, LDE_TRACE_SYSCALL_ENTRY, 1, 15, 0, 0);
	feed(210, LDE_TRACE_SYSCALL_ENTRY, 1, 39, 0, 0);
	finish();
	expect_none();
	timeline_fini(&tl);
}

static void an_execve_that_works_is_over_with_the_new_program(void **state)
{
	(void)state;
	begin(NULL);
	two_processes();
	feed(200, LDE_TRACE_SYSCALL_ENTRY, 1, 59, 0, 0);
	feed_name(260, LDE_TRACE_PROCESS_EXEC, 1, 0, "other");
	feed(270, LDE_TRACE_SYSCALL_ENTRY, 1, 39, 0, 0);
	finish();
	expect_none();
	assert_int_equal(tl.calls[59]->time.total_ns, 60);
	assert_string_equal(tl.processes[0].name, "other");
	timeline_fini(&tl);
}

static void a_stopped_process_is_known_as_such(void **state)
{
	(void)state;
	begin(NULL);
	two_processes();
	switch_to(200, 1, LDE_SWITCH_BLOCKED, LDE_STATE_STOPPED, 2);
	feed(300, LDE_TRACE_SCHED_WAKEUP, 2, 0, 1, 0);
	finish();
	expect_none();
	assert_int_equal(tl.processes[0].state_ns[LDE_STATE_STOPPED], 100);
	timeline_fini(&tl);
}

static void who_is_stopped_while_blocked_is_stopped(void **state)
{
	(void)state;
	begin(NULL);
	two_processes();
	feed(150, LDE_TRACE_SYSCALL_ENTRY, 1, 0, 0, 0);
	switch_to(200, 1, LDE_SWITCH_BLOCKED, LDE_STATE_BLOCKED, 2);
	feed(300, LDE_TRACE_SCHED_STOP, 2, 0, 1, 0);
	assert_int_equal(tl.nr_in_state[LDE_STATE_STOPPED], 1);
	feed(450, LDE_TRACE_SCHED_WAKEUP, 2, 0, 1, 0);
	switch_to(460, 2, LDE_SWITCH_YIELDED, LDE_STATE_READY, 1);
	finish();
	expect_none();
	assert_int_equal(tl.processes[0].state_ns[LDE_STATE_BLOCKED], 100);
	assert_int_equal(tl.processes[0].state_ns[LDE_STATE_STOPPED], 150);
	timeline_fini(&tl);
}

static void nobody_else_is_stopped_by_others(void **state)
{
	(void)state;
	begin(NULL);
	two_processes();
	feed(200, LDE_TRACE_SCHED_STOP, 1, 0, 2, 0);
	expect_violation("process 2 was stopped while it was READY");
	begin(NULL);
	two_processes();
	feed(200, LDE_TRACE_SCHED_STOP, 1, 0, 9, 0);
	expect_violation("process 9 was never made");
	begin(NULL);
	two_processes();
	feed(200, LDE_TRACE_SCHED_STOP, 1, 0, 0, 0);
	feed(200, LDE_TRACE_SCHED_STOP, 1, 0, UINT64_MAX, 0);
	finish();
	expect_none();
	timeline_fini(&tl);
}

static void processes_out_of_nowhere_are_found(void **state)
{
	(void)state;
	begin(NULL);
	feed(0, LDE_TRACE_SCHED_WAKEUP, 0, 1, 7, 0);
	expect_violation("process 7 was never made");
	begin(NULL);
	two_processes();
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
	begin(&sink);
	two_processes();
	assert_int_equal(timeline_feed(&tl, &event), 0);
	event.kind = LDE_TRACE_BLOCK_COMPLETE;
	event.ns = 250;
	event.args[4] = (uint64_t)-EIO;
	assert_int_equal(timeline_feed(&tl, &event), 0);
	finish();
	expect_none();
	assert_int_equal(last_error, EIO);
	assert_int_equal(tl.nr_disks, 1);
	assert_int_equal(tl.disks[0].number, 65040);
	assert_int_equal(tl.disks[0].time.total_ns, 50);
	timeline_fini(&tl);
}

static void a_completion_without_request_is_found(void **state)
{
	(void)state;
	begin(NULL);
	two_processes();
	feed(200, LDE_TRACE_BLOCK_COMPLETE, 1, 0, 0, 0);
	expect_violation("not issued");
}

/* ---- runs at random ------------------------------------------------------- */

static struct sums {
	uint64_t last_end[4096], state_ns[LDE_NR_STATES];
	uint64_t cpu_end, mode_ns[TIMELINE_NR_MODES], in_calls, calls, exits, disks, events;
} sums;

static void sum_state(void *ctx, const struct timeline_span *span)
{
	(void)ctx;
	assert_int_equal(span->begin_ns, sums.last_end[span->process->idx]);
	assert_true(span->end_ns > span->begin_ns);
	sums.last_end[span->process->idx] = span->end_ns;
	sums.state_ns[span->state] += span->end_ns - span->begin_ns;
}

static void sum_occupation(void *ctx, const struct timeline_occupation *span)
{
	(void)ctx;
	assert_int_equal(span->vcpu, 0);
	assert_int_equal(span->begin_ns, sums.cpu_end);
	sums.cpu_end = span->end_ns;
	sums.mode_ns[span->mode] += span->end_ns - span->begin_ns;
}

static void sum_call(void *ctx, const struct timeline_call_span *span)
{
	(void)ctx;
	assert_true(span->end_ns >= span->begin_ns);
	sums.calls++;
	sums.in_calls += span->end_ns - span->begin_ns;
}

static void sum_disk(void *ctx, const struct timeline_disk_span *span)
{
	(void)ctx;
	assert_true(span->is_done);
	sums.disks++;
}

static void sum_exit(void *ctx, const struct timeline_exit_span *span)
{
	(void)ctx;
	(void)span;
	sums.exits++;
}

static void sum_event(void *ctx, const struct trace_event *event,
		      const struct timeline_process *process)
{
	(void)ctx;
	assert_int_equal(event->pid, process ? process->pid : 0);
	sums.events++;
}

static const struct timeline_sink summing = {NULL,     sum_state, sum_occupation, sum_call,
					     sum_disk, sum_exit,  sum_event};

static char dir[64];

static unsigned int seed_of_today(void)
{
	const char *given = getenv("FAKE_SEED");
	unsigned int seed = given ? (unsigned int)atoi(given) : (unsigned int)time(NULL);

	print_message("FAKE_SEED=%u\n", seed);
	return seed;
}

static void remove_trace(void)
{
	static const char *const files[] = {"metadata", "cpu_0", "vmm"};
	char path[100];

	for (unsigned int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	rmdir(dir);
}

static void check_run(uint32_t nr_processes, uint64_t nr_events, unsigned int seed)
{
	const struct synthetic wanted = {nr_processes, nr_events, seed, 0};
	uint64_t length, running = 0;
	char why[200];

	memset(&sums, 0, sizeof(sums));
	assert_int_equal(synthetic_write(dir, &wanted), 0);
	if (timeline_read(&tl, dir, &summing, why, sizeof(why)))
		fail_msg("%s", why);
	expect_none();
	length = timeline_length_ns(&tl);
	assert_int_equal(sums.events, tl.nr_events);
	assert_int_equal(sums.cpu_end, length);
	assert_int_equal(sums.exits, tl.counts[LDE_TRACE_VMM_EXIT]);
	assert_int_equal(sums.calls, tl.counts[LDE_TRACE_SYSCALL_ENTRY]);
	assert_int_equal(sums.disks, tl.counts[LDE_TRACE_BLOCK_ISSUE]);
	assert_int_equal(sums.disks, tl.disks[0].time.count);
	for (uint32_t i = 0; i < tl.nr_processes; i++)
		assert_int_equal(sums.last_end[i], length);
	for (uint32_t i = 0; i < LDE_NR_STATES; i++)
		running += sums.state_ns[i];
	assert_true(running == length * tl.nr_processes);
	timeline_fini(&tl);
}

static void legal_schedules_have_no_violation(void **state)
{
	unsigned int seed = seed_of_today();

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/lde-timeline.%d", (int)getpid());
	for (unsigned int i = 0; i < 30; i++)
		check_run(1 + i * 7 % 50, 200 + i * 100, seed + i);
	remove_trace();
}

/* Anything the reader may let through: sums hold, and nothing breaks. */
static void nonsense_is_reported_and_adds_up(void **state)
{
	srand(seed_of_today());
	(void)state;
	for (int run = 0; run < 20; run++) {
		uint64_t ns = 0;

		begin(NULL);
		for (int i = 0; i < 3000; i++) {
			struct trace_event event = {
				.kind = 1 + (uint32_t)rand() % (LDE_TRACE_NR_KINDS - 1),
				.vcpu = (uint32_t)rand() % 3,
				.pid = (uint32_t)rand() % 6,
				.code = (uint32_t)rand() % 5,
				.ns = rand() % 50 ? ns : (uint64_t)rand() << 33,
			};

			ns += (uint64_t)rand() % 1000;
			for (int j = 0; j < 6; j++)
				event.args[j] = rand() % 9 ? (uint64_t)rand() % 6
							   : (uint64_t)rand() << 33 | 0xff;
			assert_int_equal(timeline_feed(&tl, &event), 0);
		}
		finish();
		assert_true(tl.nr_violations > 0);
		for (uint32_t i = 0; i < tl.nr_processes; i++) {
			const struct timeline_process *p = &tl.processes[i];
			uint64_t in_states = 0, on_cpus = 0;

			for (int j = 0; j < LDE_NR_STATES; j++)
				in_states += p->state_ns[j];
			for (int j = 0; j < TIMELINE_NR_MODES; j++)
				on_cpus += p->mode_ns[j];
			assert_true(in_states == timeline_length_ns(&tl));
			assert_true(on_cpus == p->state_ns[LDE_STATE_RUNNING]);
		}
		timeline_fini(&tl);
	}
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
		cmocka_unit_test(legal_schedules_have_no_violation),
		cmocka_unit_test(nonsense_is_reported_and_adds_up),
	};

	return cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
}
