/* SPDX-License-Identifier: MIT */
/*
 * Runs that never were, for tests of their summaries.
 */
#ifndef TESTS_UNIT_OBSERVE_SUMMARY_RUN_H
#define TESTS_UNIT_OBSERVE_SUMMARY_RUN_H

#include "vmm/observe/summary.h"
#include "vmm/observe/summary_processes.h"

#define MS 1000000ull /* of a TSC that ticks once a nanosecond, too */

/* A run of two programs, with every part of the summary that does not depend on
 * devices. summary points to the rest. */
struct run {
	struct exit_counters exits;
	struct summary_kvm_stat kvm_stats[3];
	struct lde_ledger ledger;
	struct lde_process_record records[2];
	struct summary summary;
};

void run_fill(struct run *run);

/* Without books: two disks and a virtio console. */
extern const struct summary summary_of_devices;

#endif
