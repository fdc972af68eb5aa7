/* SPDX-License-Identifier: MIT */
/*
 * Signals: what a program says of them is kept, and the default action is
 * taken. Handlers are not called (docs/syscalls.md).
 */
#include <asm/signal.h>

#include "guest/arch/direct.h"
#include "guest/mm/page.h"
#include "guest/sys/exit.h"
#include "guest/sys/signals.h"
#include "guest/sys/syscall.h"

#define SIGNALS_MAX  64
#define SIGSET_BYTES 8
#define SIGNAL_BIT(s) (1ull << ((s)-1))

/* Nobody can block, ignore or catch these. */
#define UNSTOPPABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))

/* signal(7): by default these do nothing, or stop and continue, which is not
 * offered. */
#define IGNORED_BY_DEFAULT                                                                         \
	(SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH) | SIGNAL_BIT(SIGCONT) |   \
	 SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))

/* As rt_sigaction(2) passes it; the C library's differs. */
struct sigaction_user {
	uint64_t handler, flags, restorer, mask;
};

/* A page of its own, from the first rt_sigaction on. */
struct signal_actions {
	struct sigaction_user actions[SIGNALS_MAX];
};
_Static_assert(sizeof(struct signal_actions) <= PAGE_SIZE, "one page");

static bool is_signal(int sig)
{
	return sig >= 1 && sig <= SIGNALS_MAX;
}

void signals_release(struct process *p)
{
	if (p->signals)
		page_put(direct_paddr(p->signals));
	p->signals = NULL;
}

void signals_reset_handlers(struct process *p)
{
	for (int i = 0; p->signals && i < SIGNALS_MAX; i++)
		if (p->signals->actions[i].handler != (uint64_t)SIG_IGN)
			p->signals->actions[i] = (struct sigaction_user){ 0 };
}

static struct sigaction_user *action_of(struct process *p, int sig)
{
	if (!p->signals) {
		paddr_t pa = page_alloc_zeroed();

		if (!pa)
			return NULL;
		p->signals = direct_map(pa);
	}
	return &p->signals->actions[sig - 1];
}

int64_t sys_rt_sigaction(struct trap_frame *f)
{
	int sig = arg_int(f, 0);
	struct sigaction_user new, old, *action;

	if (arg_u64(f, 3) != SIGSET_BYTES || !is_signal(sig))
		return -EINVAL;
	if (arg_u64(f, 1) && get_user(&new, arg_u64(f, 1), sizeof(new)))
		return -EFAULT;
	if (arg_u64(f, 1) && SIGNAL_BIT(sig) & UNSTOPPABLE)
		return -EINVAL;
	action = action_of(current(), sig);
	if (!action)
		return -ENOMEM;
	old = *action;
	if (arg_u64(f, 1)) {
		*action = new;
		action->mask &= ~UNSTOPPABLE;
	}
	return arg_u64(f, 2) ? put_user(arg_u64(f, 2), &old, sizeof(old)) : 0;
}

int64_t sys_rt_sigprocmask(struct trap_frame *f)
{
	struct process *p = current();
	uint64_t set, old = p->signal_mask;

	if (arg_u64(f, 3) != SIGSET_BYTES)
		return -EINVAL;
	if (arg_u64(f, 1)) {
		if (get_user(&set, arg_u64(f, 1), sizeof(set)))
			return -EFAULT;
		switch (arg_int(f, 0)) {
		case SIG_BLOCK:
			set |= old;
			break;
		case SIG_UNBLOCK:
			set = old & ~set;
			break;
		case SIG_SETMASK:
			break;
		default:
			return -EINVAL;
		}
		p->signal_mask = set & ~UNSTOPPABLE;
	}
	return arg_u64(f, 2) ? put_user(arg_u64(f, 2), &old, sizeof(old)) : 0;
}

#define SS_ONSTACK 1
#define SS_DISABLE 2

struct stack_user {
	uint64_t sp;
	int32_t flags;
	int32_t unused;
	uint64_t size;
};

/* Kept as told; nothing runs on it. */
int64_t sys_sigaltstack(struct trap_frame *f)
{
	struct process *p = current();
	struct stack_user new, old = { p->alternate_stack[0], p->alternate_stack[1], 0,
				       p->alternate_stack[2] };

	if (!old.size)
		old.flags = SS_DISABLE;
	if (arg_u64(f, 0)) {
		if (get_user(&new, arg_u64(f, 0), sizeof(new)))
			return -EFAULT;
		if (new.flags & ~SS_DISABLE)
			return -EINVAL;
		if (!(new.flags & SS_DISABLE) && new.size < 2048)
			return -ENOMEM;
		p->alternate_stack[0] = new.flags ? 0 : new.sp;
		p->alternate_stack[1] = new.flags;
		p->alternate_stack[2] = new.flags ? 0 : new.size;
	}
	return arg_u64(f, 1) ? put_user(arg_u64(f, 1), &old, sizeof(old)) : 0;
}

static bool is_ignored(const struct process *p, int sig)
{
	uint64_t handler = p->signals ? p->signals->actions[sig - 1].handler : 0;

	if (handler == (uint64_t)SIG_IGN)
		return true;
	return handler == (uint64_t)SIG_DFL && SIGNAL_BIT(sig) & IGNORED_BY_DEFAULT;
}

void signal_send_current(int sig)
{
	if (!is_ignored(current(), sig))
		exit_kill(current(), STATUS_SIGNALED(sig));
}

static int64_t send(int pid, int sig)
{
	struct process *p = process_find(pid);

	if (sig && !is_signal(sig))
		return -EINVAL;
	if (pid <= 0 || !p || p->state == LDE_STATE_ZOMBIE)
		return -ESRCH;
	if (sig && !is_ignored(p, sig))
		exit_kill(p, STATUS_SIGNALED(sig));
	return 0;
}

int64_t sys_kill(struct trap_frame *f)
{
	int pid = arg_int(f, 0);

	return send(pid ? pid : (int)current()->pid, arg_int(f, 1));
}

int64_t sys_tkill(struct trap_frame *f)
{
	return arg_int(f, 0) <= 0 ? -EINVAL : send(arg_int(f, 0), arg_int(f, 1));
}

int64_t sys_tgkill(struct trap_frame *f)
{
	if (arg_int(f, 0) <= 0 || arg_int(f, 1) <= 0)
		return -EINVAL;
	return arg_int(f, 0) == arg_int(f, 1) ? send(arg_int(f, 1), arg_int(f, 2)) : -ESRCH;
}
