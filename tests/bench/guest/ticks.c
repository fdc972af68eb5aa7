/* SPDX-License-Identifier: MIT */
/*
 * Gives the timer something to do.
 *
 * usage: ticks spin N   counts to N million, in 2 instructions each
 *        ticks sleep N  sleeps N times for a millisecond
 *
 * Two that spin make the timer preempt them; one that spins beside one that
 * sleeps makes it wake the other up.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void spin(uint64_t n)
{
	while (n--)
		__asm__ volatile("");
}

int main(int argc, char **argv)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	const char *what = argc == 3 ? argv[1] : "";
	uint64_t n = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;

	if (!strcmp(what, "spin")) {
		spin(n * 1000000);
	} else if (!strcmp(what, "sleep")) {
		while (n--)
			nanosleep(&ms, NULL);
	} else {
		fprintf(stderr, "usage: ticks spin|sleep N\n");
		return 2;
	}
	return 0;
}
