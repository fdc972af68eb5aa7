/* SPDX-License-Identifier: MIT */
/* How a run was scheduled, in the terms in which policies are compared. */
#ifndef VMM_OBSERVE_SUMMARY_SCHED_H
#define VMM_OBSERVE_SUMMARY_SCHED_H

#include "vmm/observe/summary.h"

/* Means are over the processes that have begun, or ended; times in ns. */
struct summary_sched {
	uint32_t nr_begun, nr_ended;
	uint64_t response_ns;   /* from the start of a process to its first turn */
	uint64_t turnaround_ns; /* from its start to its end */
	uint64_t wait_ns;       /* READY */
	/* Jain's index, 1/n to 1, of what each process got of the CPU time that it
	 * could have used: CPU / (CPU + READY). */
	double fairness;
	uint64_t overhead_ns;   /* wall time less all CPU time and idle time */
};

void summary_sched(const struct summary *summary, struct summary_sched *sched);

/* Of one process; 0: it has not begun, or not ended. */
uint64_t summary_response_ns(const struct summary *summary,
			     const struct lde_process_record *record);
uint64_t summary_turnaround_ns(const struct summary *summary,
			       const struct lde_process_record *record);

void summary_print_sched(const struct summary *summary, FILE *out);

#endif
