/* SPDX-License-Identifier: MIT */
/*
 * usage: long_call getrandom|read|sendfile|copy
 *
 * Asks for two gigabytes, and for an alarm long before they can be there: the
 * call ends then, with what is done so far.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/time.h>

#include "guest.h"

#define BYTES   0x7ffff000ul
#define MEMORY  (16ul << 20)
#define FOREVER 1000000

static volatile sig_atomic_t has_rung;

static void ring(int sig)
{
	(void)sig;
	has_rung = 1;
}

/* A file that is a hole, and larger than memory. */
static int open_hole(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT, 0644);

	EXPECT(2, fd >= 0 && !ftruncate(fd, BYTES));
	return fd;
}

/* Again and again into the same memory, which would go on for ever. */
static ssize_t read_again(void *memory, ssize_t (*get)(void *memory))
{
	ssize_t n = MEMORY;

	for (int i = 0; i < FOREVER && n == (ssize_t)MEMORY; i++)
		n = has_rung ? 0 : get(memory);
	return n;
}

static ssize_t get_by_getrandom(void *memory)
{
	return getrandom(memory, MEMORY, 0);
}

static ssize_t get_by_read(void *memory)
{
	static int fd = -1;

	if (fd < 0)
		fd = open("/dev/urandom", O_RDONLY);
	return read(fd, memory, MEMORY);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int null = open("/dev/null", O_WRONLY), zero = open("/dev/zero", O_RDONLY);
	void *memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sigaction sa = { .sa_handler = ring };
	/* Again, should this one wait for the CPU between the first and its call. */
	struct itimerval soon = { { 0, 100000 }, { 0, 100000 } };
	ssize_t n = -1;

	EXPECT(2, null >= 0 && zero >= 0 && memory != MAP_FAILED);
	EXPECT(2, !sigaction(SIGALRM, &sa, NULL) && !setitimer(ITIMER_REAL, &soon, NULL));
	if (!strcmp(what, "getrandom"))
		n = read_again(memory, get_by_getrandom);
	else if (!strcmp(what, "read"))
		n = read_again(memory, get_by_read);
	else if (!strcmp(what, "sendfile"))
		n = sendfile(null, zero, NULL, BYTES);
	else if (!strcmp(what, "copy"))
		n = copy_file_range(open_hole("/from"), NULL, open_hole("/to"), NULL, BYTES, 0);
	EXPECT(3, has_rung);
	EXPECT(4, n >= 0 || errno == ENOMEM || errno == ENOSPC);
	EXPECT(5, n < (ssize_t)BYTES);
	puts("ended by the alarm");
	return GUEST_RIGHT;
}
