/* SPDX-License-Identifier: MIT */
/* What a timeline is made of, and what comes out of one; see timeline.h. */
#ifndef VMM_OBSERVE_TIMELINE_TYPES_H
#define VMM_OBSERVE_TIMELINE_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include <lde/ledger.h>

#include "vmm/observe/counters.h"
#include "vmm/observe/exit_ledger.h"
#include "vmm/observe/trace_reader.h"
#include "vmm/observe/trace_schema.h"

#define TIMELINE_NEVER UINT64_MAX /* a time that has not come */
#define TIMELINE_NO_CALL (-1)	  /* in no system call */

/* What a vCPU does. */
enum timeline_mode {
	TIMELINE_IDLE,
	TIMELINE_USER,
	TIMELINE_KERNEL,
	TIMELINE_EXITED, /* the VMM has it */
	TIMELINE_NR_MODES,
};

/* Why a process is in its state. */
enum timeline_reason {
	TIMELINE_BY_NOTHING, /* RUNNING, ended, not there */
	TIMELINE_BY_START,   /* READY: new */
	TIMELINE_BY_WAKEUP,
	TIMELINE_BY_YIELD,
	TIMELINE_BY_PREEMPTION,
	TIMELINE_BY_WAIT,   /* BLOCKED; in which system call stands beside */
	TIMELINE_BY_SIGNAL, /* STOPPED */
	TIMELINE_NR_REASONS,
};

/* A system call under way, and the sums of its process when it began. */
struct timeline_call {
	int32_t number; /* TIMELINE_NO_CALL */
	uint64_t begin_ns;
	uint64_t args[6];
	uint64_t ready_ns, blocked_ns, exited_ns;
};

/* One life: a number that is given again is another process. */
struct timeline_process {
	uint32_t idx; /* from 0, in the order of creation */
	uint32_t pid, parent;
	char name[LDE_TRACE_NAME_SIZE]; /* printable */

	uint64_t created_ns;
	uint64_t first_run_ns, ended_ns; /* or TIMELINE_NEVER */
	uint32_t status; /* as wait(2) has it, if it has ended */

	uint64_t state_ns[LDE_NR_STATES];   /* up to the last change */
	uint64_t mode_ns[TIMELINE_NR_MODES]; /* of RUNNING: all but IDLE */
	uint64_t nr_turns, nr_preempted;
	uint64_t nr_syscalls, nr_faults, nr_exits, nr_signals;

	/* Now. */
	uint8_t state; /* enum lde_process_state */
	uint8_t reason;
	bool has_exited; /* PROCESS_EXIT has come */
	bool in_trap;	 /* in a fault or another exception */
	bool is_starting; /* the kernel makes it its program */
	bool has_executed; /* its last call was an execve that worked */
	uint32_t vcpu;	 /* while RUNNING */
	int32_t wait_call; /* while BLOCKED: in which system call */
	uint64_t since_ns; /* in this state */
	struct timeline_call call;
};

struct timeline_vcpu {
	bool is_used;
	bool is_booting; /* no process has run yet */
	bool in_irq;
	uint8_t mode;
	int64_t process_idx; /* -1: none */
	uint64_t since_ns;
	uint64_t exited_until_ns;
	uint64_t mode_ns[TIMELINE_NR_MODES];
	/* The span that is not out yet. */
	uint8_t open_mode;
	int64_t open_process;
	uint64_t open_begin_ns, open_end_ns;
};

/* Of all calls of one number. */
struct timeline_syscall {
	struct exit_counter time;
	uint64_t nr_errors;
	uint64_t ready_ns, blocked_ns, exited_ns; /* the rest is the kernel's */
};

#define TIMELINE_NR_CALLS (LDE_NR_SYSCALLS + 1) /* the last: all other numbers */

/* A request to a disk that is not done. */
struct timeline_request {
	uint64_t serial; /* from 1; of this request alone, unlike number */
	uint64_t disk, number, sector, nr_sectors;
	uint64_t begin_ns;
	uint32_t op;
	int64_t process_idx;
};

/* All requests to one. */
struct timeline_disk {
	uint64_t number; /* as st_rdev has it */
	struct exit_counter time;
};

