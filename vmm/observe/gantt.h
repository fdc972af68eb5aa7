/* SPDX-License-Identifier: MIT */
/*
 * A timeline as rows of characters: one for each vCPU and each process, one
 * column for each part of the run.
 *
 * A run of cells that are alike begins with the letter of its state, so that
 * colour is a help and no need.
 */
#ifndef VMM_OBSERVE_GANTT_H
#define VMM_OBSERVE_GANTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "vmm/observe/timeline.h"

struct gantt_style {
	size_t width;	  /* of lines, at least 60 */
	bool colour;	  /* SGR escapes */
	bool unicode;	  /* else ASCII */
	size_t rows_max;  /* processes that are shown */
};

struct gantt;

/* done: the same trace, read to its end. NULL: no memory. */
struct gantt *gantt_create(const struct timeline *done, const struct gantt_style *style);

/* For a second reading, which fills the rows. */
struct timeline_sink gantt_sink(struct gantt *gantt);

void gantt_print(const struct gantt *gantt, FILE *out);
void gantt_destroy(struct gantt *gantt);

#endif
