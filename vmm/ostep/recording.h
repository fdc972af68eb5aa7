/* SPDX-License-Identifier: MIT */
/*
 * Runs a workload on a machine of its own, each job a process that traps at the end
 * of each tick, and gives back what the kernel has recorded of them.
 */
#ifndef VMM_OSTEP_RECORDING_H
#define VMM_OSTEP_RECORDING_H

#include "vmm/base/complaint.h"
#include "vmm/ostep/workload.h"

/* Fills in recording, which recording_fini frees in any case. 0, or -errno and a
 * complaint: -EINTR if a signal came. As machine_run, not reentrant. */
int recording_run(const struct workload *workload, struct recording *recording,
		  struct complaint *complaint);

#endif
