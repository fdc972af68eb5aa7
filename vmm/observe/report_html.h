/* SPDX-License-Identifier: MIT */
/*
 * A trace as a page: one file with everything in it, which needs no network.
 * The page itself is in vmm/observe/page, and is inside the executable.
 */
#ifndef VMM_OBSERVE_REPORT_HTML_H
#define VMM_OBSERVE_REPORT_HTML_H

#include <stdio.h>

#include "vmm/observe/timeline.h"

/* As report_print_text. */
int report_print_html(const struct timeline *done, const char *dir, FILE *out, char *why,
		      size_t why_size);

#endif
