/* SPDX-License-Identifier: MIT */
/* The processes of a summary: one line each, or one a program if they are many. */
#ifndef VMM_OBSERVE_PROCESS_TABLE_H
#define VMM_OBSERVE_PROCESS_TABLE_H

#include <stdio.h>

#include "vmm/observe/summary.h"

#define PROCESS_TABLE_ALL   50 /* up to here all are shown */
#define PROCESS_TABLE_FIRST 20 /* beyond, these and a table by program */

void process_table_print(const struct summary *summary, FILE *out, size_t width);

#endif
