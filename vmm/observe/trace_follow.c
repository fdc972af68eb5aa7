/* SPDX-License-Identifier: MIT */
#include "vmm/observe/trace_follow.h"

#include <errno.h>
#include <stdlib.h>

#include <lde/ledger.h>

#include "vmm/observe/trace_schema.h"

/* As the ring has them: zeroes, of files, copies. */
enum { ZERO = 2, FILE_PAGE = 3, COPY = 4 };

struct trace_process {
	bool is_new;             /* never READY yet */
	bool has_fault;          /* that is not over... */
	bool fault_has_waited;   /* ...and others ran meanwhile, and had faults of their own */
	uint32_t syscall;        /* the last */
	uint64_t fault_address;
};

int trace_follower_init(struct trace_follower *follower, uint32_t classes)
{
	*follower = (struct trace_follower){.classes = classes | LDE_TRACE_C_PROCESS};
	/* 4 MiB of which only what is used is ever touched. */
	follower->processes = calloc(TRACE_NR_PIDS, sizeof(*follower->processes));
	return follower->processes ? 0 : -ENOMEM;
}

void trace_follower_fini(struct trace_follower *follower)
{
	free(follower->processes);
	follower->processes = NULL;
}

static enum lde_switch_reason reason_of(const struct lde_trace_record *record)
{
	switch ((uint32_t)record->args[0]) {
	case LDE_STATE_READY:
		return record->args[0] >> 32 == LDE_WHY_YIELDED ? LDE_SWITCH_YIELDED : LDE_SWITCH_PREEMPTED;
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
		record->args[0] = (uint32_t)record->args[0];
		follower->processes[prev].fault_has_waited = true;
		return true;
	}
	record->code = LDE_SWITCH_FROM_IDLE;
	record->args[0] = LDE_STATE_NONE;
	return follower->pid != 0;
}

static void note_new(struct trace_follower *follower, const struct lde_trace_record *record)
{
	if (record->args[0] < TRACE_NR_PIDS)
		follower->processes[record->args[0]].is_new = true;
}

static void complete_wakeup(struct trace_follower *follower, struct lde_trace_record *record)
{
	record->code = 0;
	if (record->args[0] >= TRACE_NR_PIDS)
		return;
	record->code = follower->processes[record->args[0]].is_new;
	follower->processes[record->args[0]].is_new = false;
}

static void open_fault(struct trace_process *process, const struct lde_trace_record *record)
{
	process->fault_address = record->args[0];
	process->has_fault = true;
	process->fault_has_waited = false;
}

/* How many pages of each kind came while it was open tells what it was. One that
 * has waited was for a page of a file. */
static void close_fault(struct trace_process *process, struct lde_trace_record *record)
{
	uint64_t nr = -(record->args[ZERO] + record->args[FILE_PAGE] + record->args[COPY]);

	record->code = record->args[COPY]	 ? LDE_FAULT_COPY
		       : record->args[FILE_PAGE] ? LDE_FAULT_FILE
		       : record->args[ZERO]	 ? LDE_FAULT_ZERO
						 : LDE_FAULT_OTHER;
	if (!process->has_fault || process->fault_has_waited) {
		record->code = process->has_fault ? LDE_FAULT_FILE : LDE_FAULT_OTHER;
		nr = process->has_fault;
	}
	record->args[0] = process->fault_address;
	record->args[1] = nr;
	process->has_fault = false;
}

bool trace_follower_complete(struct trace_follower *follower, struct lde_trace_record *record)
{
	const struct trace_kind *kind = trace_schema_kind(record->kind);
	struct trace_process *process = &follower->processes[follower->pid];
	bool is_event = true;

	record->pid = (uint16_t)follower->pid;
	switch (record->kind) {
	case LDE_TRACE_SCHED_SWITCH:
		is_event = complete_switch(follower, record);
		break;
	case LDE_TRACE_PROCESS_FORK:
		record->pid = (uint16_t)record->args[5];
		note_new(follower, record);
		break;
	case LDE_TRACE_SCHED_WAKEUP:
		complete_wakeup(follower, record);
		break;
	case LDE_TRACE_SYSCALL_ENTRY:
		process->syscall = record->code;
		break;
	case LDE_TRACE_SYSCALL_EXIT:
		record->code = process->syscall;
		break;
	case LDE_TRACE_FAULT_ENTRY:
		open_fault(process, record);
		break;
	case LDE_TRACE_FAULT_EXIT:
		close_fault(process, record);
		break;
	}
	return is_event && (!kind || kind->class & follower->classes);
}
