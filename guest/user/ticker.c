/* SPDX-License-Identifier: MIT */
/*
 * ticker [COUNT [MS [NAME]]]: prints COUNT (10) lines, one every MS (100)
 * milliseconds, each with how late it is.
 *
 * It sleeps nearly all the time and needs the CPU for moments only: a program
 * that a person waits for.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void sleep_until(uint64_t due_ns)
{
	uint64_t now;

	while ((now = now_ns()) < due_ns) {
		uint64_t left = due_ns - now;
		struct timespec pause = {
			.tv_sec = (time_t)(left / 1000000000),
			.tv_nsec = (long)(left % 1000000000),
		};

		nanosleep(&pause, NULL);
	}
}

static int parse(const char *text, unsigned long *value)
{
	char *end;

	*value = strtoul(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *value <= 1000000;
}

static int is_printed(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 1;
	perror("ticker: cannot write");
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long count = 10, ms = 100;
	const char *name = argc > 3 ? argv[3] : "ticker";
	uint64_t start = now_ns(), worst = 0;

	if (argc > 4 || (argc > 1 && !parse(argv[1], &count)) ||
	    (argc > 2 && !parse(argv[2], &ms))) {
		fprintf(stderr, "Usage: ticker [COUNT [MILLISECONDS [NAME]]]\n");
		return 2;
	}
	for (unsigned long i = 1; i <= count; i++) {
		uint64_t due = start + i * ms * 1000000, late;

		sleep_until(due);
		late = now_ns() - due;
		if (late > worst)
			worst = late;
		printf("%s: tick %lu, %llu ms late\n", name, i,
		       (unsigned long long)(late / 1000000));
		if (!is_printed())
			return 1;
	}
	printf("%s: done, at worst %llu ms late\n", name, (unsigned long long)(worst / 1000000));
	return !is_printed();
}
