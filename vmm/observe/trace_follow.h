/* SPDX-License-Identifier: MIT */
/*
 * Completes the guest's records: what the kernel leaves out of them since it
 * follows from the ones before (lde/event.h).
 */
#ifndef VMM_OBSERVE_TRACE_FOLLOW_H
#define VMM_OBSERVE_TRACE_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include <lde/event.h>

struct trace_process;

struct trace_follower {
	uint32_t classes; /* LDE_TRACE_C_* that are wanted */
	uint32_t pid;     /* on the CPU */
	uint64_t ns_ticks; /* at least one ns of the time-stamp counter */
	struct trace_process *processes; /* by pid */
};

/* 0 or -ENOMEM. */
int trace_follower_init(struct trace_follower *follower, uint32_t classes, uint64_t tsc_hz);
void trace_follower_fini(struct trace_follower *follower);

/* Completes record, the next of its vCPU. False: it is not for the file. */
bool trace_follower_complete(struct trace_follower *follower, struct lde_trace_record *record);

/*
 * What happened with record, now complete, though the guest has no record of it: the
 * return of a system call that has none of its own, and that who has ended is gone. Linux
 * has events of these, and viewers go by them. Returns how many there are for the file,
 * right after record, and an ns later: whoever asks who had the CPU then is told of the
 * one who returns, and the last name of one who is gone has lasted for a while.
 */
#define TRACE_ADDED_MAX 2
unsigned int trace_follower_add(struct trace_follower *follower,
				const struct lde_trace_record *record,
				struct lde_trace_record added[TRACE_ADDED_MAX]);

#endif
