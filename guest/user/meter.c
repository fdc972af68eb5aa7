/* SPDX-License-Identifier: MIT */
/*
 * meter OP SAMPLES: measures one operation with the time-stamp counter, and
 * prints for each sample how many ticks a batch of it took, a line each:
 *
 *   clock N     ticks that reading the counter twice takes
 *   step N      what all differences of readings are multiples of: its precision
 *   batch N     operations in a sample
 *   N           a sample
 *
 * Used by lde measure, in the guest and natively. An empty line is a byte that
 * an operation has written.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define SAMPLES_MAX  100000
#define NR_CLOCK     101
/* So far apart that a kernel that maps neighbours too does not get there. */
#define FAULT_STRIDE (1l << 18)
#define TIMER_US     1000

static uint64_t samples[SAMPLES_MAX];

static inline uint64_t ticks_now(void)
{
	return __builtin_ia32_rdtsc();
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- operations ----------------------------------------------------------- */

static void null_call(long i)
{
	(void)i;
	syscall(SYS_getppid);
}

static void yield(long i)
{
	(void)i;
	sched_yield();
}

static void cpuid(long i)
{
	unsigned a, b, c, d;

	(void)i;
	__cpuid(0, a, b, c, d);
}

static void write_byte(long i)
{
	(void)i;
	if (write(1, "\n", 1) != 1)
		fail("write");
}

static volatile char *pages;

static void map_pages(long nr)
{
	pages = mmap(NULL, (size_t)(nr * FAULT_STRIDE), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pages == MAP_FAILED)
		fail("mmap");
}

static void touch(long i)
{
	pages[i * FAULT_STRIDE] = 1;
}

static void step_over(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2; /* ud2 */
}

static void catch_signals(long nr)
{
	struct sigaction action = { .sa_sigaction = step_over, .sa_flags = SA_SIGINFO };

	(void)nr;
	if (sigaction(SIGILL, &action, NULL))
		fail("sigaction");
}

static void illegal(long i)
{
	(void)i;
	__asm__ volatile("ud2");
}

/* ---- operations with another process ---------------------------------------- */

static volatile int *stop; /* shared with it */
static pid_t other;
static int to_other[2], from_other[2];

/* How the other one is made: by fork, or to be in the same address space. The
 * kernel of lde does not know CLONE_VM without CLONE_VFORK, but without private
 * memory all are in one space there. */
static enum {
	OTHER_FORKED,
	OTHER_BESIDE,   /* a stack of its own, and no flag */
	OTHER_CLONE_VM, /* the same, with the flag */
} other_kind;

static int run_other(void *body)
{
	((void (*)(void))body)();
	_exit(0);
}

static pid_t make_other(void (*body)(void))
{
	static char stack[1 << 16] __attribute__((aligned(16)));
	int flags = SIGCHLD | (other_kind == OTHER_CLONE_VM ? CLONE_VM : 0);
	pid_t pid;

	if (other_kind != OTHER_FORKED)
		return clone(run_other, stack + sizeof(stack), flags, (void *)body);
	pid = fork();
	if (!pid)
		run_other((void *)body);
	return pid;
}

static void start_other(void (*body)(void))
{
	stop = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (stop == MAP_FAILED)
		fail("mmap");
	other = make_other(body);
	if (other < 0)
		fail("cannot make another process");
}

static void yield_until_stopped(void)
{
	while (!*stop)
		sched_yield();
}

static void start_yielding(long nr)
{
	(void)nr;
	start_other(yield_until_stopped);
	sched_yield();
}

static void echo(void)
{
	char c;

	close(to_other[1]);
	while (read(to_other[0], &c, 1) == 1 && write(from_other[1], &c, 1) == 1)
		;
}

static void start_echo(long nr)
{
	(void)nr;
	if (pipe(to_other) || pipe(from_other))
		fail("pipe");
	start_other(echo);
}

static void send_and_receive(long i)
{
	char c = 0;

	(void)i;
	if (write(to_other[1], &c, 1) != 1 || read(from_other[0], &c, 1) != 1)
		fail("pipe");
}

static void stop_other(void)
{
	if (!other)
		return;
	*stop = 1;
	close(to_other[1]);
	waitpid(other, NULL, 0);
}

/* ---- the timer --------------------------------------------------------------- */

static uint64_t ticks_a_us;

/* Of the counter, by the clock: a few milliseconds are exact enough. */
static void calibrate(long nr)
{
	struct timespec start, now;
	uint64_t first = ticks_now(), us;

	(void)nr;
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
		us = (uint64_t)(now.tv_sec - start.tv_sec) * 1000000 +
		     (uint64_t)(now.tv_nsec - start.tv_nsec) / 1000;
	} while (us < 5 * TIMER_US);
	ticks_a_us = (ticks_now() - first) / us;
}

