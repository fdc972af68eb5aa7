/* SPDX-License-Identifier: MIT */
/* Computes for so many million rounds, without a system call in between. */
#include <stdlib.h>

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? atol(argv[1]) * 1000000 : 0;
	volatile long x = 0;

	for (long i = 0; i < rounds; i++)
		x = x + i;
	return 0;
}
