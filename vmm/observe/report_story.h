/* SPDX-License-Identifier: MIT */
/*
 * A page of several runs: what was said and printed, and the page of a trace
 * (report_html.h) wherever one belongs. One file, which needs no network.
 */
#ifndef VMM_OBSERVE_REPORT_STORY_H
#define VMM_OBSERVE_REPORT_STORY_H

#include <stddef.h>
#include <stdio.h>

void report_story_begin(FILE *out, const char *title);

/* Lines of text as a terminal shows them; commands, "  $ ...", stand out. */
void report_story_text(FILE *out, const char *text, size_t len);

/* The trace in dir. 0 or -errno, then why says what is wrong. */
int report_story_trace(FILE *out, const char *dir, char *why, size_t why_size);

void report_story_end(FILE *out);

#endif
