/* SPDX-License-Identifier: MIT */
/* System calls that make processes. */
#include <asm/signal.h>
#include <linux/sched.h>

#include "guest/arch/monitor.h"
#include "guest/arch/traps.h"
#include "guest/core/rlimit.h"
#include "guest/core/sched.h"
#include "guest/core/wait.h"
#include "guest/fs/table.h"
#include "guest/lib/ledger.h"
#include "guest/mm/space.h"
#include "guest/sys/signals.h"
#include "guest/sys/syscall.h"

/* What clone(2) is asked for, of what is offered. */
struct fork_args {
	uint64_t flags;
	vaddr_t stack;      /* 0: the parent's */
	vaddr_t parent_tid, child_tid;
	uint64_t tls;
};

/* What fork, vfork and posix_spawn of the C libraries ask for. */
#define CLONE_ACCEPTED                                                                             \
	(CSIGNAL | CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID |             \
	 CLONE_CHILD_CLEARTID | CLONE_SETTLS | CLONE_UNTRACED)

/* The first thing a child does: return from the system call that made it. */
static void child_begin(void)
{
	struct process *p = current();

	process_note_first_run(p);
	if (p->child_tid) {
		put_user(p->child_tid, &p->pid, sizeof(p->pid));
		p->child_tid = 0;
	}
	return_handler(process_frame(p));
}

static bool share_or_copy(struct process *parent, struct process *child, uint64_t flags)
{
	if (flags & CLONE_VM || !limits.private_memory) {
		child->space = parent->space;
		child->space->users++;
	} else {
		child->space = space_clone(parent->space);
	}
	child->files = file_table_clone(parent->files);
	return child->space && child->files && signals_copy(parent, child);
}

/* A child that did not come to be. */
static void give_up(struct process *child)
{
	if (child->space)
		space_put(child->space);
	if (child->files)
		file_table_put(child->files);
	signals_release(child);
	list_remove(&child->siblings);
	process_note_end();
	process_destroy(child);
}

static struct process *make_child(const struct trap_frame *f, const struct fork_args *args)
{
	struct process *parent = current();
	struct trap_frame *frame;
	struct process_name name;
	struct process *child;

	sched_finish(); /* may be two pages and a number more */
	memcpy(name.text, parent->record->name, sizeof(name.text));
	child = process_create(child_begin, LDE_JOB_NONE, &name);
	if (!child)
		return NULL;
	process_adopt(parent, child);
	if (!share_or_copy(parent, child, args->flags)) {
		give_up(child);
		return NULL;
	}
	child->cwd = parent->cwd;
	inode_get(child->cwd);
	child->program = inode_run(parent->program);
	child->umask = parent->umask;
	child->nr_groups = parent->nr_groups;
	child->processes_limit = parent->processes_limit;
	rlimit_inherit(child, parent);
	child->share = parent->share;
	child->has_left_tty = parent->has_left_tty;
	memcpy(child->alternate_stack, parent->alternate_stack, sizeof(child->alternate_stack));
	context_copy_live(&child->context);
	child->context.root = child->space->tables.root;
	frame = process_frame(child);
	*frame = *f;
	frame->rax = 0;
	if (args->stack)
		frame->rsp = args->stack;
	if (args->flags & CLONE_SETTLS)
		child->context.fs_base = args->tls;
	if (args->flags & CLONE_CHILD_SETTID)
		child->child_tid = args->child_tid;
	if (args->flags & CLONE_CHILD_CLEARTID)
		child->clear_tid = args->child_tid;
	return child;
}

/* The first time people are told, unless the program has set the limit itself. */
static int64_t refuse_child(enum process_room room)
{
	static struct lde_notice notice;
	const struct process *p = current();

	ledger.forks_refused++;
	if (notice.kind || room == PROCESS_OWN_LIMIT)
		return -EAGAIN;
	notice.kind = LDE_NOTICE_FORK_REFUSED;
	notice.pid = p->pid;
	notice.reason = room == PROCESS_LIMIT ? LDE_REASON_PROCESSES : LDE_REASON_OUT_OF_MEMORY;
	notice.addr = process_max();
	memcpy(notice.name, p->record->name, sizeof(notice.name));
	monitor_notice(&notice);
	return -EAGAIN;
}

static int64_t fork_process(struct trap_frame *f, const struct fork_args *args)
{
	struct wait_queue done;
	struct process *child;
	enum process_room room;
	uint32_t pid;

	if (args->flags & CLONE_SETTLS && args->tls >= USER_END)
		return -EPERM;
	if (args->flags & CLONE_PARENT_SETTID) /* no waiting between making and starting it */
		user_bring_all(current()->space, args->parent_tid, sizeof(pid), ACCESS_WRITE);
	room = process_room(current());
	if (unlikely(room != PROCESS_FITS))
		return refuse_child(room);
	child = make_child(f, args);
	if (unlikely(!child)) {
		refuse_child(PROCESS_NO_MEMORY);
		return -ENOMEM;
	}
	pid = child->pid;
	if (args->flags & CLONE_PARENT_SETTID)
		put_user(args->parent_tid, &pid, sizeof(pid));
	sched_ready(child);
	if (args->flags & CLONE_VFORK) {
		wait_queue_init(&done);
		child->vfork_done = &done;
		wait_uninterrupted(&done); /* the child is on our stack */
	}
	return pid;
}

int64_t sys_fork(struct trap_frame *f)
{
	return fork_process(f, &(struct fork_args){ .flags = SIGCHLD });
}

int64_t sys_vfork(struct trap_frame *f)
{
	return fork_process(f, &(struct fork_args){ .flags = SIGCHLD | CLONE_VM | CLONE_VFORK });
}

int64_t sys_clone(struct trap_frame *f)
{
	struct fork_args args = {
		.flags = arg_u64(f, 0),
		.stack = arg_u64(f, 1),
		.parent_tid = arg_u64(f, 2),
		.child_tid = arg_u64(f, 3),
		.tls = arg_u64(f, 4),
	};

	/* Threads: memory shared by two that both run. */
	if (args.flags & ~(uint64_t)CLONE_ACCEPTED ||
	    (args.flags & CLONE_VM && !(args.flags & CLONE_VFORK))) {
		ledger.threads_refused++;
		return -ENOSYS;
	}
	return fork_process(f, &args);
}

/* Every libc does with clone what it cannot do with this. */
int64_t sys_clone3(struct trap_frame *f)
{
	(void)f;
	return -ENOSYS;
}
