/* SPDX-License-Identifier: MIT */
/*
 * Standard input comes through unchanged whatever size it is read in: copies
 * stdin to stdout with reads of the size given.
 */
#include <stdlib.h>
#include <unistd.h>

#include "abi.h"

static char buf[1 << 17];

int main(int argc, char **argv)
{
	size_t size = argc > 1 ? strtoul(argv[1], NULL, 0) : sizeof(buf);
	ssize_t n;

	if (size > sizeof(buf))
		return 2;
	while ((n = read(STDIN_FILENO, buf, size)) > 0) {
		ssize_t done = 0;

		while (done < n) {
			ssize_t put = write(STDOUT_FILENO, buf + done, (size_t)(n - done));

			if (put <= 0)
				return 3;
			done += put;
		}
	}
	return n < 0;
}
