/* SPDX-License-Identifier: MIT */
/* The console against a kernel whose requests make no sense. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/console/guest_side.h"

static void expect_refused(int64_t error)
{
	uint64_t before = console.nr_refused;

	ring(REQUEST);
	assert_int_equal(result_at(REQUEST), error);
	assert_int_equal(console.nr_refused, before + 1);
	assert_false(is_readable(remote[OUT]));
}

static void an_unknown_operation_or_stream_is_refused(void **state)
{
	static const uint32_t pairs[][2] = {
		{0, 1}, {3, 1}, {UINT32_MAX, 1}, {LDE_CONSOLE_WRITE, 0}, {LDE_CONSOLE_WRITE, 3},
		{LDE_CONSOLE_WRITE, UINT32_MAX}, {LDE_CONSOLE_READ, 1},
		{LDE_CONSOLE_READ, LDE_STREAM_TERMINAL_OUT},
		{LDE_CONSOLE_WRITE, LDE_NR_STREAMS}, {LDE_CONSOLE_READ, LDE_NR_STREAMS},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		prepare(REQUEST, pairs[i][0], pairs[i][1]);
		expect_refused(-EINVAL);
	}
}

static void a_terminal_that_is_not_there_says_so(void **state)
{
	(void)state;
	prepare(REQUEST, LDE_CONSOLE_READ, LDE_STREAM_TERMINAL_IN)->segs[0] =
		(struct lde_console_seg){BUFFER, 1};
	ring(REQUEST);
	assert_int_equal(result_at(REQUEST), -EBADF);
	prepare(REQUEST, LDE_CONSOLE_WRITE, LDE_STREAM_TERMINAL_OUT)->segs[0] =
		(struct lde_console_seg){BUFFER, 1};
	ring(REQUEST);
	assert_int_equal(result_at(REQUEST), -EBADF);
	assert_int_equal(console.nr_pended, 0);
}

static void a_wrong_number_of_segments_is_refused(void **state)
{
	static const uint32_t numbers[] = {0, LDE_CONSOLE_SEGS_MAX + 1, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		prepare(REQUEST, LDE_CONSOLE_WRITE, OUT)->nr_segs = numbers[i];
		expect_refused(-EINVAL);
	}
}

static void a_segment_outside_of_memory_is_refused(void **state)
{
	static const struct lde_console_seg segs[] = {
		{SIZE, 1}, {SIZE - 1, 2}, {BUFFER, UINT32_MAX}, {UINT32_MAX, UINT32_MAX},
		{0, SIZE + 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(segs) / sizeof(segs[0]); i++) {
		struct lde_console_req *req = prepare(REQUEST, LDE_CONSOLE_WRITE, OUT);
		req->nr_segs = 2;
		req->segs[0] = (struct lde_console_seg){BUFFER, 4};
		req->segs[1] = segs[i];
		expect_refused(-EFAULT);
	}
}

static void a_segment_over_its_own_request_is_refused(void **state)
{
	static const struct lde_console_seg segs[] = {
		{REQUEST, 4}, {REQUEST - 4, 8}, {REQUEST + 16, 8}, {0, SIZE}};

	(void)state;
	for (size_t i = 0; i < sizeof(segs) / sizeof(segs[0]); i++) {
		prepare(REQUEST, LDE_CONSOLE_READ, IN)->segs[0] = segs[i];
		expect_refused(-EINVAL);
	}
}

static void a_request_outside_of_memory_is_ignored(void **state)
{
	static const uint32_t gpas[] = {UINT32_MAX - 7, SIZE, SIZE - 16, REQUEST + 1, REQUEST + 4};

	(void)state;
	for (size_t i = 0; i < sizeof(gpas) / sizeof(gpas[0]); i++)
		ring(gpas[i]);
	assert_int_equal(console.nr_ignored, 5);
}

static void a_request_whose_segments_leave_memory_is_refused(void **state)
{
	const uint64_t gpa = SIZE - 24;
	struct lde_console_req header = {.op = LDE_CONSOLE_WRITE,
					 .stream = OUT,
					 .nr_segs = 1,
					 .result = LDE_CONSOLE_PENDING};
	int64_t result;

	(void)state;
	assert_int_equal(guestmem_write(&mem, gpa_of(gpa), &header, 24), 0);
	ring((uint32_t)gpa);
	assert_int_equal(guestmem_read(&mem, gpa_of(gpa + 16), &result, 8), 0);
	assert_int_equal(result, -EFAULT);
}

static void a_second_request_in_flight_is_refused(void **state)
{
	(void)state;
	assert_int_equal(submit_read(16), LDE_CONSOLE_PENDING);
	assert_int_equal(submit(OTHER, LDE_CONSOLE_READ, IN, BUFFER, 16), -EINVAL);
	assert_int_equal(write(remote[IN], "a", 1), 1);
	assert_int_equal(wait_result(REQUEST), 1);
}

static void a_request_rung_twice_completes_once(void **state)
{
	(void)state;
	assert_int_equal(submit_read(16), LDE_CONSOLE_PENDING);
	ring(REQUEST);
	assert_int_equal(result_at(REQUEST), LDE_CONSOLE_PENDING);
	assert_int_equal(console.nr_ignored, 1);
	assert_int_equal(write(remote[IN], "a", 1), 1);
	assert_int_equal(wait_result(REQUEST), 1);
	assert_false(has_interrupt_within(20));
}

static void a_request_changed_while_it_pends_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(submit_read(4), LDE_CONSOLE_PENDING);
	struct lde_console_req *req = request_at(REQUEST);
	req->segs[0] = (struct lde_console_seg){UINT32_MAX, UINT32_MAX};
	req->op = 77;
	req->nr_segs = 77;
	assert_int_equal(write(remote[IN], "abcdef", 6), 6);
	assert_int_equal(wait_result(REQUEST), 4);
	assert_memory_equal(guestmem_at(&mem, gpa_of(BUFFER), 4), "abcd", 4);
}

static void another_kind_of_access_is_ignored(void **state)
{
	struct portbus_access accesses[] = {
		{.size = 4, .value = REQUEST},
		{.size = 1, .is_write = true, .value = REQUEST},
		{.size = 2, .is_write = true, .value = REQUEST},
		{.offset = 2, .size = 4, .is_write = true, .value = REQUEST},
	};

	(void)state;
	prepare(REQUEST, LDE_CONSOLE_WRITE, OUT)->segs[0] = (struct lde_console_seg){BUFFER, 1};
	for (size_t i = 0; i < 4; i++)
		vconsole_access(&console, &accesses[i]);
	assert_int_equal(console.nr_ignored, 4);
	assert_int_equal(result_at(REQUEST), LDE_CONSOLE_PENDING);
}

/* Nothing random may crash, hang, or be left without an answer. */
static void random_requests_are_all_answered(void **state)
{
	unsigned int seed = 1;

	(void)state;
	use_pair(OUT, open("/dev/null", O_WRONLY), -1);
	use_pair(IN, open("/dev/null", O_RDONLY), -1);
	for (int round = 0; round < 20000; round++) {
		struct lde_console_req *req = request_at(REQUEST);
		for (size_t i = 0; i < sizeof(*req) / 4; i++)
			((uint32_t *)req)[i] = (uint32_t)rand_r(&seed) % (i < 4 ? 5 : SIZE + SIZE / 8);
		req->result = LDE_CONSOLE_PENDING;
		req->nr_segs = (uint32_t)rand_r(&seed) % (LDE_CONSOLE_SEGS_MAX + 4);
		if (req->stream == ERR)
			req->stream = OUT;
		ring(REQUEST);
		assert_int_not_equal(result_at(REQUEST), LDE_CONSOLE_PENDING);
	}
	assert_int_equal(console.nr_requests, 20000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_unknown_operation_or_stream_is_refused),
		TEST(a_terminal_that_is_not_there_says_so),
		TEST(a_wrong_number_of_segments_is_refused),
		TEST(a_segment_outside_of_memory_is_refused),
		TEST(a_segment_over_its_own_request_is_refused),
		TEST(a_request_outside_of_memory_is_ignored),
		TEST(a_request_whose_segments_leave_memory_is_refused),
		TEST(a_second_request_in_flight_is_refused),
		TEST(a_request_rung_twice_completes_once),
		TEST(a_request_changed_while_it_pends_changes_nothing),
		TEST(another_kind_of_access_is_ignored),
		TEST(random_requests_are_all_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
