/* SPDX-License-Identifier: MIT */
#include "vmm/observe/trace_ring.h"

#include <errno.h>
#include <string.h>

uint64_t trace_ring_size(uint64_t bytes)
{
	uint64_t nr = 1;

	while (nr * LDE_RECORD_SIZE < bytes)
		nr *= 2;
	return LDE_TRACE_RING_OFFSET + nr * LDE_RECORD_SIZE;
}

void trace_ring_init(struct trace_ring *ring, void *memory, uint64_t size)
{
	*ring = (struct trace_ring){
		.shared = memory,
		.records = (void *)((uint8_t *)memory + LDE_TRACE_RING_OFFSET),
		.nr_records = (size - LDE_TRACE_RING_OFFSET) / LDE_RECORD_SIZE,
	};
	*ring->shared = (struct lde_trace_ring){
		.magic = LDE_TRACE_MAGIC,
		.version = LDE_TRACE_VERSION,
		.record_size = LDE_RECORD_SIZE,
		.nr_records = (uint32_t)ring->nr_records,
	};
}

int64_t trace_ring_take(struct trace_ring *ring, struct lde_trace_record *records, size_t max)
{
	uint64_t nr = __atomic_load_n(&ring->shared->head, __ATOMIC_ACQUIRE) - ring->tail;

	if (nr > ring->nr_records)
		return -EPROTO;
	if (nr > max)
		nr = max;
	for (uint64_t i = 0; i < nr; i++)
		records[i] = ring->records[(ring->tail + i) % ring->nr_records];
	ring->tail += nr;
	__atomic_store_n(&ring->shared->tail, ring->tail, __ATOMIC_RELEASE);
	return (int64_t)nr;
}

uint64_t trace_ring_written(const struct trace_ring *ring)
{
	return __atomic_load_n(&ring->shared->head, __ATOMIC_ACQUIRE);
}

uint64_t trace_ring_stalls(const struct trace_ring *ring)
{
	return __atomic_load_n(&ring->shared->stalls, __ATOMIC_RELAXED);
}
