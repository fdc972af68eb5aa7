/* SPDX-License-Identifier: MIT */
/*
 * The console, on plain memory and with pipes, sockets and files for the
 * host's side. Interrupts are counted by an eventfd.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/dev/console.h"

#define SIZE    (8ull << 20)
#define REQUEST 0x10000
#define OTHER   0x20000
#define BUFFER  0x100000
#define WAIT_MS 5000

enum { IN, OUT, ERR };

static struct guestmem mem;
static struct vconsole console;
static int host[3];   /* the console's ends */
static int remote[3]; /* the other ends */
static int interrupts;

static void on_interrupt(void *ctx)
{
	uint64_t one = 1;

	(void)ctx;
	assert_int_equal(write(interrupts, &one, sizeof(one)), sizeof(one));
}

static const char *name_of(void *ctx, uint32_t pid, char *buf, size_t size)
{
	(void)ctx;
	if (pid == 9)
		return NULL;
	strncpy(buf, pid == 1 ? "first" : "second", size);
	return buf;
}

static void start(bool is_tagged)
{
	const struct vconsole_config config = {
		.mem = &mem,
		.fds = {host[0], host[1], host[2], -1, -1},
		.is_tagged = is_tagged,
		.name = name_of,
		.interrupt = on_interrupt,
	};

	vconsole_init(&console, &config);
}

static int set_up(void **state)
{
	int fds[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	interrupts = eventfd(0, EFD_SEMAPHORE);
	for (int i = 0; i < 3; i++) {
		if (pipe(fds))
			return -1;
		host[i] = fds[i > 0];
		remote[i] = fds[i == 0];
	}
	if (interrupts < 0 || guestmem_init(&mem, SIZE))
		return -1;
	start(false);
	return 0;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int tear_down(void **state)
{
	(void)state;
	vconsole_fini(&console, false);
	for (int i = 0; i < 3; i++) {
		close_end(&host[i]);
		close_end(&remote[i]);
	}
	close(interrupts);
	guestmem_fini(&mem);
	return 0;
}

/* Restarts the console with its streams tagged, or with another descriptor. */
static void restart(bool is_tagged)
{
	vconsole_fini(&console, false);
	start(is_tagged);
}

static void use_pair(int stream, int console_end, int other_end)
{
	close_end(&host[stream]);
	close_end(&remote[stream]);
	host[stream] = console_end;
	remote[stream] = other_end;
	restart(false);
}

/* ---- the guest's side ------------------------------------------------- */

static struct lde_console_req *request_at(uint64_t gpa)
{
	return guestmem_at(&mem, gpa_of(gpa), sizeof(struct lde_console_req));
}

static void ring(uint32_t gpa)
{
	struct portbus_access access = {.size = 4, .is_write = true, .value = gpa};

	vconsole_access(&console, &access);
}

static int64_t result_at(uint64_t gpa)
{
	return __atomic_load_n(&request_at(gpa)->result, __ATOMIC_ACQUIRE);
}

static struct lde_console_req *prepare(uint64_t gpa, uint32_t op, uint32_t stream)
{
	struct lde_console_req *req = request_at(gpa);

	*req = (struct lde_console_req){
		.op = op, .stream = stream, .pid = 1, .nr_segs = 1, .result = LDE_CONSOLE_PENDING};
	return req;
}

static int64_t submit(uint64_t gpa, uint32_t op, uint32_t stream, uint32_t buffer, uint32_t len)
{
	struct lde_console_req *req = prepare(gpa, op, stream);

	req->segs[0] = (struct lde_console_seg){buffer, len};
	ring((uint32_t)gpa);
	return result_at(gpa);
}

static void put_text(uint64_t gpa, const char *text)
{
	assert_int_equal(guestmem_write(&mem, gpa_of(gpa), text, strlen(text)), 0);
}

static int64_t write_text(uint32_t stream, uint32_t pid, const char *text)
{
	struct lde_console_req *req = prepare(REQUEST, LDE_CONSOLE_WRITE, stream);

	put_text(BUFFER, text);
	req->pid = pid;
	req->segs[0] = (struct lde_console_seg){BUFFER, (uint32_t)strlen(text)};
	ring(REQUEST);
	return result_at(REQUEST);
}

static int64_t submit_read(uint32_t len)
{
	return submit(REQUEST, LDE_CONSOLE_READ, IN, BUFFER, len);
}

/* Waits for the interrupt; the result must be there by then. */
static int64_t wait_result(uint64_t gpa)
{
	struct pollfd pollfd = {.fd = interrupts, .events = POLLIN};
	uint64_t one;

	assert_int_equal(poll(&pollfd, 1, WAIT_MS), 1);
	assert_int_equal(read(interrupts, &one, sizeof(one)), sizeof(one));
	return result_at(gpa);
}

static bool has_interrupt_within(int ms)
{
	struct pollfd pollfd = {.fd = interrupts, .events = POLLIN};

	return poll(&pollfd, 1, ms) == 1;
}

/* ---- the host's side -------------------------------------------------- */

static void expect_output(int stream, const char *text)
{
	char got[4096] = "";
	size_t len = 0;

	while (len < strlen(text)) {
		ssize_t more = read(remote[stream], got + len, strlen(text) - len);
		assert_true(more > 0);
		len += (size_t)more;
	}
	assert_string_equal(got, text);
}

static bool is_readable(int fd)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};

	return poll(&pollfd, 1, 0) == 1;
}

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

