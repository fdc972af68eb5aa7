/* SPDX-License-Identifier: MIT */
#include "vmm/observe/trace_follow.h"

#include <errno.h>
#include <stdlib.h>

#include <lde/ledger.h>

#include "vmm/observe/trace_schema.h"

/* As the ring has them: zeroes, of files, copies. */
enum { ZERO = 2, FILE_PAGE = 3, COPY = 4 };

struct trace_fault {
	uint64_t address;
	uint64_t counters[5]; /* at its entry, as in args */
	bool is_open;
	bool has_waited; /* others ran meanwhile, and had faults of their own */
};

int trace_follower_init(struct trace_follower *follower, uint32_t classes)
{
	*follower = (struct trace_follower){.classes = classes | LDE_TRACE_C_PROCESS};
	/* 4 MiB of which only what is used is ever touched. */
	follower->faults = calloc(TRACE_NR_PIDS, sizeof(*follower->faults));
	return follower->faults ? 0 : -ENOMEM;
}

void trace_follower_fini(struct trace_follower *follower)
{
	free(follower->faults);
	follower->faults = NULL;
}

static enum lde_switch_reason reason_of(const struct lde_trace_record *record)
{
	switch (record->args[0]) {
	case LDE_STATE_READY:
		return record->code == LDE_WHY_YIELDED ? LDE_SWITCH_YIELDED : LDE_SWITCH_PREEMPTED;
	case LDE_STATE_ZOMBIE:
		return LDE_SWITCH_ENDED;
	default:
		return LDE_SWITCH_BLOCKED;
	}
}

static bool complete_switch(struct trace_follower *follower, struct lde_trace_record *record)
{
	uint32_t prev = follower->pid;

	if (record->args[1] >= TRACE_NR_PIDS)
		record->args[1] = 0; /* the guest's word; no process has it */
	follower->pid = (uint32_t)record->args[1];
	if (prev) {
		record->code = reason_of(record);
		follower->faults[prev].has_waited = true;
		return true;
	}
	record->code = LDE_SWITCH_FROM_IDLE;
	record->args[0] = LDE_STATE_NONE;
	return follower->pid != 0;
}

static void open_fault(struct trace_fault *fault, const struct lde_trace_record *record)
{
	*fault = (struct trace_fault){.address = record->args[0], .is_open = true};
	for (int i = ZERO; i <= COPY; i++)
		fault->counters[i] = record->args[i];
}

/* How many pages of each kind came while it was open tells what it was. One that
 * has waited was for a page of a file. */
static void close_fault(struct trace_fault *fault, struct lde_trace_record *record)
{
	uint64_t pages[5] = {0}, nr = 0;

	for (int i = ZERO; i <= COPY; i++) {
		pages[i] = record->args[i] - fault->counters[i];
		nr += pages[i];
	}
	record->code = pages[COPY]	  ? LDE_FAULT_COPY
		       : pages[FILE_PAGE] ? LDE_FAULT_FILE
		       : pages[ZERO]	  ? LDE_FAULT_ZERO
					  : LDE_FAULT_OTHER;
	if (!fault->is_open || fault->has_waited) {
		record->code = fault->is_open ? LDE_FAULT_FILE : LDE_FAULT_OTHER;
		nr = fault->is_open;
	}
	record->args[0] = fault->address;
	record->args[1] = nr;
	fault->is_open = false;
}

bool trace_follower_complete(struct trace_follower *follower, struct lde_trace_record *record)
{
	const struct trace_kind *kind = trace_schema_kind(record->kind);
	struct trace_fault *fault = &follower->faults[follower->pid];
	bool is_event = true;

	record->pid = (uint16_t)follower->pid;
	switch (record->kind) {
	case LDE_TRACE_SCHED_SWITCH:
		is_event = complete_switch(follower, record);
		break;
	case LDE_TRACE_PROCESS_FORK:
		record->pid = (uint16_t)record->args[5];
		break;
	case LDE_TRACE_FAULT_ENTRY:
		open_fault(fault, record);
		break;
	case LDE_TRACE_FAULT_EXIT:
		close_fault(fault, record);
		break;
	}
	return is_event && (!kind || kind->class & follower->classes);
}
