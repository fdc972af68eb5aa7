/* SPDX-License-Identifier: MIT */
/* System calls that make processes and wait for them. */
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "guest/arch/monitor.h"
#include "guest/arch/traps.h"
#include "guest/core/clock.h"
#include "guest/core/rlimit.h"
#include "guest/core/sched.h"
#include "guest/core/wait.h"
#include "guest/fs/table.h"
#include "guest/lib/ledger.h"
#include "guest/lib/string.h"
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
		user_bring(current()->space, args->parent_tid, ACCESS_WRITE);
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

/* Whom a wait is for. */
/* One thread is everybody: what they choose among makes no difference. */
#define WAIT_OF_THREADS (__WALL | __WCLONE | __WNOTHREAD)

struct wait_for {
	enum { WAIT_ANY, WAIT_PID, WAIT_GROUP } kind;
	uint32_t id;
	bool is_nohang, is_nowait;
	bool is_for_ended, is_for_stopped, is_for_continued;
};

static bool is_waited_for(const struct wait_for *w, const struct process *child)
{
	return w->kind == WAIT_ANY || (w->kind == WAIT_PID && child->pid == w->id) ||
	       (w->kind == WAIT_GROUP && child->group == w->id);
}

static struct process *find_child(const struct wait_for *w, struct list *children)
{
	list_for_each(l, children) {
		struct process *child = list_entry(l, struct process, siblings);

		if (is_waited_for(w, child))
			return child;
	}
	return NULL;
}

/* A child that has stopped or gone on, which nobody was told yet. */
static struct process *find_changed(const struct wait_for *w, struct list *children)
{
	if (!w->is_for_stopped && !w->is_for_continued)
		return NULL;
	list_for_each(l, children) {
		struct process *child = list_entry(l, struct process, siblings);
		bool is_stopped = child->state == LDE_STATE_STOPPED;

		if (child->job_status && is_waited_for(w, child) &&
		    (is_stopped ? w->is_for_stopped : w->is_for_continued))
			return child;
	}
	return NULL;
}

/* The child that there is to tell of: in *child, NULL if none and is_nohang. */
static int wait_for_child(const struct wait_for *w, struct process **child)
{
	struct process *p = current();
	int err = 0;

	for (;;) {
		*child = w->is_for_ended ? find_child(w, &p->zombies) : NULL;
		if (!*child)
			*child = find_changed(w, &p->children);
		if (*child)
			return 0;
		if (!find_child(w, &p->children) && !find_child(w, &p->zombies))
			return -ECHILD;
		if (w->is_nohang)
			return 0;
		if (err) /* the signal may have been that of the child: looked again */
			return -ERESTARTSYS;
		err = wait_on(&p->child_ended, WAIT_FOREVER);
	}
}

static int put_child_rusage(vaddr_t dst, const struct process *child)
{
	struct rusage usage = { 0 };
	uint64_t us = clock_ticks_to_ns(child->record->state_tsc[LDE_STATE_RUNNING] +
					child->children_ticks) / 1000;

	usage.ru_utime.tv_sec = us / 1000000;
	usage.ru_utime.tv_usec = us % 1000000;
	usage.ru_maxrss = child->record->peak_pages * 4;
	usage.ru_minflt = child->record->page_faults;
	usage.ru_nvcsw = child->record->switches_voluntary;
	usage.ru_nivcsw = child->record->switches_preempted;
	return put_user(dst, &usage, sizeof(usage));
}

static uint32_t status_of(const struct process *child)
{
	return child->state == LDE_STATE_ZOMBIE ? (uint32_t)child->record->status :
						  child->job_status;
}

/* The parent has been told. Of one that has ended, the number is free again. */
static void settle(struct process *child)
{
	if (child->state != LDE_STATE_ZOMBIE) {
		child->job_status = 0;
		return;
	}
	current()->children_ticks += child->record->state_tsc[LDE_STATE_RUNNING] +
				     child->children_ticks;
	list_remove(&child->siblings);
	process_destroy(child);
}

