/* SPDX-License-Identifier: MIT */
#include "tests/unit/observe/timeline_feed.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

struct timeline tl;

static const struct trace_info all = {.tsc_hz = FEED_HZ, .classes = LDE_TRACE_C_ALL};

void feed_begin(const struct timeline_sink *sink)
{
	assert_int_equal(timeline_init(&tl, &all, sink), 0);
}

void feed_event(uint64_t ns, uint32_t kind, uint32_t pid, uint32_t code, uint64_t a0, uint64_t a1)
{
	const struct trace_event event = {
	    .ns = ns, .kind = kind, .pid = pid, .code = code, .args = {a0, a1}};

	assert_int_equal(timeline_feed(&tl, &event), 0);
}

void feed_name(uint64_t ns, uint32_t kind, uint32_t pid, uint64_t child, const char *name)
{
	struct trace_event event = {.ns = ns, .kind = kind, .pid = pid, .args = {child}};

	strncpy((char *)&event.args[1], name, LDE_TRACE_NAME_SIZE - 1);
	assert_int_equal(timeline_feed(&tl, &event), 0);
}

void feed_switch(uint64_t ns, uint32_t prev, uint32_t reason, uint32_t state, uint64_t next)
{
	feed_event(ns, LDE_TRACE_SCHED_SWITCH, prev, reason, state, next);
}

void feed_finish(void)
{
	assert_int_equal(timeline_finish(&tl), 0);
}

void feed_expect_none(void)
{
	if (tl.nr_violations)
		fail_msg("violation: %s", tl.violations[0].text);
}

void feed_two_processes(void)
{
	feed_event(0, LDE_TRACE_RUN_BEGIN, 0, 0, 0, 0);
	feed_name(10, LDE_TRACE_PROCESS_FORK, 0, 1, "one");
	feed_event(10, LDE_TRACE_SCHED_WAKEUP, 0, 1, 1, 0);
	feed_name(20, LDE_TRACE_PROCESS_FORK, 0, 2, "two");
	feed_event(20, LDE_TRACE_SCHED_WAKEUP, 0, 1, 2, 0);
	feed_switch(100, 0, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, 1);
	feed_name(150, LDE_TRACE_PROCESS_EXEC, 1, 0, "one");
}
