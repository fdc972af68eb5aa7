/* SPDX-License-Identifier: MIT */
/*
 * Does one operation N times.
 *
 * usage: op getppid|yield|touch|touch-far|exit N         (N up to 8192)
 *
 * Prints the least and the median number of time-stamp ticks that one took,
 * less those of reading the time-stamp counter. Under icount a tick is an
 * instruction, those of the program included.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
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

static void op_touch(long i)
{
	pages[i * PAGE] = 1;
}

static void op_touch_far(long i)
{
	pages[i * FAR] = 1;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Ticks of each of n operations, in order. */
static void measure(void (*op)(long), long n)
{
	for (long i = 0; i < n; i++) {
		uint64_t start = __rdtsc();

		op(i);
		ticks[i] = __rdtsc() - start;
	}
	qsort(ticks, n, sizeof(*ticks), by_value);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	long n = argc > 2 ? atol(argv[2]) : 0;
	void (*op)(long) = NULL;
	uint32_t nothing;

	if (!strcmp(name, "exit"))
		return 0;
	if (!strcmp(name, "getppid"))
		op = op_getppid;
	else if (!strcmp(name, "yield"))
		op = op_yield;
	else if (!strcmp(name, "touch"))
		op = op_touch;
	if (!strcmp(name, "touch-far"))
		op = op_touch_far;
	if (!op || n < 1 || n > N_MAX) {
		fprintf(stderr, "usage: op getppid|yield|touch|touch-far|exit N\n");
		return 2;
	}
	pages = mmap(NULL, n * (op == op_touch_far ? FAR : PAGE), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pages == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	/* All of it, so that runs of different N touch the same memory. */
	memset(ticks, 0, sizeof(ticks));
	measure(op_nothing, n);
	nothing = ticks[n / 2];
	measure(op, n);
	printf("%s: %ld times, least %u, median %u ticks\n", name, n, ticks[0] - nothing,
	       ticks[n / 2] - nothing);
	return 0;
}
