/* SPDX-License-Identifier: MIT */
/*
 * Spins for a number of milliseconds, or sleeps one millisecond at a time.
 *
 * usage: ticks spin|sleep MS
 *
 * Two that spin make the timer preempt them; one that spins beside one that
 * sleeps makes it wake the other up.
 */
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

int main(int argc, char **argv)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	uint64_t end;
	int sleeps;

	if (argc < 3) {
		fprintf(stderr, "usage: ticks spin|sleep MS\n");
		return 2;
	}
	sleeps = !strcmp(argv[1], "sleep");
	end = now_ns() + strtoull(argv[2], NULL, 10) * 1000000;
	while (now_ns() < end)
		if (sleeps)
			nanosleep(&ms, NULL);
	return 0;
}
