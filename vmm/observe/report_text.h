/* SPDX-License-Identifier: MIT */
/* A trace for people at a terminal: a chart of the run, then tables. */
#ifndef VMM_OBSERVE_REPORT_TEXT_H
#define VMM_OBSERVE_REPORT_TEXT_H

#include <stdio.h>

#include "vmm/observe/gantt.h"
#include "vmm/observe/timeline.h"

/*
 * Prints the report of the trace in dir, which done has been made of. 0 or
 * -errno, then why says what is wrong.
 */
int report_print_text(const struct timeline *done, const char *dir,
		      const struct gantt_style *style, FILE *out, char *why, size_t why_size);

/* Of it the chart alone. */
int report_print_chart(const struct timeline *done, const char *dir,
		       const struct gantt_style *style, FILE *out, char *why, size_t why_size);

#endif
