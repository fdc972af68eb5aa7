/* SPDX-License-Identifier: MIT */
/* The three columns of the protocol: lines of text in one of them, broken at blanks. */
#ifndef VMM_OBSERVE_STEPS_COLUMNS_H
#define VMM_OBSERVE_STEPS_COLUMNS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum steps_column {
	STEPS_OS,
	STEPS_HARDWARE,
	STEPS_PROGRAM,
	STEPS_NR_COLUMNS,
};

struct steps_columns {
	FILE *out;
	int width; /* of one */
};

#define STEPS_NO_TIME UINT64_MAX

void steps_columns_init(struct steps_columns *columns, FILE *out, size_t line_width);
void steps_columns_head(const struct steps_columns *columns);
void steps_columns_rule(const struct steps_columns *columns);

/* In one column, the others empty; beside it the time, unless that is STEPS_NO_TIME. */
void steps_columns_say(const struct steps_columns *columns, uint64_t ns, enum steps_column column,
		       const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
