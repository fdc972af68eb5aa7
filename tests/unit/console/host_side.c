/* SPDX-License-Identifier: MIT */
#include "tests/unit/console/host_side.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

struct guestmem mem;
int host[3];
int remote[3];
int interrupts;

int host_open(uint64_t memory_bytes, int event_flags)
{
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	interrupts = eventfd(0, event_flags);
	for (int i = 0; i < 3; i++) {
		if (pipe(fds))
			return -1;
		host[i] = fds[i > 0];
		remote[i] = fds[i == 0];
	}
	return interrupts < 0 || guestmem_init(&mem, memory_bytes) ? -1 : 0;
}

void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void host_close(void)
{
	for (int i = 0; i < 3; i++) {
		close_end(&host[i]);
		close_end(&remote[i]);
	}
	close(interrupts);
	guestmem_fini(&mem);
}

void on_interrupt(void *ctx)
{
	uint64_t one = 1;

	(void)ctx;
	assert_int_equal(write(interrupts, &one, sizeof(one)), sizeof(one));
}

bool has_interrupt_within(int ms)
{
	struct pollfd pollfd = {.fd = interrupts, .events = POLLIN};

	return poll(&pollfd, 1, ms) == 1;
}

void expect_output(int stream, const char *text)
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

bool is_readable(int fd)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};

	return poll(&pollfd, 1, 0) == 1;
}

size_t fill_pipe(int fd)
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

void drain_pipe(int fd, size_t filled)
{
	char junk[4096];

	while (filled) {
		ssize_t n = read(fd, junk, filled < sizeof(junk) ? filled : sizeof(junk));

		assert_true(n > 0);
		filled -= (size_t)n;
	}
}
