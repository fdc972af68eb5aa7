/* SPDX-License-Identifier: MIT */
/*
 * Processes: one running program each, with its registers, its address space
 * and its state.
 *
 * A process has two pages of its own in the kernel: struct process with the
 * vector state behind it, and a kernel stack with the trap frame at its top.
 */
#ifndef GUEST_CORE_PROCESS_H
#define GUEST_CORE_PROCESS_H

#include <lde/ledger.h>

#include "guest/arch/context.h"
#include "guest/arch/cpu.h"
#include "guest/core/policy.h"
#include "guest/core/timer.h"
#include "guest/lib/list.h"
#include "guest/lib/string.h"

struct space;
struct file_table;
struct inode;
struct rlimits;

/* See wait.h. */
struct wait_queue {
	struct list waiters;
};

static inline void wait_queue_init(struct wait_queue *queue)
{
	list_init(&queue->waiters);
}

struct process {
	struct context context;
	struct space *space;
	uint32_t pid;
	enum lde_process_state state; /* process_set_state only */
	uint64_t state_since;         /* TSC */
	uint64_t slice_end;           /* TSC; of the turn that runs */
	uint64_t slice;               /* ticks; the policy's */
	struct list queue_link;       /* run queue, or a wait queue */
	struct policy_share share;
	struct policy_state policy;
	struct lde_process_record *record;
	bool needs_attention;         /* a signal is to be seen to before ring 3 */
	bool is_interruptible;        /* BLOCKED in a way that a signal may end */
	uint32_t disk_epoch;          /* block.c: a disk has made it READY, see there */
	int wait_result;              /* why the last wait ended: 0, -ETIMEDOUT, -EINTR */
	struct timer wait_timer;
	struct process *parent;       /* NULL: the kernel waits for it */
	struct list siblings;         /* on one of the parent's two lists */
	struct list children;         /* that live */
	struct list zombies;          /* children that have ended, for wait */
	struct wait_queue child_ended;
	struct wait_queue *vfork_done; /* of the parent that waits for exec or exit */
	uint64_t children_ticks;      /* CPU time of children waited for */
	uint32_t group, session;      /* process_set_group; session 0: that of who started lde */
	struct list in_group;         /* with those of the same group, and of some others */
	bool has_left_tty;            /* TIOCNOTTY: has no controlling terminal */
	bool has_executed;            /* execve: its parent moves it no more */
	bool has_used_tick;           /* of the logical clock */
	bool is_in_tick;              /* the same: its end is yet to come */
	uint32_t job_status;          /* stopped or continued, as wait(2) has it; 0: told */
	struct file_table *files;
	struct inode *cwd;
	struct inode *program;        /* the file that it executes */
	const void *start;            /* what the kernel started it with, for its entry */
	uint64_t clear_tid;           /* set_tid_address(2) */
	uint64_t robust_list;         /* set_robust_list(2) */
	uint64_t child_tid;           /* where a new child is to find its number */
	uint32_t umask;
	uint32_t processes_limit;     /* RLIMIT_NPROC */
	uint32_t nr_groups;           /* supplementary; all are group 0 */
	struct rlimits *rlimits;      /* the others; NULL: all as at the start */
	uint64_t alternate_stack[3];  /* sigaltstack(2): address, flags, size */
	uint64_t signal_mask, signals_pending; /* bit n - 1: signal n */
	uint64_t signals_awaited;     /* rt_sigtimedwait(2): of those that it waits for */
	uint64_t mask_after_suspend;  /* rt_sigsuspend(2): the mask of before... */
	bool is_suspended;            /* ...to come back with the handler's return */
	struct signal_page *signals;  /* NULL: all default, nothing known of senders */
	bool has_only_senders;        /* signals is for them, and goes with them */
	struct timer alarm;           /* setitimer(2) */
	uint64_t alarm_interval;      /* as clock_ns_to_timer has it; 0: once */
	struct lde_process_record own_record; /* only if the books are full */
};

#define PID_MAX 32768

/* Open files. */
#define PROCESS_FILES_MAX 1024
#define PROCESS_QUEUED_SIGNALS_MAX 1024

/* Where the parts lie in the process's first page. */
#define PROCESS_VECTOR_OFFSET 1024
_Static_assert(sizeof(struct process) <= PROCESS_VECTOR_OFFSET,
	       "struct process has outgrown its page");

static inline struct process *current(void)
{
	return this_cpu()->process;
}

static inline struct trap_frame *process_frame(const struct process *p)
{
	return (struct trap_frame *)p->context.stack_top - 1;
}

