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
	struct trace_process *processes; /* by pid */
};

/* 0 or -ENOMEM. */
int trace_follower_init(struct trace_follower *follower, uint32_t classes);
void trace_follower_fini(struct trace_follower *follower);

/* Completes record, the next of its vCPU. False: it is not for the file. */
bool trace_follower_complete(struct trace_follower *follower, struct lde_trace_record *record);

#endif
