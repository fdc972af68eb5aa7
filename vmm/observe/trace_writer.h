/* SPDX-License-Identifier: MIT */
/*
 * Writes a trace to disk: records in, a CTF folder out (trace_file.h).
 *
 * One thread at a time. Records of a stream come in the order of their time;
 * one that is older than the one before is given that one's time. What has
 * been flushed is on disk whole, whatever becomes of this process.
 */
#ifndef VMM_OBSERVE_TRACE_WRITER_H
#define VMM_OBSERVE_TRACE_WRITER_H

#include <lde/event.h>

#include "vmm/observe/trace_file.h"

struct trace_writer;

/* Stream of the VMM itself; those of the vCPUs are TRACE_STREAM_CPU + n. */
#define TRACE_STREAM_VMM 0
#define TRACE_STREAM_CPU 1

/*
 * Creates dir, or takes over one that is empty or has a trace of ours, which is
 * deleted, and locks it until it is closed. info->uuid is made here. 0 or -errno;
 * -EEXIST: something else is there; -EBUSY: another one writes there.
 */
int trace_writer_create(struct trace_writer **writer, const char *dir,
			const struct trace_info *info, uint32_t nr_vcpus);

/* Adds a record. 0; -EINVAL for one of no kind; or -errno of a write, also from
 * then on: the trace ends there. */
int trace_writer_add(struct trace_writer *writer, uint32_t stream,
		     const struct lde_trace_record *record);

/* Writes out what has been added so far. 0 or -errno. */
int trace_writer_flush(struct trace_writer *writer);

/* How many records of a kind have been added. */
uint64_t trace_writer_count(const struct trace_writer *writer, uint32_t kind);

/* Flushes and frees. 0 or -errno of the flush. NULL is nothing. */
int trace_writer_close(struct trace_writer *writer);

#endif
