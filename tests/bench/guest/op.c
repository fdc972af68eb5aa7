/* SPDX-License-Identifier: MIT */
/*
 * Does one operation N times.
 *
 * usage: op getppid|yield|touch|touch-far|message|fork|exec|write-shared|signal N
 *        op exit                                         (N up to 8192)
 *
 * message: one byte to a child that is blocked, by a pipe, and one back.
 * fork, exec: the child ends at once; the parent waits. write-shared: a child
 * writes to pages that it shares with its parent. signal: to itself, handled.
 *
 * Prints the least and the median number of time-stamp ticks that one took,
 * less those of reading the time-stamp counter. Under icount a tick is an
 * instruction, those of the program included.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#define N_MAX 8192
#define PAGE  4096L
/* So far apart that a kernel that maps neighbours too does not get there. */
#define FAR (64 * PAGE)

static volatile unsigned char *pages;
static uint32_t ticks[N_MAX];

static void op_nothing(long i)
{
	(void)i;
}

static void op_getppid(long i)
{
	(void)i;
	syscall(SYS_getppid);
}

static void op_yield(long i)
{
	(void)i;
	sched_yield();
}

static void map_pages(long bytes)
{
	pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pages == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
}

static void prepare_touch(long n)
{
	map_pages(n * PAGE);
}

static void prepare_touch_far(long n)
{
	map_pages(n * FAR);
}

/* The child goes on; the parent keeps its share of the pages. */
static void prepare_write_shared(long n)
{
	map_pages(n * PAGE);
	memset((void *)pages, 1, n * PAGE);
	if (fork()) {
		wait(NULL);
		_exit(0);
	}
}

static void op_touch(long i)
{
	pages[i * PAGE] = 1;
}

static void op_touch_far(long i)
{
	pages[i * FAR] = 1;
}

static int to_child[2], to_parent[2];

/* Sends back what comes, until the other end is closed. */
static void echo(void)
{
	char byte;

	close(to_child[1]);
	while (read(to_child[0], &byte, 1) == 1)
		if (write(to_parent[1], &byte, 1) != 1)
			break;
	_exit(0);
}

static void prepare_message(long n)
{
	(void)n;
	if (pipe(to_child) || pipe(to_parent)) {
		perror("pipe");
		exit(1);
	}
	if (!fork())
		echo();
}

static void op_message(long i)
{
	char byte = i;

	if (write(to_child[1], &byte, 1) != 1 || read(to_parent[0], &byte, 1) != 1)
		_exit(1);
}

static void op_fork(long i)
{
	pid_t pid = fork();

	(void)i;
	if (!pid)
		_exit(0);
	if (waitpid(pid, NULL, 0) != pid)
		_exit(1);
}

static void op_exec(long i)
{
	pid_t pid = fork();

	(void)i;
	if (!pid) {
		execl("/proc/self/exe", "op", "exit", NULL);
		_exit(127);
	}
	if (waitpid(pid, NULL, 0) != pid)
		_exit(1);
}

static volatile sig_atomic_t nr_handled;
static pid_t self;

static void handle(int sig)
{
	(void)sig;
	nr_handled++;
}

static void prepare_signal(long n)
{
	(void)n;
	self = getpid();
	signal(SIGUSR1, handle);
}

static void op_signal(long i)
{
	(void)i;
	syscall(SYS_kill, self, SIGUSR1);
}

static const struct operation {
	const char *name;
	void (*run)(long i);
	void (*prepare)(long n);
} operations[] = {
	{ "getppid", op_getppid, NULL },
	{ "yield", op_yield, NULL },
	{ "touch", op_touch, prepare_touch },
	{ "touch-far", op_touch_far, prepare_touch_far },
	{ "message", op_message, prepare_message },
	{ "fork", op_fork, NULL },
	{ "exec", op_exec, NULL },
	{ "write-shared", op_touch, prepare_write_shared },
	{ "signal", op_signal, prepare_signal },
};

static const struct operation *find_operation(const char *name)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (!strcmp(operations[i].name, name))
			return &operations[i];
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Ticks of each of n operations, in order. */
static void measure(void (*run)(long), long n)
{
	for (long i = 0; i < n; i++) {
		uint64_t start = __rdtsc();

		run(i);
		ticks[i] = __rdtsc() - start;
	}
	qsort(ticks, n, sizeof(*ticks), by_value);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	long n = argc > 2 ? atol(argv[2]) : 0;
	const struct operation *op = find_operation(name);
	uint32_t nothing;

	if (!strcmp(name, "exit"))
		return 0;
	if (!op || n < 1 || n > N_MAX) {
		fprintf(stderr, "usage: op OPERATION N, or op exit; operations:");
		for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
			fprintf(stderr, " %s", operations[i].name);
		fprintf(stderr, "\n");
		return 2;
	}
	/* All of it, so that runs of different N touch the same memory. */
	memset(ticks, 0, sizeof(ticks));
	if (op->prepare)
		op->prepare(n);
	measure(op_nothing, n);
	nothing = ticks[n / 2];
	measure(op->run, n);
	printf("%s: %ld times, least %u, median %u ticks\n", name, n, ticks[0] - nothing,
	       ticks[n / 2] - nothing);
	return 0;
}
