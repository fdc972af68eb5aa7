/* SPDX-License-Identifier: MIT */
/*
 * From the events of a trace to what they mean: which process was in which
 * state, and why; what each vCPU was busy with; how long things took.
 *
 * Events go in one by one, in the order of time. Spans come out as they end, by
 * way of a sink, so memory grows with the processes and not with the events;
 * sums are in struct timeline at any time. All times are ns since the start of
 * the run.
 *
 * Invariants are checked on the way. An event that breaks one is noted as a
 * violation and then believed, so that one error does not become many.
 *
 *   - A process goes NONE -> READY -> RUNNING, from there to READY, BLOCKED,
 *     STOPPED or ZOMBIE, from BLOCKED to READY or STOPPED, and from STOPPED to
 *     READY only.
 *   - On a vCPU one process is RUNNING, or none; and a process on one vCPU.
 *   - An event is of the process that runs.
 *   - For every process, the times of its states are together the run's length,
 *     and what the vCPUs did for it is together its time in RUNNING.
 */
#ifndef VMM_OBSERVE_TIMELINE_H
#define VMM_OBSERVE_TIMELINE_H

#include <stddef.h>

#include "vmm/observe/timeline_types.h"

/* sink may be NULL. 0 or -ENOMEM; timeline_fini in either case. */
int timeline_init(struct timeline *timeline, const struct trace_info *info,
		  const struct timeline_sink *sink);

/* The next event. 0 or -ENOMEM. */
int timeline_feed(struct timeline *timeline, const struct trace_event *event);

/* The end: spans that are open come out, sums are complete and checked. */
int timeline_finish(struct timeline *timeline);

void timeline_fini(struct timeline *timeline);

/*
 * All of it for the trace in dir. 0 or -errno, then why says what is wrong; a
 * trace that is damaged is followed up to there. timeline_fini in either case.
 */
int timeline_read(struct timeline *timeline, const char *dir, const struct timeline_sink *sink,
		  char *why, size_t why_size);

/* ---- questions --------------------------------------------------------- */

uint64_t timeline_turnaround_ns(const struct timeline_process *process);
uint64_t timeline_response_ns(const struct timeline_process *process);

const char *timeline_mode_name(uint32_t mode);
const char *timeline_state_name(uint32_t state);
const char *timeline_reason_name(uint32_t reason);

/* "exit 3", "SIGSEGV", "" if it has not ended. Returns out. */
const char *timeline_status(const struct timeline_process *process, char *out, size_t size);

#endif
