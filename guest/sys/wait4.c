/* SPDX-License-Identifier: MIT */
/* System calls that wait for children. */
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/resource.h>
#include <linux/wait.h>

#include "guest/arch/offload.h"
#include "guest/core/clock.h"
#include "guest/core/wait.h"
#include "guest/sys/syscall.h"

/* One thread is everybody: what they choose among makes no difference. */
#define WAIT_OF_THREADS (__WALL | __WCLONE | __WNOTHREAD)

/* Whom a wait is for. */
struct wait_for {
	enum { WAIT_ANY, WAIT_PID, WAIT_GROUP } kind;
	uint32_t id;
	bool is_nohang, is_nowait;
	bool is_for_ended, is_for_stopped, is_for_continued;
};

static bool is_waited_for(const struct wait_for *w, const struct process *child)
{
	return w->kind != WAIT_GROUP || child->group == w->id;
}

/* Whether there is something to tell of child, which is waited for, and was not yet. */
static bool has_news(const struct wait_for *w, const struct process *child)
{
	if (child->state == LDE_STATE_ZOMBIE)
		return w->is_for_ended;
	return child->job_status && (child->state == LDE_STATE_STOPPED ? w->is_for_stopped :
									 w->is_for_continued);
}

/* A look at p's children: one that there is to tell of, and one that there is at all. */
struct look {
	const struct wait_for *w;
	const struct process *p;
	struct process *found, *any; /* out */
};

static void look_at_one(struct look *l)
{
	struct process *child = process_find(l->w->id);

	l->any = child && child->parent == l->p ? child : NULL;
	l->found = l->any && has_news(l->w, child) ? child : NULL;
}

static void look_at_list(struct look *l, const struct list *children, bool may_have_news)
{
	list_for_each(at, children) {
		struct process *child = list_entry(at, struct process, siblings);

		if (!is_waited_for(l->w, child))
			continue;
		l->any = child;
		if (may_have_news && has_news(l->w, child))
			l->found = child;
		if (l->found || !may_have_news)
			return;
	}
}

static uint64_t look_at_all(void *arg)
{
	struct look *l = arg;

	look_at_list(l, &l->p->zombies, l->w->is_for_ended);
	if (!l->found)
		look_at_list(l, &l->p->children, l->w->is_for_stopped || l->w->is_for_continued);
	return 0;
}

static void look_at_children(struct look *l)
{
	const struct wait_for *w = l->w;

	l->found = l->any = NULL;
	if (w->kind == WAIT_PID)
		look_at_one(l);
	else if (w->kind == WAIT_ANY && !w->is_for_stopped && !w->is_for_continued)
		look_at_all(l); /* the first ones will do */
	else
		offload_call(look_at_all, l);
}

/* The child that there is to tell of: in *child, NULL if none and is_nohang. */
static int wait_for_child(const struct wait_for *w, struct process **child)
{
	struct look look = { .w = w, .p = current() };
	int err = 0;

	for (;;) {
		look_at_children(&look);
		*child = look.found;
		if (*child)
			return 0;
		if (!look.any)
			return -ECHILD;
		if (w->is_nohang)
			return 0;
		if (err) /* the signal may have been that of the child: looked again */
			return -ERESTARTSYS;
		err = wait_on(&current()->child_ended, WAIT_FOREVER);
	}
}

static struct rusage rusage_of(const struct process *child)
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
	return usage;
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
	struct rusage usage;
	uint32_t child_pid, status;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | WAIT_OF_THREADS))
		return -EINVAL;
	if (pid == INT32_MIN) /* no group has the number that this would be */
		return -ESRCH;
	w.kind = pid == -1 ? WAIT_ANY : pid > 0 ? WAIT_PID : WAIT_GROUP;
	w.id = pid > 0 ? (uint32_t)pid : pid ? -(uint32_t)pid : current()->group;
	err = wait_for_child(&w, &child);
	if (err || !child)
		return err;
	child_pid = child->pid;
	status = status_of(child);
	if (arg_u64(f, 3))
		usage = rusage_of(child);
	settle(child); /* others may run while it is told */
	if (arg_u64(f, 1) && put_user(arg_u64(f, 1), &status, sizeof(status)))
		return -EFAULT;
	if (arg_u64(f, 3) && put_user(arg_u64(f, 3), &usage, sizeof(usage)))
		return -EFAULT;
	return child_pid;
}

static siginfo_t info_of(const struct process *child)
{
	int status = status_of(child), signal = status & 0x7f;
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = SIGCHLD;
	info.si_pid = child->pid;
	info.si_code = signal ? CLD_KILLED : CLD_EXITED;
	info.si_status = signal ? signal : status >> 8;
	if (child->state != LDE_STATE_ZOMBIE) {
		bool is_stopped = child->state == LDE_STATE_STOPPED;

		info.si_code = is_stopped ? CLD_STOPPED : CLD_CONTINUED;
		info.si_status = is_stopped ? status >> 8 : SIGCONT;
	}
	return info;
}

/* What lies behind the last member that waitid(2) has something for is left alone. */
#define INFO_BYTES (offsetof(siginfo_t, si_status) + sizeof(int))

static int put_info(vaddr_t dst, const siginfo_t *info)
{
	return dst ? put_user(dst, info, INFO_BYTES) : 0;
}

/* To info_at and usage_at, unless they are 0. */
static int tell_info(struct process *child, bool is_nowait, vaddr_t info_at, vaddr_t usage_at)
{
	struct rusage usage = rusage_of(child);
	siginfo_t info = info_of(child);

	if (!is_nowait)
		settle(child); /* others may run while it is told */
	if (usage_at && put_user(usage_at, &usage, sizeof(usage)))
		return -EFAULT;
	return put_info(info_at, &info);
}

int64_t sys_waitid(struct trap_frame *f)
{
	static const siginfo_t nobody; /* told, whatever the reason */
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
		if ((int)w.id < 0)
			return -EINVAL;
		w.kind = WAIT_GROUP;
		if (!w.id)
			w.id = current()->group;
		break;
	case P_PIDFD:
		return (int)w.id < 0 ? -EINVAL : -EBADF; /* there are none */
	default:
		return -EINVAL;
	}
	do {
		err = wait_for_child(&w, &child);
		if (!err && child)
			return tell_info(child, w.is_nowait, arg_u64(f, 2), arg_u64(f, 4));
		if (put_info(arg_u64(f, 2), &nobody))
			return -EFAULT;
		/* While that was told, the signal may have been taken back. */
	} while (err == -ERESTARTSYS && !current()->needs_attention);
	return err;
}
