/* SPDX-License-Identifier: MIT */
/*
 * hog [MS [DELAY]]: computes for MS milliseconds of CPU time (1000) without a
 * pause; sleeps DELAY milliseconds (0) before that, as a job that arrives later.
 *
 * It never waits and never yields, so whoever else wants to run depends on the
 * kernel taking the CPU away from it.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CHUNK_NS_MIN 2000000 /* look at the clock this seldom: a look is a trap */

static uint64_t cpu_ns(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0)
		clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Work that the compiler cannot leave out; the sum shows that all was done. */
static uint64_t compute(uint64_t seed, uint64_t rounds)
{
	for (uint64_t i = 0; i < rounds; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		__asm__ volatile("" : "+r"(seed));
	}
	return seed;
}

static int parse(const char *text, uint64_t *ms)
{
	char *end;

	*ms = strtoull(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *ms <= UINT64_MAX / 1000000;
}

static void sleep_ms(uint64_t ms)
{
	struct timespec left = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

int main(int argc, char **argv)
{
	uint64_t ms = 1000, delay = 0, start, now, chunk = 10000, rounds = 0, value = 1;

	if (argc > 3 || (argc > 1 && !parse(argv[1], &ms)) ||
	    (argc > 2 && !parse(argv[2], &delay))) {
		fprintf(stderr, "Usage: hog [MILLISECONDS [DELAY]]\n");
		return 2;
	}
	if (delay)
		sleep_ms(delay);
	start = now = cpu_ns();
	while (now - start < ms * 1000000) {
		uint64_t before = now;

		value = compute(value, chunk);
		rounds += chunk;
		now = cpu_ns();
		if (now - before < CHUNK_NS_MIN)
			chunk *= 2;
	}
	printf("hog: %llu ms of CPU time, %llu million rounds\n",
	       (unsigned long long)((now - start) / 1000000),
	       (unsigned long long)(rounds / 1000000));
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("hog: cannot write");
		return 1;
	}
	return value == 0; /* never: the generator does not reach 0 */
}
