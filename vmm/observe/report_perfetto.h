/* SPDX-License-Identifier: MIT */
/*
 * A trace in the Trace Event Format ("Chrome JSON"), for ui.perfetto.dev:
 * tracks of vCPUs, of the VMM, of disks and of each process, flows from
 * wake-ups to the CPU and from requests to their completion, counters.
 */
#ifndef VMM_OBSERVE_REPORT_PERFETTO_H
#define VMM_OBSERVE_REPORT_PERFETTO_H

#include <stdio.h>

#include "vmm/observe/timeline.h"

/* As report_print_text. */
int report_print_perfetto(const struct timeline *done, const char *dir, FILE *out, char *why,
			  size_t why_size);

#endif