/* Where results go, for who waits for more than ends: a child that is stopped may end
 * at any time, but not between the look at it and its telling. */
static void bring_results(vaddr_t result, uint64_t bytes, vaddr_t usage)
{
	if (result)
		user_bring_all(current()->space, result, bytes, ACCESS_WRITE);
	if (usage)
		user_bring_all(current()->space, usage, sizeof(struct rusage), ACCESS_WRITE);
}

int64_t sys_wait4(struct trap_frame *f)
{
	int pid = arg_int(f, 0), options = arg_int(f, 2), err;
	struct wait_for w = {
		.is_nohang = options & WNOHANG,
		.is_for_ended = true,
		.is_for_stopped = options & WUNTRACED,
		.is_for_continued = options & WCONTINUED,
	};
	struct process *child;
	uint32_t child_pid, status;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | WAIT_OF_THREADS))
		return -EINVAL;
	w.kind = pid == -1 ? WAIT_ANY : pid > 0 ? WAIT_PID : WAIT_GROUP;
	w.id = pid > 0 ? (uint32_t)pid : pid ? -(uint32_t)pid : current()->group;
	if (options & (WUNTRACED | WCONTINUED))
		bring_results(arg_u64(f, 1), sizeof(status), arg_u64(f, 3));
	err = wait_for_child(&w, &child);
	if (err || !child)
		return err;
	child_pid = child->pid;
	status = status_of(child);
	if (arg_u64(f, 1) && put_user(arg_u64(f, 1), &status, sizeof(status)))
		return -EFAULT;
	if (arg_u64(f, 3) && put_child_rusage(arg_u64(f, 3), child))
		return -EFAULT;
	settle(child);
	return child_pid;
}

static int put_child_info(vaddr_t dst, const struct process *child)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	if (child) {
		int status = status_of(child), signal = status & 0x7f;

		info.si_signo = SIGCHLD;
		info.si_pid = child->pid;
		info.si_code = signal ? CLD_KILLED : CLD_EXITED;
		info.si_status = signal ? signal : status >> 8;
		if (child->state != LDE_STATE_ZOMBIE) {
			bool is_stopped = child->state == LDE_STATE_STOPPED;

			info.si_code = is_stopped ? CLD_STOPPED : CLD_CONTINUED;
			info.si_status = is_stopped ? status >> 8 : SIGCONT;
		}
	}
	return put_user(dst, &info, sizeof(info));
}

int64_t sys_waitid(struct trap_frame *f)
{
	int options = arg_int(f, 3), err;
	struct wait_for w = {
		.id = arg_int(f, 1),
		.is_nohang = options & WNOHANG,
		.is_nowait = options & WNOWAIT,
		.is_for_ended = options & WEXITED,
		.is_for_stopped = options & WSTOPPED,
		.is_for_continued = options & WCONTINUED,
	};
	struct process *child;

	if (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | WAIT_OF_THREADS) ||
	    !(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	switch (arg_int(f, 0)) {
	case P_ALL:
		w.kind = WAIT_ANY;
		break;
	case P_PID:
		if ((int)w.id <= 0)
			return -EINVAL;
		w.kind = WAIT_PID;
		break;
	case P_PGID:
		w.kind = WAIT_GROUP;
		if (!w.id)
			w.id = current()->group;
		break;
	case P_PIDFD:
		return -EBADF; /* there are none */
	default:
		return -EINVAL;
	}
	if (options & (WSTOPPED | WCONTINUED))
		bring_results(arg_u64(f, 2), sizeof(siginfo_t), arg_u64(f, 4));
	err = wait_for_child(&w, &child);
	/* Filled in whatever came out: with zeroes if nobody did. */
	if (arg_u64(f, 2) && put_child_info(arg_u64(f, 2), err ? NULL : child))
		return -EFAULT;
	if (err)
		return err;
	if (child && arg_u64(f, 4) && put_child_rusage(arg_u64(f, 4), child))
		return -EFAULT;
	if (child && !w.is_nowait)
		settle(child);
	return 0;
}
