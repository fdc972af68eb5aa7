/* SPDX-License-Identifier: MIT */
/* The console moves bytes, on plain memory and with pipes, sockets and files for
 * the host's side. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/console/guest_side.h"

/* Reads len bytes and checks that they are the pattern, from position on. */
static void drain_pattern(int fd, size_t position, size_t len)
{
	uint8_t got[4096];

	while (len) {
		ssize_t more = read(fd, got, len < sizeof(got) ? len : sizeof(got));
		assert_true(more > 0);
		for (ssize_t i = 0; i < more; i++)
			assert_int_equal(got[i], (uint8_t)((position + (size_t)i) * 13 >> 3));
		position += (size_t)more;
		len -= (size_t)more;
	}
}

static void put_pattern(uint64_t gpa, size_t len)
{
	uint8_t *bytes = guestmem_at(&mem, gpa_of(gpa), len);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i * 13 >> 3);
}

/* ---- writing ---------------------------------------------------------- */

static void a_write_completes_in_the_exit(void **state)
{
	(void)state;
	assert_int_equal(write_text(OUT, 1, "hello\n"), 6);
	expect_output(OUT, "hello\n");
	assert_int_equal(write_text(ERR, 1, "oops\n"), 5);
	expect_output(ERR, "oops\n");
	assert_false(console.has_thread);
	assert_false(has_interrupt_within(0));
}

static void segments_are_written_in_their_order(void **state)
{
	struct lde_console_req *req = prepare(REQUEST, LDE_CONSOLE_WRITE, OUT);

	(void)state;
	put_text(BUFFER, "abcdef");
	req->nr_segs = 4;
	req->segs[0] = (struct lde_console_seg){BUFFER + 4, 2};
	req->segs[1] = (struct lde_console_seg){BUFFER, 0};
	req->segs[2] = (struct lde_console_seg){BUFFER, 4};
	req->segs[3] = (struct lde_console_seg){BUFFER, 1}; /* twice is allowed */
	ring(REQUEST);
	assert_int_equal(result_at(REQUEST), 7);
	expect_output(OUT, "efabcda");
}

static void a_write_of_nothing_is_complete(void **state)
{
	(void)state;
	assert_int_equal(submit(REQUEST, LDE_CONSOLE_WRITE, OUT, BUFFER, 0), 0);
	assert_false(is_readable(remote[OUT]));
}

static void a_large_write_to_a_file_is_one_exit(void **state)
{
	char path[] = "/tmp/vmm_console_test.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	unlink(path);
	use_pair(OUT, fd, -1);
	put_pattern(BUFFER, 4 << 20);
	assert_int_equal(submit(REQUEST, LDE_CONSOLE_WRITE, OUT, BUFFER, 4 << 20), 4 << 20);
	assert_false(console.has_thread);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	drain_pattern(fd, 0, 4 << 20);
}

static void a_write_larger_than_the_pipe_is_finished_by_the_thread(void **state)
{
	const size_t len = 1 << 20;

	(void)state;
	put_pattern(BUFFER, len);
	assert_int_equal(submit(REQUEST, LDE_CONSOLE_WRITE, OUT, BUFFER, (uint32_t)len),
			 LDE_CONSOLE_PENDING);
	assert_int_equal(console.nr_pended, 1);
	assert_false(has_interrupt_within(20));
	drain_pattern(remote[OUT], 0, len);
	assert_int_equal(wait_result(REQUEST), len);
}

static void a_full_pipe_does_not_stall_the_exit(void **state)
{
	(void)state;
	size_t filled = fill_pipe(host[OUT]);
	assert_int_equal(write_text(OUT, 1, "late"), LDE_CONSOLE_PENDING);
	/* The other stream is not held up. */
	struct lde_console_req *req = prepare(OTHER, LDE_CONSOLE_WRITE, ERR);
	req->segs[0] = (struct lde_console_seg){BUFFER, 4};
	ring(OTHER);
	assert_int_equal(result_at(OTHER), 4);
	drain_pipe(remote[OUT], filled);
	assert_int_equal(wait_result(REQUEST), 4);
	expect_output(OUT, "late");
}

