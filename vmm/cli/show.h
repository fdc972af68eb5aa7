/* SPDX-License-Identifier: MIT */
/* Reports of traces for a terminal; what `run --timeline` and `report` share. */
#ifndef VMM_CLI_SHOW_H
#define VMM_CLI_SHOW_H

#include <stdio.h>

#include "vmm/observe/timeline.h"

#define SHOW_ROWS_DEFAULT 40 /* processes */

/* Columns of the terminal that out is, or 80. */
size_t show_width(FILE *out);

/* The text of report_text.h, fitted to where out leads. 0 or the exit status of
 * a failure, which has been printed. */
int show_text(const struct timeline *done, const char *dir, size_t rows, FILE *out);

/* The chart of the trace in dir alone. */
int show_chart(const char *dir, FILE *out);

/* Prints the failure; returns its exit status. */
int show_failed(const char *what, const char *why);

#endif