/* The program's base name, for people to read. */
struct process_name {
	char text[sizeof(((struct lde_process_record *)0)->name)];
};
struct process_name process_name_of(const char *path);

void process_init(uint32_t records_cap);

/*
 * A process in state NONE that begins in entry when it is first chosen. job is
 * its index on the command line or LDE_JOB_NONE. NULL if memory or process
 * numbers have run out.
 */
struct process *process_create(void (*entry)(void), uint32_t job,
			       const struct process_name *name);

/* A move that process_set_state does not allow. */
_Noreturn void process_panic_state(void);

/* What a state may be reached from, one bit each. */
static inline uint32_t process_legal_origins(enum lde_process_state to)
{
	switch (to) {
	case LDE_STATE_READY:
		return 1 << LDE_STATE_NONE | 1 << LDE_STATE_RUNNING | 1 << LDE_STATE_BLOCKED |
		       1 << LDE_STATE_STOPPED;
	case LDE_STATE_RUNNING:
		return 1 << LDE_STATE_READY;
	case LDE_STATE_BLOCKED:
	case LDE_STATE_ZOMBIE:
		return 1 << LDE_STATE_RUNNING;
	case LDE_STATE_STOPPED:
		return 1 << LDE_STATE_RUNNING | 1 << LDE_STATE_BLOCKED;
	default:
		return 0;
	}
}

/*
 * Changes the state; the only place that does. now is the TSC. Inline because
 * every switch comes through twice.
 */
static inline void process_set_state(struct process *p, enum lde_process_state state, uint64_t now)
{
	struct lde_process_record *r = p->record;

	if (unlikely(!(process_legal_origins(state) >> p->state & 1)))
		process_panic_state();
	r->state_tsc[p->state] += now - p->state_since;
	r->state = state;
	p->state = state;
	p->state_since = now;
	if (state == LDE_STATE_ZOMBIE)
		r->end_tsc = now;
}

/* Makes child a child of parent. */
void process_adopt(struct process *parent, struct process *child);

/* p is in that group from now on. */
void process_set_group(struct process *p, uint32_t group);

/* The one of the group that comes after p (NULL: the first), or NULL. Those who have ended
 * are in it until process_forget. May be offloaded. */
struct process *process_next_in_group(uint32_t group, const struct process *p);

#define for_each_in_group(p, group)                                                                \
	for (struct process *p = process_next_in_group(group, NULL); p;                            \
	     p = process_next_in_group(group, p))

/* Leaves p's children to the kernel: those that live go on without a parent,
 * those that have ended are destroyed. */
void process_abandon_children(struct process *p);

/* p has ended and its parent will ask for it: from its living children to the
 * others. */
void process_become_zombie(struct process *p);


static inline void process_set_name(struct process *p, const struct process_name *name)
{
	memcpy(p->record->name, name->text, sizeof(name->text));
}

/* Puts p, by its queue_link, on a list that is in the order of process numbers. */
void process_insert_by_pid(struct list *list, struct process *p);

/* NULL if there is none of that number. */
struct process *process_find(uint32_t pid);

/* The first process with a number from pid on, or NULL: to visit all. */
struct process *process_find_from(uint32_t pid);

/* First call of an entry function. */
static inline void process_note_first_run(struct process *p)
{
	p->record->first_run_tsc = p->state_since;
}

/* p has ended and nobody will ask for it: its number names nobody any more, though
 * it still stands on its stack. */
void process_forget(struct process *p);

/* After the last use of its stack: gives back what process_create took. */
void process_destroy(struct process *p);

/* For the self-check: what is wrong with any process, or NULL. */
const char *process_check(void);

/*
 * How many processes fork may lead to, those included that have ended and are
 * not yet waited for. 0: as many as memory suggests, and nr_first more, which
 * the command line starts.
 */
void process_set_max(uint32_t max, uint32_t nr_first);
uint32_t process_max(void);

/* Whether there may be one more child of p, and if not, why. */
enum process_room {
	PROCESS_FITS,
	PROCESS_OWN_LIMIT, /* p's RLIMIT_NPROC */
	PROCESS_LIMIT,
	PROCESS_NO_MEMORY, /* a reserve is kept for what runs */
};
enum process_room process_room(const struct process *p);

/* Not yet ZOMBIE. process_note_end: one fewer. */
uint32_t process_nr_live(void);
void process_note_end(void);

/* The state that the CPU was in before the first process. */
void process_adopt_boot_context(void *boot_stack_top);

#endif
