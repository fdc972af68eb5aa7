/* SPDX-License-Identifier: MIT */
/*
 * The reader's end of the ring that lde/event.h describes. The writer is the
 * guest: nothing that it writes is used before it has been copied and checked.
 */
#ifndef VMM_OBSERVE_TRACE_RING_H
#define VMM_OBSERVE_TRACE_RING_H

#include <stddef.h>
#include <stdint.h>

#include <lde/event.h>

struct trace_ring {
	struct lde_trace_ring *shared;
	const struct lde_trace_record *records;
	uint64_t nr_records;
	uint64_t tail; /* ours; the one in shared is for the guest to see */
};

/* Bytes of a ring with at least bytes for records, up to the next power of two. */
uint64_t trace_ring_size(uint64_t bytes);

/* Sets up a ring of size bytes, as trace_ring_size has it, in zeroed memory. */
void trace_ring_init(struct trace_ring *ring, void *memory, uint64_t size);

/*
 * Takes up to max records out of the ring, the oldest first, and makes room for
 * as many. Returns how many, or -EPROTO if the writer's position is impossible.
 */
int64_t trace_ring_take(struct trace_ring *ring, struct lde_trace_record *records, size_t max);

/* How many records the writer says it has written, and how often it waited. */
uint64_t trace_ring_written(const struct trace_ring *ring);
uint64_t trace_ring_stalls(const struct trace_ring *ring);

#endif
