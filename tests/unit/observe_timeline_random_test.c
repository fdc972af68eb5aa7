/* SPDX-License-Identifier: MIT */
/* Runs at random: the timeline adds up, whatever it is fed with. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/synthetic/synthetic.h"
#include "tests/unit/observe/timeline_feed.h"
#include "vmm/observe/timeline.h"

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
	feed_expect_none();
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

		feed_begin(NULL);
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
		feed_finish();
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
	    cmocka_unit_test(legal_schedules_have_no_violation),
	    cmocka_unit_test(nonsense_is_reported_and_adds_up),
	};

	return cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
}
