/* SPDX-License-Identifier: MIT */
/* What programs write while lde top has the terminal: kept whole in a file without a
 * name, and its end in memory, for the pane. */
#ifndef VMM_CLI_TOP_OUTPUT_H
#define VMM_CLI_TOP_OUTPUT_H

#include <stddef.h>
#include <stdio.h>

#define TOP_OUTPUT_TAIL 65536

struct top_output {
	FILE *file;
	char tail[TOP_OUTPUT_TAIL];
	size_t len;
};

/* 0 or -errno. */
int top_output_init(struct top_output *output);
void top_output_fini(struct top_output *output);

void top_output_add(struct top_output *output, const char *text, size_t len);

/* Where the last nr lines of at most width characters begin in the tail; a line that
 * is longer counts as several. */
size_t top_output_last_lines(const struct top_output *output, size_t nr, size_t width);

/* One line for a screen, from *at on, which moves behind it: terminated, without control
 * characters, tabs as blanks, of at most width characters. False: no more. */
int top_output_next_line(const struct top_output *output, size_t *at, size_t width, char *out,
			 size_t size);

/* All of it to out. 0 or -errno. */
int top_output_copy(struct top_output *output, FILE *out);

#endif
