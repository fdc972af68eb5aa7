/* SPDX-License-Identifier: MIT */
/* Keeps the CPU for ever, or for so many milliseconds and then says so. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
	long end = now_ms() + (argc > 1 ? atol(argv[1]) : 0);

	if (argc > 2) {
		printf("%s\n", argv[2]);
		fflush(stdout);
	}
	while (argc < 2 || now_ms() < end)
		for (volatile int i = 0; i < 100000; i++)
			;
	puts("spun");
	return 0;
}
