/* SPDX-License-Identifier: MIT */
/*
 * Reads a trace from disk, as trace_writer.h writes it: all its events in the
 * order of their time. Nothing in the files is trusted: whatever they hold, an
 * event that comes out is one of the kinds there are, and memory stays bounded.
 */
#ifndef VMM_OBSERVE_TRACE_READER_H
#define VMM_OBSERVE_TRACE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include <lde/event.h>

#include "vmm/observe/trace_file.h"

/*
 * One event; what kind, code and args mean is said in lde/event.h. They are the
 * guest's words: a pid is below TRACE_NR_PIDS, all else may be any number.
 * Arguments that the kind does not have are 0.
 */
struct trace_event {
	uint64_t ns;  /* since the start of the run */
	uint32_t kind; /* LDE_TRACE_* */
	uint32_t vcpu;
	uint32_t pid;  /* 0: nobody */
	uint32_t code;
	uint64_t args[6];
};

struct trace_reader;

/*
 * Opens the trace in dir. 0 or -errno, -EBADMSG if it is none of ours; then why
 * says what is wrong, for people. It is to be closed after success only.
 */
int trace_reader_open(struct trace_reader **reader, const char *dir, char *why, size_t why_size);

/*
 * The next event: 1, or 0 at the end, or a negative errno, also from then on;
 * trace_reader_error then says which file is damaged where. Events of the VMM
 * come before those of the guest at the same tick.
 */
int trace_reader_next(struct trace_reader *reader, struct trace_event *event);
const char *trace_reader_error(const struct trace_reader *reader);

const struct trace_info *trace_reader_info(const struct trace_reader *reader);

/* What the process was called when the last event came; "" if not known, never
 * NULL. As it may change, copy it. */
const char *trace_reader_name(const struct trace_reader *reader, uint64_t pid);

/* The name in the arguments of a PROCESS_FORK or PROCESS_EXEC. */
const char *trace_event_name(const struct trace_event *event);

void trace_reader_close(struct trace_reader *reader);

#endif