#define TIMELINE_REQUESTS_MAX	256
#define TIMELINE_VIOLATIONS_MAX 16
#define TIMELINE_DISKS_MAX	16

struct timeline_violation {
	uint64_t ns;
	char text[120];
};

/* ---- what comes out --------------------------------------------------- */

struct timeline_span {
	const struct timeline_process *process; /* NULL: none */
	uint64_t begin_ns, end_ns;
	uint32_t state;	 /* enum lde_process_state */
	uint32_t reason; /* enum timeline_reason */
	int32_t syscall; /* in which it is; TIMELINE_NO_CALL */
};

struct timeline_occupation {
	const struct timeline_process *process;
	uint64_t begin_ns, end_ns;
	uint32_t vcpu;
	uint32_t mode;
};

struct timeline_call_span {
	const struct timeline_process *process;
	uint64_t begin_ns, end_ns;
	uint32_t number;
	bool has_result; /* it came back */
	int64_t result;
	const uint64_t *args; /* 6 */
};

struct timeline_disk_span {
	const struct timeline_process *process;
	const struct timeline_request *request;
	uint64_t end_ns;
	bool is_done;
	uint32_t error; /* errno, or 0 */
};

struct timeline_exit_span {
	const struct timeline_process *process;
	uint64_t begin_ns, end_ns;
	uint32_t vcpu, cause;
	uint64_t reason, address;
	int32_t syscall;
};

/* Any may be NULL. Pointers hold during the call. Spans of no length do not
 * come, but for calls and requests. */
struct timeline_sink {
	void *ctx;
	void (*state)(void *ctx, const struct timeline_span *span);
	void (*occupation)(void *ctx, const struct timeline_occupation *span);
	void (*call)(void *ctx, const struct timeline_call_span *span);
	void (*disk)(void *ctx, const struct timeline_disk_span *span);
	void (*exit)(void *ctx, const struct timeline_exit_span *span);
	/* Every event, before what it changes; process: whose it is. */
	void (*event)(void *ctx, const struct trace_event *event,
		      const struct timeline_process *process);
};

struct timeline {
	struct trace_info info;
	struct timeline_sink sink;
	uint64_t begin_ns, end_ns;
	uint64_t nr_events;
	uint64_t counts[LDE_TRACE_NR_KINDS];
	bool has_end; /* RUN_END has come */

	struct timeline_process *processes;
	uint32_t nr_processes, cap_processes;
	uint32_t nr_in_state[LDE_NR_STATES];
	uint32_t *by_pid; /* index + 1 of the latest of that number */
	struct timeline_vcpu vcpus[TRACE_VCPUS_MAX];
	struct timeline_request requests[TIMELINE_REQUESTS_MAX];
	uint32_t nr_requests;
	uint64_t nr_issued; /* so far */

	struct timeline_syscall *calls[TIMELINE_NR_CALLS]; /* NULL: none */
	struct exit_counter wake_latency; /* from the wake-up to the CPU */
	struct exit_counter ready_wait;	  /* after a preemption or a yield */
	struct timeline_disk disks[TIMELINE_DISKS_MAX]; /* in the order of their first use */
	uint32_t nr_disks;
	/* By process, whose pid here is the index + 1. */
	struct exit_ledger exits;

	struct timeline_violation violations[TIMELINE_VIOLATIONS_MAX];
	uint64_t nr_violations;
	int failed; /* -errno: no memory */
};

static inline uint64_t timeline_length_ns(const struct timeline *timeline)
{
	return timeline->end_ns - timeline->begin_ns;
}

/* Whether the states of processes are known at all. */
static inline bool timeline_has_states(const struct timeline *timeline)
{
	return timeline->info.classes & LDE_TRACE_C_SCHED;
}

/* Whether user and kernel can be told apart. */
static inline bool timeline_has_modes(const struct timeline *timeline)
{
	const uint32_t traps = LDE_TRACE_C_SYSCALL | LDE_TRACE_C_IRQ | LDE_TRACE_C_FAULT;

	return (timeline->info.classes & traps) == traps;
}

#endif
