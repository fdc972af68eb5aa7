/* SPDX-License-Identifier: MIT */
/*
 * Counts and times of the exits to user space, by cause.
 *
 * An exit's time runs from the return of KVM_RUN to the next call of it: what
 * the VMM spends on it, without the world switch. An exit that ends the run
 * is counted like any other. Filled by the vCPU thread alone; who shows how a run
 * goes reads count and total_ns meanwhile, the rest is read after it has ended. No
 * KVM in here: a test or a file can fill it as well.
 */
#ifndef VMM_OBSERVE_COUNTERS_H
#define VMM_OBSERVE_COUNTERS_H

#include <stdint.h>

enum exit_cause {
	EXIT_CONSOLE,        /* KVM_EXIT_IO, the console's doorbell */
	EXIT_MONITOR,        /* KVM_EXIT_IO, a register of the monitor */
	EXIT_SYSCALL,        /* KVM_EXIT_IO, a system call by way of the VMM */
	EXIT_TRACE,          /* KVM_EXIT_IO, the ring for events was full */
	EXIT_EXPORT,         /* KVM_EXIT_IO, the export's doorbell */
	EXIT_PORT_OTHER,     /* KVM_EXIT_IO, a port without a device */
	EXIT_VIRTIO,         /* KVM_EXIT_MMIO, a register of a virtio device */
	EXIT_MMIO,           /* KVM_EXIT_MMIO: outside of memory */
	EXIT_SIGNAL,         /* KVM_RUN returned for a signal */
	EXIT_SHUTDOWN,       /* triple fault */
	EXIT_INTERNAL_ERROR, /* KVM cannot emulate an instruction */
	EXIT_OTHER,
	NR_EXIT_CAUSES,
};

/* Four buckets for each power of two, so a percentile is right within 25 %. */
#define EXIT_BUCKETS_PER_OCTAVE 4
#define NR_EXIT_BUCKETS         (40 * EXIT_BUCKETS_PER_OCTAVE) /* up to 18 minutes */

struct exit_counter {
	uint64_t count;
	uint64_t total_ns;
	uint64_t min_ns; /* 0 if count is 0 */
	uint64_t max_ns;
	uint64_t buckets[NR_EXIT_BUCKETS];
};

struct exit_counters {
	struct exit_counter causes[NR_EXIT_CAUSES];
	uint64_t guest_ns; /* inside KVM_RUN, idle time included */
};

void exits_add(struct exit_counter *counter, uint64_t ns);

/* Folds the counts of one into the other: for a total over all causes. */
void exits_merge(struct exit_counter *into, const struct exit_counter *from);

/* The time that percent (0..100) of the exits did not exceed, as the upper
 * edge of its bucket and never above max_ns; 0 if there were none. */
uint64_t exits_percentile_ns(const struct exit_counter *counter, double percent);

/* The lowest time that falls into bucket idx. */
uint64_t exits_bucket_floor_ns(unsigned int idx);

/* A short name for tables and JSON keys: "console". Never NULL. */
const char *exits_cause_name(enum exit_cause cause);

#endif
