/* SPDX-License-Identifier: MIT */
/*
 * futex(2) between processes that share memory. That one waits is known by asking how
 * many do, so nothing here depends on who is quicker.
 */
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "scratch.h"

/* As <linux/futex.h>, which musl comes without. */
enum {
	FUTEX_WAIT = 0,
	FUTEX_WAKE = 1,
	FUTEX_REQUEUE = 3,
	FUTEX_CMP_REQUEUE = 4,
	FUTEX_WAKE_OP = 5,
	FUTEX_WAIT_BITSET = 9,
	FUTEX_WAKE_BITSET = 10,
	FUTEX_PRIVATE_FLAG = 128,
	FUTEX_CLOCK_REALTIME = 256,
};

#define PAGE    4096
#define ANY     0xffffffffu
#define NOWHERE ((uint32_t *)8)
#define KERNEL  ((uint32_t *)0xffff888000100000)

enum { WORD = 0, OTHER = 64 }; /* of shared memory */

static uint32_t *shared; /* two pages */

/* What the children tell. */
static struct {
	volatile int nr_woken, woken[8], nr_handled;
} *told;

static long futex(const void *word, int op, uint32_t value, const void *time_or_value,
		  const void *word2, uint32_t value3)
{
	return raw6(SYS_futex, (long)word, op, value, (long)time_or_value, (long)word2, value3);
}

static void say(const char *what, long ret)
{
	if (ret < 0)
		printf("%s: %s\n", what, abi_errno_name(-ret));
	else
		printf("%s: %ld\n", what, ret);
}

#define TRY(...) say(#__VA_ARGS__, futex(__VA_ARGS__))

static long nr_waiting(const uint32_t *word)
{
	return futex(word, FUTEX_REQUEUE, 0, (void *)INT_MAX, word, 0);
}

static void until_waiting(const uint32_t *word, long nr)
{
	while (nr_waiting(word) != nr)
		sched_yield();
}

static void errors(void)
{
	static const struct timespec zero, bad = { 0, 1000000000 }, negative = { -1, 0 },
				     before = { 0, -1 }, past = { 1, 0 };
	uint32_t *none = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t *fixed = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *crooked = (char *)shared + 2;

	shared[WORD] = 5;
	TRY(crooked, FUTEX_WAIT, 5, &zero, 0, 0);
	TRY(crooked, FUTEX_WAKE, 1, 0, 0, 0);
	TRY(crooked, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0, 0);
	TRY(shared, FUTEX_REQUEUE, 1, 0, crooked, 0);
	TRY(NOWHERE, FUTEX_WAIT, 0, &zero, 0, 0);
	TRY(NOWHERE, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, &zero, 0, 0);
	TRY(NOWHERE, FUTEX_WAKE, 1, 0, 0, 0);
	TRY(NOWHERE, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0, 0);
	TRY(KERNEL, FUTEX_WAIT, 0, &zero, 0, 0);
	TRY(KERNEL, FUTEX_WAKE, 1, 0, 0, 0);
	TRY(KERNEL, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0, 0);
	TRY(none, FUTEX_WAIT, 0, &zero, 0, 0);
	TRY(none, FUTEX_WAKE, 1, 0, 0, 0);
	TRY(none, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0, 0);
	TRY(fixed, FUTEX_WAIT, 0, &zero, 0, 0);
	TRY(fixed, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, &zero, 0, 0);
	TRY(shared, FUTEX_REQUEUE, 1, 0, NOWHERE, 0);
	TRY(shared, FUTEX_WAIT, 4, 0, 0, 0);
	TRY(shared, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 4, 0, 0, 0);
	TRY(shared, FUTEX_WAIT, 5, &bad, 0, 0);
	TRY(shared, FUTEX_WAIT, 4, &bad, 0, 0);
	TRY(shared, FUTEX_WAIT, 5, &negative, 0, 0);
	TRY(shared, FUTEX_WAIT, 5, &before, 0, 0);
	TRY(shared, FUTEX_WAIT, 5, NOWHERE, 0, 0);
	TRY(crooked, FUTEX_WAIT, 5, NOWHERE, 0, 0);
	TRY(shared, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 5, &zero, 0, 0);
	TRY(shared, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, 0, 0, 0);
	TRY(shared, FUTEX_WAIT_BITSET, 5, &zero, 0, 0);
	TRY(shared, FUTEX_WAIT_BITSET, 5, &negative, 0, ANY);
	TRY(shared, FUTEX_WAIT_BITSET, 5, &past, 0, ANY);
	TRY(shared, FUTEX_WAIT_BITSET, 4, &past, 0, ANY);
	TRY(shared, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 5, &past, 0, ANY);
	TRY(shared, FUTEX_WAKE_BITSET, 1, 0, 0, 0);
	TRY(shared, FUTEX_REQUEUE, -1, 0, shared + OTHER, 0);
	TRY(shared, FUTEX_REQUEUE, 1, (void *)-1, shared + OTHER, 0);
	TRY(shared, FUTEX_CMP_REQUEUE, 1, (void *)1, shared + OTHER, 4);
	TRY(shared, FUTEX_CMP_REQUEUE, 1, (void *)1, shared + OTHER, 5);
	TRY(shared, 99, 0, 0, 0, 0);
	munmap(none, PAGE);
	munmap(fixed, PAGE);
}

