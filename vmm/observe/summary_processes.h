/* SPDX-License-Identifier: MIT */
/* The processes of a summary: one line each, or one a program if they are many. */
#ifndef VMM_OBSERVE_SUMMARY_PROCESSES_H
#define VMM_OBSERVE_SUMMARY_PROCESSES_H

#include <stdio.h>

#include "vmm/observe/summary.h"

#define SUMMARY_PROCESSES_ALL   50 /* up to here all are shown */
#define SUMMARY_PROCESSES_FIRST 20 /* beyond, these and a table by program */

void summary_print_processes(const struct summary *summary, FILE *out, size_t width);

#endif
