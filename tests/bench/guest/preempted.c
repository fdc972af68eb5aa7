/* SPDX-License-Identifier: MIT */
/*
 * How long the CPU is away from programs when it is taken from one and given to
 * another: from the last time stamp of the one to the first of the other.
 *
 * usage: preempted PROCESSES SECONDS
 *   N min p25 median p75, in microseconds
 *
 * The processes only read the time stamp counter and note where it has jumped.
 * Their notes are in memory that they share.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GAPS_MAX   65536
#define GAP_MIN_US 2 /* less is no interrupt */

struct gap {
	uint64_t start, end; /* last stamp before it, first one after it */
};

static struct notes {
	uint64_t begin; /* 0: not yet */
	uint32_t nr;
	struct gap gaps[GAPS_MAX];
} *notes;

static uint64_t read_tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

static uint64_t ticks_per_us(void)
{
	const struct timespec wait = { .tv_nsec = 50000000 };
	struct timespec from, to;
	uint64_t start, ticks;

	clock_gettime(CLOCK_MONOTONIC, &from);
	start = read_tsc();
	nanosleep(&wait, NULL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ticks = read_tsc() - start;
	return ticks / ((to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000);
}

static void watch(uint64_t ticks, uint64_t gap_min)
{
	volatile struct gap *gaps = notes->gaps;
	uint64_t last, now, end;

	/* A page of the notes that is first touched at a switch would count. */
	for (uint32_t i = 0; i < GAPS_MAX; i += 4096 / sizeof(*gaps))
		gaps[i].end = 0;
	while (!__atomic_load_n(&notes->begin, __ATOMIC_ACQUIRE))
		sched_yield();
	last = read_tsc();
	for (end = notes->begin + ticks; (now = read_tsc()) < end; last = now) {
		if (now - last > gap_min) {
			uint32_t i = __atomic_fetch_add(&notes->nr, 1, __ATOMIC_RELAXED);

			if (i >= GAPS_MAX)
				break;
			gaps[i].start = last;
			gaps[i].end = now;
			now = read_tsc();
		}
	}
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int by_end(const void *a, const void *b)
{
	return by_number(&((const struct gap *)a)->end, &((const struct gap *)b)->end);
}

/* The gap in which s lies ends first of all after it: the first end after s. */
static const struct gap *first_end_after(uint64_t s, uint32_t nr)
{
	uint32_t low = 0, high = nr;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (notes->gaps[middle].end > s)
			high = middle;
		else
			low = middle + 1;
	}
	return low < nr ? &notes->gaps[low] : NULL;
}

static uint32_t find_switches(uint64_t *took, uint32_t nr)
{
	uint32_t nr_switches = 0;

	qsort(notes->gaps, nr, sizeof(notes->gaps[0]), by_end);
	for (uint32_t i = 0; i < nr; i++) {
		uint64_t start = notes->gaps[i].start;
		const struct gap *next = first_end_after(start, nr);

		/* Who got the CPU back at once was only interrupted. */
		if (next && next->start != start)
			took[nr_switches++] = next->end - start;
	}
	qsort(took, nr_switches, sizeof(took[0]), by_number);
	return nr_switches;
}

int main(int argc, char **argv)
{
	static uint64_t took[GAPS_MAX];
	int nr_processes = argc == 3 ? atoi(argv[1]) : 0, seconds = argc == 3 ? atoi(argv[2]) : 0;
	uint64_t per_us = ticks_per_us();
	uint32_t nr;

	if (nr_processes < 2 || seconds < 1) {
		fprintf(stderr, "usage: preempted PROCESSES SECONDS\n");
		return 2;
	}
	notes = mmap(NULL, sizeof(*notes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (notes == MAP_FAILED)
		return 1;
	for (int i = 0; i < nr_processes; i++) {
		pid_t pid = fork();

		if (!pid) {
			watch(seconds * per_us * 1000000, GAP_MIN_US * per_us);
			_exit(0);
		}
		if (pid < 0)
			return 1;
	}
	__atomic_store_n(&notes->begin, read_tsc(), __ATOMIC_RELEASE);
	while (wait(NULL) > 0)
		;
	nr = notes->nr < GAPS_MAX ? notes->nr : GAPS_MAX;
	nr = find_switches(took, nr);
	if (!nr)
		return 1;
	printf("%u %.1f %.1f %.1f %.1f\n", nr, (double)took[0] / per_us,
	       (double)took[nr / 4] / per_us, (double)took[nr / 2] / per_us,
	       (double)took[nr / 4 * 3] / per_us);
	return 0;
}