/* Returns how many bytes it took. */
static size_t fill_pipe(int fd)
{
	char junk[4096] = "";
	int flags = fcntl(fd, F_GETFL);
	size_t filled = 0;
	ssize_t n;

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	while ((n = write(fd, junk, sizeof(junk))) > 0)
		filled += (size_t)n;
	fcntl(fd, F_SETFL, flags);
	return filled;
}

/* No more than was filled in: what is behind that is the console's. */
static void drain_pipe(int fd, size_t filled)
{
	char junk[4096];

	while (filled) {
		ssize_t n = read(fd, junk, filled < sizeof(junk) ? filled : sizeof(junk));

		assert_true(n > 0);
		filled -= (size_t)n;
	}
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

/* ---- hostile requests -------------------------------------------------- */

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

/* ---- tags -------------------------------------------------------------- */

static void each_line_has_its_process_in_front(void **state)
{
	(void)state;
	restart(true);
	assert_int_equal(write_text(OUT, 1, "one\ntwo\n"), 8);
	assert_int_equal(write_text(OUT, 2, "three\n"), 6);
	assert_int_equal(write_text(OUT, 9, "nameless\n"), 9);
	expect_output(OUT, "[1 first] one\n[1 first] two\n[2 second] three\n[9] nameless\n");
}

static void unfinished_lines_do_not_mix(void **state)
{
	(void)state;
	restart(true);
	assert_int_equal(write_text(OUT, 1, "on"), 2);
	assert_int_equal(write_text(OUT, 2, "tw"), 2);
	assert_int_equal(write_text(ERR, 1, "err"), 3);
	assert_false(is_readable(remote[OUT]));
	assert_int_equal(write_text(OUT, 1, "e\n"), 2);
	assert_int_equal(write_text(OUT, 2, "o\nthree"), 7);
	expect_output(OUT, "[1 first] one\n[2 second] two\n");
	vconsole_fini(&console, true);
	expect_output(OUT, "[2 second] three\n");
	expect_output(ERR, "[1 first] err\n");
	start(false);
}

static void tagged_output_waits_for_a_slow_reader(void **state)
{
	(void)state;
	restart(true);
	size_t filled = fill_pipe(host[OUT]);
	assert_int_equal(write_text(OUT, 1, "late\n"), LDE_CONSOLE_PENDING);
	drain_pipe(remote[OUT], filled);
	assert_int_equal(wait_result(REQUEST), 5);
	expect_output(OUT, "[1 first] late\n");
}

static void a_long_line_is_broken(void **state)
{
	static char line[TAGGER_LINE_MAX + 11];
	static char expected[TAGGER_LINE_MAX + 64];

	(void)state;
	restart(true);
	memset(line, 'x', TAGGER_LINE_MAX + 9);
	line[TAGGER_LINE_MAX + 9] = '\n';
	assert_int_equal(write_text(OUT, 1, line), TAGGER_LINE_MAX + 10);
	int len = snprintf(expected, sizeof(expected), "[1 first] %.*s\n[1 first] xxxxxxxxx\n",
			   TAGGER_LINE_MAX, line);
	static char got[sizeof(expected)];
	assert_int_equal(read(remote[OUT], got, sizeof(got) - 1), len);
	assert_string_equal(got, expected);
}

static void more_processes_than_there_is_room_for_lose_nothing(void **state)
{
	static char got[1 << 16];

	(void)state;
	restart(true);
	for (uint32_t pid = 100; pid < 100 + TAGGER_PARTIALS_MAX + 20; pid++)
		assert_int_equal(write_text(OUT, pid, "part"), 4);
	vconsole_fini(&console, true);
	assert_true(read(remote[OUT], got, sizeof(got) - 1) > 0);
	unsigned int nr_lines = 0;
	for (const char *c = got; (c = strstr(c, " second] part\n")); c++)
		nr_lines++;
	assert_int_equal(nr_lines, TAGGER_PARTIALS_MAX + 20);
	start(false);
}

static void a_very_large_tagged_write_is_taken_in_part(void **state)
{
	const uint32_t len = 4 << 20;

	(void)state;
	use_pair(OUT, open("/dev/null", O_WRONLY), -1);
	restart(true);
	memset(guestmem_at(&mem, gpa_of(BUFFER), len), '\n', len);
	int64_t result = submit(REQUEST, LDE_CONSOLE_WRITE, OUT, BUFFER, len);
	assert_true(result > 0 && result < len);
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
		TEST(each_line_has_its_process_in_front),
		TEST(unfinished_lines_do_not_mix),
		TEST(tagged_output_waits_for_a_slow_reader),
		TEST(a_long_line_is_broken),
		TEST(more_processes_than_there_is_room_for_lose_nothing),
		TEST(a_very_large_tagged_write_is_taken_in_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
