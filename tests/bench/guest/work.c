/* SPDX-License-Identifier: MIT */
/*
 * A CPU-bound program: integer arithmetic and memory that fits the caches.
 *
 * usage: work ROUNDS             prints how many nanoseconds it took
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NR_WORDS 4096

static uint64_t words[NR_WORDS];

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint64_t do_round(uint64_t x)
{
	for (int i = 0; i < NR_WORDS; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		words[x % NR_WORDS] += x;
	}
	return x;
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? atol(argv[1]) : 0;
	uint64_t x = 88172645463325252ull;
	uint64_t start;

	if (rounds < 1) {
		fprintf(stderr, "usage: work ROUNDS\n");
		return 2;
	}
	start = now_ns();
	for (long i = 0; i < rounds; i++)
		x = do_round(x);
	printf("%llu\n", (unsigned long long)(now_ns() - start));
	/* The result must be used, or the work would be optimised away. */
	return x + words[0] == 1;
}