static void the_descriptor_stays_blocking(void **state)
{
	(void)state;
	fill_pipe(host[OUT]);
	write_text(OUT, 1, "x");
	assert_int_equal(fcntl(host[OUT], F_GETFL) & O_NONBLOCK, 0);
}

static void a_reader_that_went_away_is_epipe(void **state)
{
	(void)state;
	close_end(&remote[OUT]);
	assert_int_equal(write_text(OUT, 1, "x"), -EPIPE);
}

static void a_reader_that_goes_away_later_is_noticed(void **state)
{
	(void)state;
	fill_pipe(host[OUT]);
	assert_int_equal(write_text(OUT, 1, "x"), LDE_CONSOLE_PENDING);
	close_end(&remote[OUT]);
	assert_int_equal(wait_result(REQUEST), -EPIPE);
}

static void what_was_written_before_an_error_counts(void **state)
{
	const size_t len = 1 << 20;

	(void)state;
	assert_int_equal(submit(REQUEST, LDE_CONSOLE_WRITE, OUT, BUFFER, (uint32_t)len),
			 LDE_CONSOLE_PENDING);
	close_end(&remote[OUT]);
	int64_t result = wait_result(REQUEST);
	assert_true(result > 0 && (size_t)result < len);
}

static void a_socket_is_written_and_waited_for(void **state)
{
	const size_t len = 4 << 20;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	use_pair(OUT, fds[0], fds[1]);
	assert_int_equal(write_text(OUT, 1, "hello"), 5);
	expect_output(OUT, "hello");
	put_pattern(BUFFER, len);
	assert_int_equal(submit(REQUEST, LDE_CONSOLE_WRITE, OUT, BUFFER, (uint32_t)len),
			 LDE_CONSOLE_PENDING);
	drain_pattern(fds[1], 0, len);
	assert_int_equal(wait_result(REQUEST), len);
	close_end(&remote[OUT]);
	assert_int_equal(write_text(OUT, 1, "x"), -EPIPE);
}

static void a_terminal_is_written_and_waited_for(void **state)
{
	const size_t len = 64 << 10;
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	(void)state;
	if (master < 0 || grantpt(master) || unlockpt(master))
		skip();
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0)
		skip();
	use_pair(OUT, slave, master);
	memset(guestmem_at(&mem, gpa_of(BUFFER), len), 'x', len);
	assert_int_equal(submit(REQUEST, LDE_CONSOLE_WRITE, OUT, BUFFER, (uint32_t)len),
			 LDE_CONSOLE_PENDING);
	assert_int_equal(fcntl(slave, F_GETFL) & O_NONBLOCK, 0);
	for (size_t done = 0; done < len;) {
		char got[4096];
		ssize_t more = read(master, got, sizeof(got));
		assert_true(more > 0);
		done += (size_t)more;
	}
	assert_int_equal(wait_result(REQUEST), len);
}

static void dev_full_is_enospc_and_dev_null_takes_all(void **state)
{
	(void)state;
	use_pair(OUT, open("/dev/full", O_WRONLY), -1);
	assert_int_equal(write_text(OUT, 1, "x"), -ENOSPC);
	use_pair(OUT, open("/dev/null", O_WRONLY), -1);
	assert_int_equal(submit(REQUEST, LDE_CONSOLE_WRITE, OUT, BUFFER, 1 << 20), 1 << 20);
}

static void a_closed_descriptor_is_ebadf(void **state)
{
	(void)state;
	close(host[OUT]);
	assert_int_equal(write_text(OUT, 1, "x"), -EBADF);
	host[OUT] = -1;
}

/* ---- reading ---------------------------------------------------------- */

static void input_that_is_there_is_read_in_the_exit(void **state)
{
	(void)state;
	assert_int_equal(write(remote[IN], "typed\n", 6), 6);
	assert_int_equal(submit_read(4096), 6);
	assert_memory_equal(guestmem_at(&mem, gpa_of(BUFFER), 6), "typed\n", 6);
	assert_false(console.has_thread);
}

static void input_that_comes_later_raises_the_interrupt(void **state)
{
	(void)state;
	assert_int_equal(submit_read(4096), LDE_CONSOLE_PENDING);
	assert_false(has_interrupt_within(20));
	assert_int_equal(write(remote[IN], "late", 4), 4);
	assert_int_equal(wait_result(REQUEST), 4);
	assert_memory_equal(guestmem_at(&mem, gpa_of(BUFFER), 4), "late", 4);
	assert_false(has_interrupt_within(20));
}

