/* SPDX-License-Identifier: MIT */
/*
 * How a run stands at a moment, for a live view. The process that runs the machine
 * writes such samples into a pipe, one after the other, and the one that shows
 * them reads. Both are the same executable, so there is no version.
 */
#ifndef VMM_OBSERVE_LIVE_SAMPLE_H
#define VMM_OBSERVE_LIVE_SAMPLE_H

#include <stdint.h>

#include <lde/ledger.h>

#include "vmm/observe/counters.h"

#define LIVE_ROWS_MAX 4096
#define LIVE_NAME_SIZE 32

/* A process. Times are ns; the state it is in is counted up to now. */
struct live_row {
	uint32_t pid, ppid;
	uint32_t state; /* enum lde_process_state */
	int32_t status; /* as wait(2) has it */
	uint64_t state_ns[LDE_NR_STATES];
	uint64_t nr_switches, nr_syscalls, nr_faults;
	uint64_t nr_exits; /* to the VMM */
	char name[LIVE_NAME_SIZE]; /* terminated, printable */
};

struct live_sample {
	uint64_t ns; /* CLOCK_MONOTONIC */
	uint64_t run_ns; /* since the guest began */
	uint32_t nr_in_state[LDE_NR_STATES]; /* of all processes */
	uint64_t nr_exits[NR_EXIT_CAUSES];
	uint64_t exits_ns; /* in the VMM */
	uint64_t nr_syscalls, nr_faults, nr_switches;
	uint64_t memory_bytes, free_bytes;
	uint32_t nr_rows; /* that follow: who lives, then who has ended, the latest first */
};

#endif