static int64_t now_ns(int clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void timed(const char *what, int op, int clock, int is_absolute)
{
	int64_t start = now_ns(clock), end = start + 30000000, at = is_absolute ? end : end - start;
	struct timespec t = { at / 1000000000, at % 1000000000 };

	say(what, futex(shared, op, shared[WORD], &t, 0, ANY));
	check("not too early", now_ns(clock) >= end);
}

static void timeouts(void)
{
	static const struct timespec zero;

	TRY(shared, FUTEX_WAIT, shared[WORD], &zero, 0, 0);
	timed("for some time", FUTEX_WAIT, CLOCK_MONOTONIC, 0);
	timed("for some time, private", FUTEX_WAIT | FUTEX_PRIVATE_FLAG, CLOCK_MONOTONIC, 0);
	timed("until then", FUTEX_WAIT_BITSET, CLOCK_MONOTONIC, 1);
	timed("until then, by the date", FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, CLOCK_REALTIME, 1);
	say("none of them waits", nr_waiting(shared));
}

static pid_t start(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		alarm(60); /* rather ended than for ever there */
	return pid;
}

/* A child that waits at word, writes its number down when woken, and exits with what
 * it was told. */
static pid_t waiter(uint32_t *word, int op, uint32_t bitset, int number)
{
	pid_t pid = start();
	long ret;

	if (pid)
		return pid;
	ret = futex(word, op, *word, NULL, NULL, bitset);
	told->woken[told->nr_woken++] = number;
	_exit(-ret);
}

static int status_of(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void reap(int nr)
{
	while (nr--)
		check("woken with 0", status_of(-1) == 0);
}

static void counts(void)
{
	for (int i = 0; i < 6; i++) {
		waiter(shared, FUTEX_WAIT, ANY, i);
		until_waiting(shared, i + 1);
	}
	TRY(shared + OTHER, FUTEX_WAKE, INT_MAX, 0, 0, 0);
	TRY(shared, FUTEX_WAKE, 1, 0, 0, 0);
	reap(1);
	TRY(shared, FUTEX_WAKE, 0, 0, 0, 0);
	reap(1);
	TRY(shared, FUTEX_WAKE, -1, 0, 0, 0);
	reap(1);
	for (int i = 0; i < told->nr_woken; i++)
		printf("woken: %d\n", told->woken[i]);
	TRY(shared, FUTEX_WAKE, 2, 0, 0, 0);
	reap(2);
	say("still waiting", nr_waiting(shared));
	TRY(shared, FUTEX_WAKE, INT_MAX, 0, 0, 0);
	reap(1);
	TRY(shared, FUTEX_WAKE, INT_MAX, 0, 0, 0);
}

static void bitsets(void)
{
	told->nr_woken = 0;
	for (int i = 0; i < 4; i++) {
		waiter(shared, FUTEX_WAIT_BITSET, i < 3 ? 1u << i : 3, i);
		until_waiting(shared, i + 1);
	}
	TRY(shared, FUTEX_WAKE_BITSET, INT_MAX, 0, 0, 0x80000000);
	TRY(shared, FUTEX_WAKE_BITSET, INT_MAX, 0, 0, 4);
	reap(1);
	TRY(shared, FUTEX_WAKE_BITSET, 1, 0, 0, 2);
	reap(1);
	TRY(shared, FUTEX_WAKE_BITSET, INT_MAX, 0, 0, 6);
	reap(1);
	TRY(shared, FUTEX_WAKE, INT_MAX, 0, 0, 0);
	reap(1);
	for (int i = 0; i < told->nr_woken; i++)
		printf("woken: %d\n", told->woken[i]);
}

static void requeueing(void)
{
	shared[WORD] = 5;
	for (int i = 0; i < 5; i++) {
		waiter(shared, FUTEX_WAIT, ANY, i);
		until_waiting(shared, i + 1);
	}
	TRY(shared, FUTEX_CMP_REQUEUE, 1, (void *)2, shared + OTHER, 6);
	TRY(shared, FUTEX_CMP_REQUEUE, 1, (void *)2, shared + OTHER, 5);
	reap(1);
	say("at the first", nr_waiting(shared));
	say("at the other", nr_waiting(shared + OTHER));
	TRY(shared, FUTEX_REQUEUE, 0, (void *)1, shared + PAGE / 4, 0);
	TRY(shared + PAGE / 4, FUTEX_WAKE, INT_MAX, 0, 0, 0);
	reap(1);
	TRY(shared + OTHER, FUTEX_WAKE, INT_MAX, 0, 0, 0);
	reap(2);
	TRY(shared, FUTEX_REQUEUE, INT_MAX, 0, shared, 0);
	reap(1);
}

static uint32_t code(unsigned op, unsigned operand, unsigned compare, unsigned with)
{
	return op << 28 | compare << 24 | (operand & 0xfff) << 12 | (with & 0xfff);
}

/* FUTEX_WAKE_OP changes the other word and says what it was by whom it wakes. */
static void changes(void)
{
	static const uint32_t numbers[] = { 0, 5, 7, 0x800, 0xfff, 0x7ff };
	uint32_t *fixed = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint32_t *other = shared + OTHER;
	int nr_wrong = 0;

	for (unsigned op = 0; op < 16; op++)
		for (unsigned i = 0; i < 6; i++) {
			*other = 0xf0f0f00f;
			long ret = futex(shared, FUTEX_WAKE_OP, 1, 0, other,
					 code(op, op & 8 ? numbers[i] & 31 : numbers[i], 0, 0));

			printf("op %u with %x: %x", op, numbers[i], *other);
			say("", ret);
		}
	for (unsigned compare = 0; compare < 16; compare++) {
		*other = 3;
		say("compare", futex(shared, FUTEX_WAKE_OP, 1, 0, other, code(0, 4, compare, 3)));
		nr_wrong += *other != 4;
	}
	check("it was changed in each", !nr_wrong);
	TRY(shared, FUTEX_WAKE_OP, 1, 0, (char *)other + 2, 0);
	TRY(shared, FUTEX_WAKE_OP, 1, 0, NOWHERE, 0);
	TRY(shared, FUTEX_WAKE_OP, 1, 0, KERNEL, 0);
	TRY(shared, FUTEX_WAKE_OP, 1, 0, fixed, 0);
	TRY(NOWHERE, FUTEX_WAKE_OP, 1, 0, other, 0);
	TRY((char *)shared + 2, FUTEX_WAKE_OP, 1, 0, other, 0);
	TRY(shared, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, 0, fixed, 0);
	TRY(shared, FUTEX_WAKE_OP | FUTEX_CLOCK_REALTIME, 1, 0, other, 0);
	munmap(fixed, PAGE);
}

/* Two wait for each word. */
static void changed_and_woken(const char *what, int max, long max_other, uint32_t how, int nr,
			      int nr_other)
{
	shared[WORD] = 1;
	shared[OTHER] = 10;
	for (int i = 0; i < 2; i++) {
		waiter(shared, FUTEX_WAIT, ANY, i);
		waiter(shared + OTHER, FUTEX_WAIT, ANY, i);
	}
	until_waiting(shared, 2);
	until_waiting(shared + OTHER, 2);
	say(what, futex(shared, FUTEX_WAKE_OP, max, (void *)max_other, shared + OTHER, how));
	printf("%u\n", shared[OTHER]);
	reap(nr + nr_other);
	say("still at the first", futex(shared, FUTEX_WAKE, INT_MAX, 0, 0, 0));
	say("and at the other", futex(shared + OTHER, FUTEX_WAKE, INT_MAX, 0, 0, 0));
	reap(4 - nr - nr_other);
}

static void changing(void)
{
	changes();
	changed_and_woken("both", INT_MAX, INT_MAX, code(1, 5, 0, 10), 2, 2);
	changed_and_woken("one each", 1, 1, code(1, -3, 4, 9), 1, 1);
	changed_and_woken("the first only", 1, 1, code(0, 0, 4, 10), 1, 0);
	changed_and_woken("0 is one", 0, 0, code(0, 7, 5, -1), 1, 1);
	changed_and_woken("a bit", 1, 2, code(8 + 2, 4, 1, 0), 1, 2);
	changed_and_woken("no such comparison", 1, 1, code(0, 1, 6, 0), 0, 0);
}

/* What is the same word, and what only has the same address or the same page. */
static void words(void)
{
	static uint32_t own;
	int fd = open("file", O_RDWR | O_CREAT, 0600);
	uint32_t *here, *there;
	pid_t pid;

	ftruncate(fd, 3 * PAGE);
	here = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	there = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	pid = waiter(there, FUTEX_WAIT, ANY, 0);
	until_waiting(here + PAGE / 4, 1);
	say("another page of it", futex(here, FUTEX_WAKE, 1, 0, 0, 0));
	say("its neighbour", futex(here + PAGE / 4 + 1, FUTEX_WAKE, 1, 0, 0, 0));
	say("private", futex(there, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0, 0));
	say("the same word elsewhere", futex(here + PAGE / 4, FUTEX_WAKE, 1, 0, 0, 0));
	check("woken with 0", status_of(pid) == 0);

	ftruncate(fd, PAGE);
	say("behind the end", futex(there, FUTEX_WAKE, 1, 0, 0, 0));

	/* Memory that is the child's own: it says when it is about to wait. */
	told->nr_handled = 0;
	pid = start();
	if (!pid) {
		static const struct timespec soon = { 0, 100000000 };

		told->nr_handled = 1;
		_exit(-futex(&own, FUTEX_WAIT, 0, &soon, 0, 0));
	}
	while (!told->nr_handled)
		sched_yield();
	say("the same address in another process", futex(&own, FUTEX_WAKE, 1, 0, 0, 0));
	check("so it is not woken", status_of(pid) == ETIMEDOUT);
	munmap(here, 3 * PAGE);
	munmap(there, PAGE);
	close(fd);
	unlink("file");
}

static void handle(int sig)
{
	(void)sig;
	told->nr_handled++;
}

/* Exits with what it was told, to be sent SIGUSR1 meanwhile. */
static pid_t interrupted(int flags, const struct timespec *timeout)
{
	struct sigaction action = { .sa_handler = handle, .sa_flags = flags };
	pid_t pid;

	told->nr_handled = 0;
	shared[WORD] = 5;
	pid = start();
	if (!pid) {
		sigaction(SIGUSR1, &action, NULL);
		_exit(-futex(shared, FUTEX_WAIT, 5, timeout, 0, 0));
	}
	until_waiting(shared, 1);
	return pid;
}

static void until_handled(void)
{
	while (!told->nr_handled)
		sched_yield();
}

static void signals(void)
{
	static const struct timespec long_time = { 1000, 0 };
	pid_t pid = interrupted(0, NULL);

	kill(pid, SIGUSR1);
	check("a signal ends the wait", status_of(pid) == EINTR);
	say("and nothing is left", nr_waiting(shared));

	pid = interrupted(SA_RESTART, NULL);
	kill(pid, SIGUSR1);
	until_handled();
	until_waiting(shared, 1);
	TRY(shared, FUTEX_WAKE, 1, 0, 0, 0);
	check("begun again and woken", status_of(pid) == 0 && told->nr_handled == 1);

	pid = interrupted(SA_RESTART, NULL);
	shared[WORD] = 6;
	kill(pid, SIGUSR1);
	check("begun again and compared", status_of(pid) == EAGAIN && told->nr_handled == 1);

	pid = interrupted(SA_RESTART, &long_time);
	kill(pid, SIGUSR1);
	check("not with a timeout", status_of(pid) == EINTR && told->nr_handled == 1);
}

static void until_stopped(pid_t pid)
{
	int status;

	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	check("stopped", WIFSTOPPED(status));
}

static void stops(void)
{
	pid_t pid = interrupted(0, NULL);

	until_stopped(pid);
	TRY(shared, FUTEX_WAKE, 1, 0, 0, 0);
	kill(pid, SIGCONT);
	until_waiting(shared, 1);
	TRY(shared, FUTEX_WAKE, 1, 0, 0, 0);
	check("continued, then woken", status_of(pid) == 0);

	pid = interrupted(0, NULL);
	until_stopped(pid);
	shared[WORD] = 6;
	kill(pid, SIGCONT);
	check("compared when continued", status_of(pid) == EAGAIN);
}

static void kills(void)
{
	pid_t pids[3];

	shared[WORD] = 5;
	for (int i = 0; i < 3; i++) {
		pids[i] = waiter(shared, FUTEX_WAIT, ANY, i);
		until_waiting(shared, i + 1);
	}
	kill(pids[1], SIGKILL);
	check("killed", status_of(pids[1]) == -SIGKILL);
	say("left", nr_waiting(shared));
	until_stopped(pids[0]);
	kill(pids[0], SIGKILL);
	check("stopped and killed", status_of(pids[0]) == -SIGKILL);
	say("left", nr_waiting(shared));
	TRY(shared, FUTEX_WAKE, INT_MAX, 0, 0, 0);
	check("woken with 0", status_of(pids[2]) == 0);
}

int main(void)
{
	scratch_begin();
	shared = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	told = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	errors();
	timeouts();
	counts();
	bitsets();
	requeueing();
	changing();
	words();
	signals();
	stops();
	kills();
	return scratch_end();
}
