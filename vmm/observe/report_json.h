/* SPDX-License-Identifier: MIT */
/* A trace for programs: its tables, and the states of all processes. */
#ifndef VMM_OBSERVE_REPORT_JSON_H
#define VMM_OBSERVE_REPORT_JSON_H

#include <stdio.h>

#include "vmm/observe/timeline.h"

/* As report_print_text; one JSON object, described in docs/reports.md. */
int report_print_json(const struct timeline *done, const char *dir, FILE *out, char *why,
		      size_t why_size);

#endif
