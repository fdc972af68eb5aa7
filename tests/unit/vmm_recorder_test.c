/* SPDX-License-Identifier: MIT */
/* The recorder: a guest that writes as fast as it can, and the disk behind it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/observe/trace_reader.h"
#include "vmm/run/recorder.h"

#define RECORDS   64
#define NR_EVENTS 50000

static _Alignas(4096) uint8_t memory[LDE_TRACE_RING_OFFSET + RECORDS * LDE_RECORD_SIZE];
static struct lde_trace_ring *shared = (void *)memory;
static struct recorder *recorder;
static char folder[64], dir[80];

static int set_up(void **state)
{
	struct trace_info info = {.tsc_hz = 1000000000, .classes = LDE_TRACE_C_ALL};
	struct trace_ring ring;

	(void)state;
	strcpy(folder, "/tmp/lde-recorder-test.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(dir, sizeof(dir), "%s/trace", folder);
	memset(memory, 0, sizeof(memory));
	trace_ring_init(&ring, memory, sizeof(memory));
	return recorder_start(&recorder, dir, &info, &ring, 0);
}

static int tear_down(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

/* As the guest does it; this thread is that of its vCPU. */
static void write_event(uint64_t i)
{
	struct lde_trace_record *records = (void *)(memory + LDE_TRACE_RING_OFFSET);
	uint64_t head = shared->head;

	if (head - __atomic_load_n(&shared->tail, __ATOMIC_ACQUIRE) == RECORDS) {
		__atomic_fetch_add(&shared->stalls, 1, __ATOMIC_RELAXED);
		recorder_make_room(recorder);
	}
	records[head % RECORDS] = (struct lde_trace_record){
		.tsc = __builtin_ia32_rdtsc(), .kind = LDE_TRACE_SYSCALL_EXIT, .args[0] = i};
	__atomic_store_n(&shared->head, head + 1, __ATOMIC_RELEASE);
}

/* Counts the events of a kind, whose first argument numbers them. */
static uint64_t count(uint32_t kind)
{
	struct trace_reader *reader;
	struct trace_event event;
	uint64_t nr = 0;
	char why[200];

	if (trace_reader_open(&reader, dir, why, sizeof(why)))
		fail_msg("%s", why);
	while (trace_reader_next(reader, &event) == 1)
		if (event.kind == kind)
			assert_int_equal(event.args[0], nr++);
	assert_string_equal(trace_reader_error(reader), "");
	trace_reader_close(reader);
	return nr;
}

static void nothing_is_lost_through_a_small_ring(void **state)
{
	struct trace_totals totals = {0};

	(void)state;
	for (uint64_t i = 0; i < NR_EVENTS; i++) {
		struct lde_trace_record exit = {.tsc = __builtin_ia32_rdtsc(),
						.kind = LDE_TRACE_VMM_EXIT, .args[0] = i / 100};

		write_event(i);
		if (i % 100 == 0)
			recorder_add(recorder, &exit);
	}
	recorder_stop(recorder, 0, &totals);
	assert_int_equal(totals.nr_written, NR_EVENTS);
	assert_int_equal(totals.counts[LDE_TRACE_SYSCALL_EXIT], NR_EVENTS);
	assert_int_equal(totals.nr_lost, 0);
	assert_true(totals.nr_stalls > 0);
	assert_int_equal(count(LDE_TRACE_SYSCALL_EXIT), NR_EVENTS);
	assert_int_equal(count(LDE_TRACE_VMM_EXIT), NR_EVENTS / 100);
}

/* Who is killed after a while has not lost what was before. */
static void what_was_written_is_soon_on_disk(void **state)
{
	struct trace_totals totals = {0};
	uint64_t nr = 0;

	(void)state;
	for (uint64_t i = 0; i < 10; i++)
		write_event(i);
	for (int waits = 0; nr < 10 && waits < 100; waits++) {
		usleep(50000);
		if (access(dir, F_OK) == 0)
			nr = count(LDE_TRACE_SYSCALL_EXIT);
	}
	assert_int_equal(nr, 10);
	recorder_stop(recorder, 0, &totals);
}

static void a_guest_that_lies_ends_the_trace_and_goes_on(void **state)
{
	struct trace_totals totals = {0};

	(void)state;
	write_event(0);
	recorder_make_room(recorder);
	__atomic_store_n(&shared->head, UINT64_MAX / 2, __ATOMIC_RELEASE);
	recorder_make_room(recorder);
	recorder_stop(recorder, 0, &totals);
	assert_int_equal(totals.error, -EPROTO);
	assert_int_equal(count(LDE_TRACE_SYSCALL_EXIT), 1);
}

static void events_that_are_the_vmms_are_not_taken_from_the_guest(void **state)
{
	struct trace_totals totals = {0};
	struct lde_trace_record *records = (void *)(memory + LDE_TRACE_RING_OFFSET);

	(void)state;
	records[0].kind = LDE_TRACE_VMM_EXIT;
	records[1].kind = LDE_TRACE_RUN_END;
	records[2].kind = 12345;
	__atomic_store_n(&shared->head, 3, __ATOMIC_RELEASE);
	recorder_stop(recorder, 3, &totals);
	assert_int_equal(totals.nr_lost, 3);
	assert_int_equal(totals.counts[LDE_TRACE_VMM_EXIT], 0);
	assert_int_equal(totals.counts[LDE_TRACE_RUN_END], 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_lost_through_a_small_ring),
		TEST(what_was_written_is_soon_on_disk),
		TEST(a_guest_that_lies_ends_the_trace_and_goes_on),
		TEST(events_that_are_the_vmms_are_not_taken_from_the_guest),
	};

	return cmocka_run_group_tests_name("recorder", tests, NULL, NULL);
}
