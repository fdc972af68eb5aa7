/* SPDX-License-Identifier: MIT */
/* The ring for events: what the kernel records, and that none of it is lost. */
#include "tests/unit/fake/fake.h"

#include <pthread.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "guest/arch/event.h"
#include "guest/arch/offload.h"
#include "vmm/observe/trace_ring.h"

#define RING_GPA 0x200000 /* below what the kernel manages */
#define RECORDS  64       /* a ring of 4 KiB */
#define PORT     0x620

static struct trace_ring ring;

static struct event_source source_of(uint32_t classes)
{
	return (struct event_source){
		.ring = RING_GPA,
		.bytes = trace_ring_size(RECORDS * LDE_RECORD_SIZE),
		.port = PORT,
		.classes = classes,
	};
}

static int set_up(void **state)
{
	struct event_source source = source_of(LDE_TRACE_C_ALL);

	fake_set_up(state);
	trace_ring_init(&ring, direct_map(RING_GPA), source.bytes);
	return event_init(&source) ? 0 : -1;
}

static struct lde_trace_record take_one(void)
{
	struct lde_trace_record record;

	assert_int_equal(trace_ring_take(&ring, &record, 1), 1);
	return record;
}

static void assert_nothing_left(void)
{
	struct lde_trace_record record;

	assert_int_equal(trace_ring_take(&ring, &record, 1), 0);
}

/* ---- the ring ---------------------------------------------------------- */

static void a_record_has_time_kind_and_arguments(void **state)
{
	struct lde_trace_record record;

	(void)state;
	fake.tsc = 777;
	event_add_2(LDE_TRACE_FAULT_EXIT, 5, 0x1111, UINT64_MAX);
	record = take_one();
	assert_int_equal(record.tsc, 777);
	assert_int_equal(record.pid, 0); /* for the reader to fill in */
	assert_int_equal(record.kind, LDE_TRACE_FAULT_EXIT);
	assert_int_equal(record.code, 5);
	assert_int_equal(record.args[0], 0x1111);
	assert_true(record.args[1] == UINT64_MAX);
	assert_nothing_left();
}

static void a_name_is_in_four_arguments(void **state)
{
	const char name[LDE_TRACE_NAME_SIZE] = "a-name-of-31-characters-exactly";
	struct lde_trace_record record;

	(void)state;
	event_add_name(LDE_TRACE_PROCESS_EXEC, 0, 9, name, 77);
	record = take_one();
	assert_int_equal(record.args[0], 9);
	assert_string_equal((const char *)&record.args[1], name);
	assert_int_equal(record.args[5], 77);
}

static void records_come_in_order_round_and_round(void **state)
{
	uint64_t next = 0;

	(void)state;
	for (unsigned i = 0; i < 100 * RECORDS; i++) {
		event_add_1(LDE_TRACE_IRQ_ENTRY, 0, i);
		if (i % 7 == 0 || i % 64 > 40)
			while (next <= i)
				assert_int_equal(take_one().args[0], next++);
	}
	assert_int_equal(ring.shared->stalls, 0);
	assert_int_equal(trace_ring_written(&ring), 100 * RECORDS);
}

static unsigned nr_doorbells;
static uint64_t nr_taken;

/* As the VMM does: takes what is there, and then the guest goes on. */
static void take_all(uint16_t port, void *request)
{
	struct lde_trace_record records[RECORDS];
	int64_t nr = trace_ring_take(&ring, records, RECORDS);

	(void)request;
	assert_int_equal(port, PORT);
	assert_int_equal(nr, RECORDS);
	for (int64_t i = 0; i < nr; i++)
		assert_int_equal(records[i].args[0], nr_taken++);
	nr_doorbells++;
}

static void a_full_ring_rings_and_loses_nothing(void **state)
{
	(void)state;
	nr_doorbells = 0;
	nr_taken = 0;
	fake.doorbell = take_all;
	for (unsigned i = 0; i < 10 * RECORDS + 1; i++)
		event_add_1(LDE_TRACE_IRQ_ENTRY, 0, i);
	assert_int_equal(nr_doorbells, 10);
	assert_int_equal(ring.shared->stalls, 10);
	assert_int_equal(nr_taken, 10 * RECORDS);
	assert_int_equal(take_one().args[0], 10 * RECORDS);
}

