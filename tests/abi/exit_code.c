/* SPDX-License-Identifier: MIT */
/* The exit code of a program is what its caller sees, modulo 256. */
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc > 2)
		_exit(atoi(argv[1]));
	return argc > 1 ? atoi(argv[1]) : 0;
}
