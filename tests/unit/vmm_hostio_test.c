/* SPDX-License-Identifier: MIT */
/*
 * Moving bytes without waiting: each way of doing so, also those that this
 * kernel would not choose.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/host/hostio.h"

#define LARGE (1u << 20)

static int fds[2];
static char large[LARGE];

static int set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	return pipe(fds);
}

static int tear_down(void **state)
{
	(void)state;
	close(fds[0]);
	close(fds[1]);
	return 0;
}

static ssize_t move(struct hostio *io, void *bytes, size_t len)
{
	struct iovec iov = {bytes, len};

	return hostio_transfer(io, &iov, 1);
}

/* Writes until nothing goes in any more; no write may block. */
static size_t fill(struct hostio *io)
{
	size_t total = 0;
	ssize_t moved;

	while ((moved = move(io, large, sizeof(large))) > 0)
		total += (size_t)moved;
	assert_int_equal(moved, -EAGAIN);
	return total;
}

static size_t drain(int fd)
{
	static char junk[LARGE];
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	size_t total = 0;

	while (poll(&pollfd, 1, 0) == 1)
		total += (size_t)read(fd, junk, sizeof(junk));
	return total;
}

static void expect_output_never_waits(struct hostio *io, int other_end)
{
	size_t total = fill(io);

	assert_true(total > 0);
	assert_int_equal(drain(other_end), total);
	assert_int_equal(move(io, large, 3), 3);
	assert_int_equal(drain(other_end), 3);
}

static void a_pipe_is_filled_without_waiting(void **state)
{
	struct hostio io;

	(void)state;
	hostio_init(&io, fds[1], true);
	expect_output_never_waits(&io, fds[0]);
	assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
	hostio_fini(&io);
}

static void a_polled_pipe_is_filled_in_small_pieces(void **state)
{
	struct hostio io;

	(void)state;
	hostio_init(&io, fds[1], true);
	io.kind = HOSTIO_POLLED;
	io.chunk_bytes = PIPE_BUF;
	assert_int_equal(move(&io, large, sizeof(large)), PIPE_BUF);
	assert_int_equal(drain(fds[0]), PIPE_BUF);
	expect_output_never_waits(&io, fds[0]);
	hostio_fini(&io);
}

static void a_polled_piece_may_end_inside_a_segment(void **state)
{
	struct iovec iov[3] = {{large, 100}, {large, PIPE_BUF}, {large, 100}};
	struct hostio io;

	(void)state;
	hostio_init(&io, fds[1], true);
	io.kind = HOSTIO_POLLED;
	io.chunk_bytes = PIPE_BUF;
	assert_int_equal(hostio_transfer(&io, iov, 3), PIPE_BUF);
	assert_int_equal(iov[1].iov_len, PIPE_BUF);
	hostio_fini(&io);
}

static void a_polled_pipe_without_reader_is_epipe(void **state)
{
	struct hostio io;

	(void)state;
	hostio_init(&io, fds[1], true);
	io.kind = HOSTIO_POLLED;
	close(fds[0]);
	assert_int_equal(move(&io, large, 1), -EPIPE);
	hostio_fini(&io);
}

static void an_empty_pipe_has_nothing_yet(void **state)
{
	static const enum hostio_kind kinds[] = {HOSTIO_UNKNOWN, HOSTIO_POLLED};
	char got[4];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct hostio io;
		hostio_init(&io, fds[0], false);
		io.kind = kinds[i];
		assert_int_equal(move(&io, got, sizeof(got)), -EAGAIN);
		assert_int_equal(write(fds[1], "ab", 2), 2);
		assert_int_equal(move(&io, got, sizeof(got)), 2);
		hostio_fini(&io);
	}
}

static void the_end_of_a_pipe_is_zero(void **state)
{
	struct hostio io;
	char got[4];

	(void)state;
	hostio_init(&io, fds[0], false);
	close(fds[1]);
	assert_int_equal(move(&io, got, sizeof(got)), 0);
	hostio_fini(&io);
}

static void a_socket_is_filled_without_waiting(void **state)
{
	struct hostio io;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	hostio_init(&io, pair[1], true);
	expect_output_never_waits(&io, pair[0]);
	close(pair[0]);
	assert_int_equal(move(&io, large, 1), -EPIPE);
	hostio_fini(&io);
	close(pair[1]);
}

static void a_terminal_is_opened_once_more(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	struct hostio io;

	(void)state;
	if (master < 0 || grantpt(master) || unlockpt(master))
		skip();
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	hostio_init(&io, slave, true);
	assert_true(fill(&io) > 0);
	assert_true(io.own_fd >= 0);
	assert_int_equal(hostio_poll_fd(&io), io.own_fd);
	assert_int_equal(fcntl(slave, F_GETFL) & O_NONBLOCK, 0);
	hostio_fini(&io);
	assert_int_equal(io.own_fd, -1);
	close(slave);
	close(master);
}

/* Its device node would open another pair. */
static void the_master_of_a_terminal_is_not_opened_again(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	struct hostio io;

	(void)state;
	if (master < 0)
		skip();
	hostio_init(&io, master, true);
	assert_int_equal(move(&io, large, 1), 1);
	assert_int_equal(io.own_fd, -1);
	assert_int_equal(io.kind, HOSTIO_POLLED);
	hostio_fini(&io);
	close(master);
}

static void a_file_takes_and_gives_all(void **state)
{
	char path[] = "/tmp/vmm_hostio_test.XXXXXX";
	int fd = mkstemp(path);
	struct hostio io;

	(void)state;
	assert_true(fd >= 0);
	unlink(path);
	hostio_init(&io, fd, true);
	assert_int_equal(move(&io, large, sizeof(large)), sizeof(large));
	hostio_fini(&io);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	hostio_init(&io, fd, false);
	assert_int_equal(move(&io, large, sizeof(large)), sizeof(large));
	assert_int_equal(move(&io, large, sizeof(large)), 0);
	hostio_fini(&io);
	close(fd);
}

static void a_descriptor_for_the_other_direction_is_an_error(void **state)
{
	struct hostio io;

	(void)state;
	hostio_init(&io, fds[0], true);
	assert_int_equal(move(&io, large, 1), -EBADF);
	hostio_fini(&io);
}

static void a_directory_is_an_error(void **state)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY);
	struct hostio io;

	(void)state;
	hostio_init(&io, fd, false);
	assert_int_equal(move(&io, large, 1), -EISDIR);
	hostio_fini(&io);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_pipe_is_filled_without_waiting),
		TEST(a_polled_pipe_is_filled_in_small_pieces),
		TEST(a_polled_piece_may_end_inside_a_segment),
		TEST(a_polled_pipe_without_reader_is_epipe),
		TEST(an_empty_pipe_has_nothing_yet),
		TEST(the_end_of_a_pipe_is_zero),
		TEST(a_socket_is_filled_without_waiting),
		TEST(a_terminal_is_opened_once_more),
		TEST(the_master_of_a_terminal_is_not_opened_again),
		TEST(a_file_takes_and_gives_all),
		TEST(a_descriptor_for_the_other_direction_is_an_error),
		TEST(a_directory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
