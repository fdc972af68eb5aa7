/* SPDX-License-Identifier: MIT */
/* make_trace DIR [PROCESSES [EVENTS [SEED]]]: a synthetic trace. */
#include <err.h>
#include <errno.h>
#include <stdlib.h>

#include "tests/synthetic/synthetic.h"

int main(int argc, char **argv)
{
	struct synthetic wanted = {
		.nr_processes = argc > 2 ? (uint32_t)atoi(argv[2]) : 3,
		.nr_events = argc > 3 ? strtoull(argv[3], NULL, 0) : 1000,
		.seed = argc > 4 ? (uint32_t)atoi(argv[4]) : 1,
	};
	int error;

	if (argc < 2)
		errx(1, "usage: make_trace DIR [PROCESSES [EVENTS [SEED]]]");
	error = synthetic_write(argv[1], &wanted);
	if (error) {
		errno = -error;
		err(1, "%s", argv[1]);
	}
	return 0;
}
