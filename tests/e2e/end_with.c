/* SPDX-License-Identifier: MIT */
/* Ends with a code, after so many milliseconds: end_with CODE [MS] */
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	long ms = argc > 2 ? atol(argv[2]) : 0;
	struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };

	if (ms)
		nanosleep(&pause, NULL);
	return argc > 1 ? atoi(argv[1]) : 0;
}