/* An alarm that nobody heeds is set for a while ahead: the longest time that the
 * program was away until twice as long later is its interrupt. */
static uint64_t longest_gap(void)
{
	struct itimerval once = { .it_value.tv_usec = TIMER_US };
	uint64_t start, last, longest = 0;

	if (setitimer(ITIMER_REAL, &once, NULL))
		fail("setitimer");
	start = last = ticks_now();
	while (last - start < 2 * TIMER_US * ticks_a_us) {
		uint64_t now = ticks_now();

		if (now - last > longest)
			longest = now - last;
		last = now;
	}
	return longest;
}

/* ---- all ------------------------------------------------------------------------ */

/* What two do in turns: the other one forked, or one of those that share memory. */
#define WITH_EACH_OTHER(name, prepare, run)                                                        \
	{ name, prepare, run, 10, 2, OTHER_FORKED },                                               \
	{ name "-beside", prepare, run, 10, 2, OTHER_BESIDE },                                     \
	{ name "-clone-vm", prepare, run, 10, 2, OTHER_CLONE_VM }

static const struct op {
	const char *name;
	void (*prepare)(long nr); /* for nr operations in all; may be NULL */
	void (*run)(long i);      /* NULL: the timer */
	int batch;
	int units; /* of what is named in a run: a round trip is two messages */
	int other_kind;
} ops[] = {
	{ "syscall", NULL, null_call, 20, 1, OTHER_FORKED },
	{ "yield", NULL, yield, 20, 1, OTHER_FORKED },
	WITH_EACH_OTHER("switch", start_yielding, yield),
	WITH_EACH_OTHER("pipe", start_echo, send_and_receive),
	{ "fault", map_pages, touch, 1, 1, OTHER_FORKED },
	{ "signal", catch_signals, illegal, 5, 1, OTHER_FORKED },
	{ "timer", calibrate, NULL, 1, 1, OTHER_FORKED },
	{ "cpuid", NULL, cpuid, 20, 1, OTHER_FORKED },
	{ "write", NULL, write_byte, 5, 1, OTHER_FORKED },
};

static const struct op *find_op(const char *name)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (!strcmp(ops[i].name, name))
			return &ops[i];
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t clock_cost(void)
{
	static uint64_t costs[NR_CLOCK];

	for (int i = 0; i < NR_CLOCK; i++) {
		uint64_t start = ticks_now();

		costs[i] = ticks_now() - start;
	}
	qsort(costs, NR_CLOCK, sizeof(costs[0]), by_value);
	return costs[NR_CLOCK / 2];
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static uint64_t clock_step(void)
{
	uint64_t step = 0, last = ticks_now();

	for (int i = 0; i < 100 * NR_CLOCK; i++) {
		uint64_t now = ticks_now();

		step = common_divisor(step, now - last);
		last = now;
	}
	return step;
}

static void take_samples(const struct op *op, long nr)
{
	long done = 0;

	for (long s = 0; s < nr; s++) {
		uint64_t start = ticks_now();

		for (int i = 0; i < op->batch; i++)
			op->run(done++);
		samples[s] = ticks_now() - start;
	}
}

int main(int argc, char **argv)
{
	const struct op *op = argc == 3 ? find_op(argv[1]) : NULL;
	long nr = argc == 3 ? atol(argv[2]) : 0;

	if (!op || nr < 1 || nr > SAMPLES_MAX) {
		fprintf(stderr, "usage: meter OP SAMPLES\n");
		return 2;
	}
	signal(SIGALRM, SIG_IGN);
	printf("clock %llu\nstep %llu\nbatch %d\n", (unsigned long long)clock_cost(),
	       (unsigned long long)clock_step(), op->batch * op->units);
	fflush(stdout);
	memset(samples, 0, sizeof(samples)); /* so that no sample is a first touch */
	other_kind = op->other_kind;
	if (op->prepare)
		op->prepare(nr * op->batch);
	if (op->run)
		take_samples(op, nr);
	else
		for (long s = 0; s < nr; s++)
			samples[s] = longest_gap();
	stop_other();
	for (long s = 0; s < nr; s++)
		printf("%llu\n", (unsigned long long)samples[s]);
	return 0;
}