static void no_more_is_read_than_was_asked_for(void **state)
{
	(void)state;
	assert_int_equal(write(remote[IN], "abcdef", 6), 6);
	assert_int_equal(submit_read(4), 4);
	assert_int_equal(submit_read(4), 2);
}

static void the_end_of_input_is_zero(void **state)
{
	(void)state;
	close_end(&remote[IN]);
	assert_int_equal(submit_read(16), 0);
	assert_int_equal(submit_read(16), 0);
}

static void an_end_that_comes_later_is_zero(void **state)
{
	(void)state;
	assert_int_equal(submit_read(16), LDE_CONSOLE_PENDING);
	close_end(&remote[IN]);
	assert_int_equal(wait_result(REQUEST), 0);
}

static void input_is_scattered_over_the_segments(void **state)
{
	struct lde_console_req *req = prepare(REQUEST, LDE_CONSOLE_READ, IN);

	(void)state;
	req->nr_segs = 2;
	req->segs[0] = (struct lde_console_seg){BUFFER, 3};
	req->segs[1] = (struct lde_console_seg){BUFFER + 0x1000, 3};
	assert_int_equal(write(remote[IN], "abcdef", 6), 6);
	ring(REQUEST);
	assert_int_equal(result_at(REQUEST), 6);
	assert_memory_equal(guestmem_at(&mem, gpa_of(BUFFER + 0x1000), 3), "def", 3);
}

static void reading_and_writing_pend_at_the_same_time(void **state)
{
	(void)state;
	size_t filled = fill_pipe(host[OUT]);
	assert_int_equal(write_text(OUT, 1, "x"), LDE_CONSOLE_PENDING);
	assert_int_equal(submit(OTHER, LDE_CONSOLE_READ, IN, BUFFER + 0x1000, 16),
			 LDE_CONSOLE_PENDING);
	assert_int_equal(write(remote[IN], "y", 1), 1);
	assert_int_equal(wait_result(OTHER), 1);
	assert_int_equal(result_at(REQUEST), LDE_CONSOLE_PENDING);
	drain_pipe(remote[OUT], filled);
	assert_int_equal(wait_result(REQUEST), 1);
}

static void a_pending_read_does_not_hold_up_the_end(void **state)
{
	(void)state;
	assert_int_equal(submit_read(16), LDE_CONSOLE_PENDING);
	restart(false);
	assert_int_equal(result_at(REQUEST), LDE_CONSOLE_PENDING);
}

static void a_hundred_requests_in_a_row_are_served(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(submit_read(16), LDE_CONSOLE_PENDING);
		assert_int_equal(write(remote[IN], "z", 1), 1);
		assert_int_equal(wait_result(REQUEST), 1);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_write_completes_in_the_exit),
		TEST(segments_are_written_in_their_order),
		TEST(a_write_of_nothing_is_complete),
		TEST(a_large_write_to_a_file_is_one_exit),
		TEST(a_write_larger_than_the_pipe_is_finished_by_the_thread),
		TEST(a_full_pipe_does_not_stall_the_exit),
		TEST(the_descriptor_stays_blocking),
		TEST(a_reader_that_went_away_is_epipe),
		TEST(a_reader_that_goes_away_later_is_noticed),
		TEST(what_was_written_before_an_error_counts),
		TEST(a_socket_is_written_and_waited_for),
		TEST(a_terminal_is_written_and_waited_for),
		TEST(dev_full_is_enospc_and_dev_null_takes_all),
		TEST(a_closed_descriptor_is_ebadf),
		TEST(input_that_is_there_is_read_in_the_exit),
		TEST(input_that_comes_later_raises_the_interrupt),
		TEST(no_more_is_read_than_was_asked_for),
		TEST(the_end_of_input_is_zero),
		TEST(an_end_that_comes_later_is_zero),
		TEST(input_is_scattered_over_the_segments),
		TEST(reading_and_writing_pend_at_the_same_time),
		TEST(a_pending_read_does_not_hold_up_the_end),
		TEST(a_hundred_requests_in_a_row_are_served),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
