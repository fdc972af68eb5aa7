/* SPDX-License-Identifier: MIT */
#include "vmm/observe/trace_follow.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include <lde/ledger.h>

#include "vmm/observe/trace_schema.h"

#define NS_PER_SEC 1000000000u

/* As the ring has them: zeroes, of files, copies. */
enum { ZERO = 2, FILE_PAGE = 3, COPY = 4 };

struct trace_process {
	bool is_new;             /* never READY yet */
	bool is_in_fork;         /* new, and has to return from the call that made it... */
	bool has_fault;          /* that is not over... */
	bool fault_has_waited;   /* ...and others ran meanwhile, and had faults of their own */
	uint32_t syscall;        /* the last; ...which is this */
	uint64_t fault_address;
	uint32_t place;          /* lde_ring_place */
	uint32_t next_pid;       /* in the same chain, 0: none... */
	uint32_t first_pid;      /* ...of which this begins the one of places that end in pid */
};

int trace_follower_init(struct trace_follower *follower, uint32_t classes, uint64_t tsc_hz)
{
	*follower = (struct trace_follower){.classes = classes | LDE_TRACE_C_PROCESS,
					    .ns_ticks = tsc_hz / NS_PER_SEC + 1};
	/* 4 MiB of which only what is used is ever touched. */
	follower->processes = calloc(TRACE_NR_PIDS, sizeof(*follower->processes));
	return follower->processes ? 0 : -ENOMEM;
}

void trace_follower_fini(struct trace_follower *follower)
{
	free(follower->processes);
	follower->processes = NULL;
}

/* Where the number of who has that place, or 0, stands. */
static uint32_t *link_to(struct trace_process *processes, uint32_t place)
{
	uint32_t *link = &processes[place % TRACE_NR_PIDS].first_pid;

	while (*link && processes[*link].place != place)
		link = &processes[*link].next_pid;
	return link;
}

static void leave_place(struct trace_process *processes, uint32_t place)
{
	uint32_t *link = link_to(processes, place);

	*link = processes[*link].next_pid; /* nobody has none */
}

static void take_place(struct trace_process *processes, uint32_t pid, uint32_t place)
{
	uint32_t *link = link_to(processes, processes[pid].place);

	if (*link == pid)
		*link = processes[pid].next_pid;
	leave_place(processes, place); /* whoever had it before has ended */
	processes[pid].place = place;
	link = &processes[place % TRACE_NR_PIDS].first_pid;
	processes[pid].next_pid = *link;
	*link = pid;
}

static enum lde_switch_reason reason_of(enum lde_ring_why why, uint64_t state)
{
	if (why != LDE_WHY_NOT)
		return why == LDE_WHY_YIELDED ? LDE_SWITCH_YIELDED : LDE_SWITCH_PREEMPTED;
	return state == LDE_STATE_ZOMBIE ? LDE_SWITCH_ENDED : LDE_SWITCH_BLOCKED;
}

static bool complete_switch(struct trace_follower *follower, struct lde_trace_record *record,
			    enum lde_ring_why why)
{
	uint32_t prev = follower->pid;

	/* The guest's word: maybe nobody is there. */
	follower->pid = record->args[1] ? *link_to(follower->processes,
						   lde_ring_place(record->args[1])) : 0;
	record->args[1] = follower->pid;
	if (prev) {
		record->code = reason_of(why, record->args[0]);
		if (why != LDE_WHY_NOT)
			record->args[0] = LDE_STATE_READY;
		follower->processes[prev].fault_has_waited = true;
		return true;
	}
	record->code = LDE_SWITCH_FROM_IDLE;
	record->args[0] = LDE_STATE_NONE;
	return follower->pid != 0;
}

static void note_new(struct trace_follower *follower, struct lde_trace_record *record)
{
	if (record->args[0] && record->args[0] < TRACE_NR_PIDS) {
		follower->processes[record->args[0]].is_new = true;
		follower->processes[record->args[0]].is_in_fork = record->pid != 0;
		follower->processes[record->args[0]].syscall =
			follower->processes[record->pid].syscall;
		take_place(follower->processes, (uint32_t)record->args[0], record->code);
	}
	record->code = 0;
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
	enum lde_ring_why why = record->pid;
	bool is_event = true;

	record->pid = (uint16_t)follower->pid;
	switch (record->kind) {
	case LDE_TRACE_SCHED_SWITCH:
		is_event = complete_switch(follower, record, why);
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

static struct lde_trace_record returns(const struct trace_follower *follower,
				       const struct lde_trace_record *record, uint32_t number)
{
	return (struct lde_trace_record){.tsc = record->tsc + follower->ns_ticks,
					 .kind = LDE_TRACE_SYSCALL_EXIT,
					 .pid = (uint16_t)follower->pid,
					 .code = number};
}

unsigned int trace_follower_add(struct trace_follower *follower,
				const struct lde_trace_record *record,
				struct lde_trace_record added[TRACE_ADDED_MAX])
{
	const bool has_calls = follower->classes & LDE_TRACE_C_SYSCALL;
	struct trace_process *next = &follower->processes[follower->pid];
	unsigned int nr = 0;

	if (record->kind == LDE_TRACE_SYSCALL_ENTRY && record->code == SYS_rt_sigreturn && has_calls)
		added[nr++] = returns(follower, record, record->code);
	if (record->kind != LDE_TRACE_SCHED_SWITCH)
		return nr;
	if (record->args[0] == LDE_STATE_ZOMBIE && follower->classes & LDE_TRACE_C_SCHED)
		added[nr++] = (struct lde_trace_record){.tsc = record->tsc + follower->ns_ticks,
							.kind = LDE_TRACE_PROCESS_FREE,
							.pid = (uint16_t)follower->pid,
							.args[0] = record->pid};
	if (next->is_in_fork && has_calls)
		added[nr++] = returns(follower, record, next->syscall);
	next->is_in_fork = false;
	return nr;
}
