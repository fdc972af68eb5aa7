/* SPDX-License-Identifier: MIT */
/*
 * Says how a run goes while it goes: processes by state, exits, time. A thread
 * of its own, which only reads: the kernel's books and the counters of exits.
 */
#ifndef VMM_RUN_PROGRESS_H
#define VMM_RUN_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include <lde/ledger.h>

/* What there is to say; false: nothing yet. */
struct progress_facts {
	uint32_t states[LDE_NR_STATES];
	uint64_t nr_exits;
};

struct progress;

/* facts is called on the thread. NULL: no memory or no thread, and no progress. */
struct progress *progress_start(bool (*facts)(void *ctx, struct progress_facts *facts), void *ctx);

/* The line is gone, and facts not called any more. NULL is nothing. */
void progress_stop(struct progress *progress);

/* The line's text, for a test. */
void progress_format(const struct progress_facts *facts, uint64_t elapsed_ns,
		     uint64_t exits_per_s, char *out, unsigned long size);

#endif
