/* SPDX-License-Identifier: MIT */
/*
 * The protocol of limited direct execution, from a real run: what the operating
 * system, the hardware and the program did in turn, in three columns.
 */
#ifndef VMM_OBSERVE_REPORT_STEPS_H
#define VMM_OBSERVE_REPORT_STEPS_H

#include <stdio.h>

#include "vmm/observe/timeline.h"

struct report_steps {
	uint32_t pid;
	uint32_t nr_traps; /* so many, and what is between them */
	uint64_t from_ns;  /* from the first one then; since the start of the run */
	size_t width;	   /* of lines, at least 80 */
};

/* 0 or -errno, then why says what is wrong; -ESRCH: no such process. */
int report_print_steps(const struct timeline *done, const char *dir,
		       const struct report_steps *wanted, FILE *out, char *why, size_t why_size);

#endif
