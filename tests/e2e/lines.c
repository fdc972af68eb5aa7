/* SPDX-License-Identifier: MIT */
/*
 * Writes lines, one write(2) each, for ever or so many, and ends with 9 when a
 * write fails: lines [COUNT]
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : -1;
	char line[32];

	for (long i = 0; i != count; i++) {
		int len = snprintf(line, sizeof(line), "line %ld\n", i);

		if (write(STDOUT_FILENO, line, (size_t)len) != len) {
			fprintf(stderr, "write: %s\n", strerror(errno));
			return 9;
		}
	}
	return 0;
}