static unsigned nr_refusals;

static void take_after_a_while(uint16_t port, void *request)
{
	if (nr_refusals++ % 3 == 2)
		take_all(port, request);
}

static void who_comes_back_too_early_rings_again(void **state)
{
	(void)state;
	nr_refusals = 0;
	nr_taken = 0;
	fake.doorbell = take_after_a_while;
	for (unsigned i = 0; i < RECORDS + 1; i++)
		event_add_1(LDE_TRACE_IRQ_ENTRY, 0, i);
	assert_int_equal(nr_refusals, 3);
	assert_int_equal(ring.shared->stalls, 1);
}

static void a_ring_that_makes_no_sense_is_refused(void **state)
{
	struct event_source source = source_of(LDE_TRACE_C_ALL);
	struct lde_trace_ring good = *ring.shared, *shared = ring.shared;

	(void)state;
	shared->magic++;
	assert_false(event_init(&source));
	*shared = good;
	shared->version++;
	assert_false(event_init(&source));
	*shared = good;
	shared->record_size = 32;
	assert_false(event_init(&source));
	*shared = good;
	shared->nr_records = 0;
	assert_false(event_init(&source));
	shared->nr_records = 48;
	assert_false(event_init(&source));
	shared->nr_records = 2 * RECORDS;
	assert_false(event_init(&source));
	*shared = good;
	assert_true(event_init(&source));
}

static void a_writer_that_lies_is_found_out(void **state)
{
	struct lde_trace_record records[RECORDS];

	(void)state;
	ring.shared->head = RECORDS + 1;
	assert_int_equal(trace_ring_take(&ring, records, RECORDS), -EPROTO);
	ring.shared->head = UINT64_MAX;
	assert_int_equal(trace_ring_take(&ring, records, RECORDS), -EPROTO);
	ring.shared->head = RECORDS;
	ring.shared->tail = 12345; /* the reader has its own */
	ring.shared->nr_records = 1u << 31;
	assert_int_equal(trace_ring_take(&ring, records, RECORDS), RECORDS);
}

/* ---- two threads --------------------------------------------------------- */

#define NR_RACED 200000

/* Outside ring 0 there is no doorbell: the writer waits for the reader to look. */
static void *read_all(void *arg)
{
	struct lde_trace_record records[16];
	uint64_t next = 0;
	bool *in_order = arg;

	while (next < NR_RACED) {
		int64_t nr = trace_ring_take(&ring, records, 1 + next % 16);

		if (!nr)
			usleep(0);
		for (int64_t i = 0; i < nr; i++, next++)
			if (records[i].args[0] != next || records[i].args[1] != ~next ||
			    records[i].code != (uint32_t)next || records[i].kind != LDE_TRACE_IRQ_ENTRY)
				*in_order = false;
	}
	return NULL;
}

static void racing_threads_lose_and_tear_nothing(void **state)
{
	bool in_order = true;
	pthread_t reader;

	(void)state;
	offload_is_running = true;
	assert_int_equal(pthread_create(&reader, NULL, read_all, &in_order), 0);
	for (uint64_t i = 0; i < NR_RACED; i++)
		event_add_2(LDE_TRACE_IRQ_ENTRY, (uint32_t)i, i, ~i);
	assert_int_equal(pthread_join(reader, NULL), 0);
	offload_is_running = false;
	assert_true(in_order);
	assert_nothing_left();
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_record_has_time_kind_and_arguments),
		TEST(a_name_is_in_four_arguments),
		TEST(records_come_in_order_round_and_round),
		TEST(a_full_ring_rings_and_loses_nothing),
		TEST(who_comes_back_too_early_rings_again),
		TEST(a_ring_that_makes_no_sense_is_refused),
		TEST(a_writer_that_lies_is_found_out),
		TEST(racing_threads_lose_and_tear_nothing),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
