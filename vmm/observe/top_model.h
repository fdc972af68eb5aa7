/* SPDX-License-Identifier: MIT */
/*
 * What lde top shows: of two samples the shares and rates between them, in an
 * order. No terminal in it.
 */
#ifndef VMM_OBSERVE_TOP_MODEL_H
#define VMM_OBSERVE_TOP_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "vmm/observe/live_sample.h"

enum top_order {
	TOP_BY_CPU,
	TOP_BY_PID,
	TOP_BY_TIME,
	TOP_BY_EXITS,
	TOP_BY_CALLS,
	TOP_NR_ORDERS,
};

struct top_row {
	struct live_row now;
	double cpu_percent;
	double exits_per_s, calls_per_s, faults_per_s;
};

struct top_model {
	struct live_sample now;
	struct top_row *rows;
	uint32_t nr_rows;
	double cpu_percent; /* all processes */
	double vmm_percent; /* of the time, away from the guest */
	double exits_per_s, calls_per_s, faults_per_s, switches_per_s;
	enum top_order order;
	bool is_reversed;
	bool hides_ended;
};

void top_model_fini(struct top_model *model);

/* The next sample with its rows. 0 or -ENOMEM, and then all is as before. */
int top_model_add(struct top_model *model, const struct live_sample *sample,
		  const struct live_row *rows);

/* After a change of order. */
void top_model_sort(struct top_model *model);

/* How many rows are shown, if those of processes that have ended may be hidden. */
uint32_t top_model_nr_shown(const struct top_model *model);

#define TOP_LINE_SIZE 320

/* Lines of the head, 0 to TOP_NR_HEAD_LINES - 1; the title of the table; a row of it. All
 * fit into TOP_LINE_SIZE, and none has a character that is not printable. */
#define TOP_NR_HEAD_LINES 4
void top_format_head(const struct top_model *model, unsigned int line, char out[TOP_LINE_SIZE]);
void top_format_title(const struct top_model *model, char out[TOP_LINE_SIZE]);
void top_format_row(const struct top_row *row, char out[TOP_LINE_SIZE]);

#endif
