/* SPDX-License-Identifier: MIT */
/* System calls about signals. */
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/time.h>

#include "guest/arch/direct.h"
#include "guest/arch/paging.h"
#include "guest/core/clock.h"
#include "guest/core/wait.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/sys/group.h"
#include "guest/sys/signal_frame.h"
#include "guest/sys/signal_queue.h"
#include "guest/sys/signals.h"
#include "guest/sys/stop.h"
#include "guest/sys/syscall.h"
#include "guest/sys/time.h"

#define SIGSET_BYTES 8

_Static_assert(UNSTOPPABLE == (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP)), "their numbers");

static bool is_signal(int sig)
{
	return sig >= 1 && sig <= SIGNALS_MAX;
}

static struct sigaction_user *action_of(struct process *p, int sig)
{
	if (!p->signals) {
		paddr_t pa = page_alloc_zeroed();

		if (!pa)
			return NULL;
		p->signals = direct_map(pa);
	}
	p->has_only_senders = false;
	return &p->signals->actions[sig - 1];
}

/* What Linux keeps of the flags, so that programs can find out which there are. */
#define SA_KNOWN                                                                                   \
	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_EXPOSE_TAGBITS | SA_RESTORER |              \
	 SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_RESETHAND)
_Static_assert(!(SA_KNOWN & SIGNAL_OWN_FLAGS), "the kernel's own are no program's");

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
	old.flags &= ~(uint64_t)SIGNAL_OWN_FLAGS;
	if (arg_u64(f, 1)) {
		bool has_more = action->flags & SIGNAL_HAS_MORE;

		*action = new;
		action->mask &= ~UNSTOPPABLE;
		action->flags &= SA_KNOWN;
		if (has_more)
			action->flags |= SIGNAL_HAS_MORE;
		if (new.handler >= USER_END)
			action->flags |= SIGNAL_HANDLER_OUTSIDE;
		current()->signals->blocks[sig - 1] =
			action->mask | (new.flags & SA_NODEFER ? 0 : SIGNAL_BIT(sig));
		if (signal_is_ignored(current(), sig))
			signal_unpend_all(current(), sig);
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
		signal_check(p);
		if (unlikely(p->has_only_senders))
			signals_settle(p);
	}
	return arg_u64(f, 2) ? put_user(arg_u64(f, 2), &old, sizeof(old)) : 0;
}

int64_t sys_rt_sigpending(struct trap_frame *f)
{
	uint64_t set = current()->signals_pending & current()->signal_mask;

	if (arg_u64(f, 1) > SIGSET_BYTES)
		return -EINVAL;
	return put_user(arg_u64(f, 0), &set, arg_u64(f, 1));
}

int64_t sys_pause(struct trap_frame *f)
{
	(void)f;
	while (!wait_on(NULL, WAIT_FOREVER))
		; /* was stopped, and goes on */
	return -EINTR;
}

/*
 * The mask of before comes back when the handler returns: the handler's frame
 * is pushed here, while the call's own mask decides which handler it is.
 */
int64_t sys_rt_sigsuspend(struct trap_frame *f)
{
	struct process *p = current();
	uint64_t set, old = p->signal_mask, during;

	if (arg_u64(f, 1) != SIGSET_BYTES)
		return -EINVAL;
	if (get_user(&set, arg_u64(f, 0), sizeof(set)))
		return -EFAULT;
	during = set & ~UNSTOPPABLE;
	p->signal_mask = during;
	signal_check(p);
	while (!p->needs_attention)
		wait_on(NULL, WAIT_FOREVER);
	p->mask_after_suspend = old;
	p->is_suspended = true;
	return -EINTR;
}

/* Of what Linux passes on, what struct signal_info has: see docs/syscalls.md. */
static struct signal_info info_from_user(int sig, const siginfo_t *from)
{
	struct signal_info info = { from->si_code, from->si_pid, (uint64_t)from->si_ptr };

	if (info.code > 0 && sig != SIGCHLD)
		info = (struct signal_info){ info.code, 0, (uint64_t)from->si_addr };
	else if (info.code > 0)
		info.value = from->si_status;
	return info;
}

/* The set has no signal pending: waits for one. 0, or why there is none. */
static int await_signal(struct process *p, uint64_t set, uint64_t deadline)
{
	int err;

	p->signals_awaited = set;
	do
		err = wait_on(NULL, deadline);
	while (!err && !(p->signals_pending & set)); /* was stopped, and goes on */
	p->signals_awaited = 0;
	return p->signals_pending & set ? 0 : err == -ETIMEDOUT ? -EAGAIN : -EINTR;
}

/* Of a timespec: 0 if there is to be no wait. */
static int get_deadline(vaddr_t timeout, uint64_t *deadline)
{
	uint64_t ns;
	int err;

	*deadline = WAIT_FOREVER;
	if (!timeout)
		return 0;
	err = time_get_timespec(timeout, &ns);
	if (!err)
		*deadline = ns ? time_deadline(ns) : 0;
	return err;
}

int64_t sys_rt_sigtimedwait(struct trap_frame *f)
{
	uint64_t set, deadline;
	struct signal_info info;
	siginfo_t out;
	int sig, err;

	if (arg_u64(f, 3) != SIGSET_BYTES)
		return -EINVAL;
	if (get_user(&set, arg_u64(f, 0), sizeof(set)))
		return -EFAULT;
	err = get_deadline(arg_u64(f, 2), &deadline);
	if (err)
		return err;
	set &= ~UNSTOPPABLE;
	sig = signal_take(set, &info);
	if (!sig) {
		err = deadline ? await_signal(current(), set, deadline) : -EAGAIN;
		if (err)
			return err;
		sig = signal_take(set, &info);
	}
	memset(&out, 0, sizeof(out));
	signal_info_put(&out, sig, &info);
	return arg_u64(f, 1) && put_user(arg_u64(f, 1), &out, sizeof(out)) ? -EFAULT : sig;
}

#define SS_DISABLE 2
#define STACK_MIN  2048

struct stack_user {
	uint64_t sp;
	int32_t flags;
	int32_t unused;
	uint64_t size;
};

int64_t sys_sigaltstack(struct trap_frame *f)
{
	struct process *p = current();
	struct stack_user new, old = { p->alternate_stack[0], 0, 0, p->alternate_stack[2] };
	bool is_on_it = f->rsp - p->alternate_stack[0] < p->alternate_stack[2];

	old.flags = !old.size ? SS_DISABLE : is_on_it;
	if (arg_u64(f, 0)) {
		if (get_user(&new, arg_u64(f, 0), sizeof(new)))
			return -EFAULT;
		if (is_on_it)
			return -EPERM;
		if (new.flags & ~SS_DISABLE)
			return -EINVAL;
		if (!(new.flags & SS_DISABLE) && new.size < STACK_MIN)
			return -ENOMEM;
		p->alternate_stack[0] = new.flags ? 0 : new.sp;
		p->alternate_stack[2] = new.flags ? 0 : new.size;
	}
	return arg_u64(f, 1) ? put_user(arg_u64(f, 1), &old, sizeof(old)) : 0;
}

/* kill(2) of everybody but the sender. */
static int64_t kill_all(int sig)
{
	bool found = false;

	for (struct process *p = process_find_from(1); p; p = process_find_from(p->pid + 1)) {
		if (p == current())
			continue;
		found = true;
		if (sig)
			signal_send(p, sig, NULL);
	}
	return found ? 0 : -ESRCH;
}

static inline int64_t kill_one(int pid, int sig, const struct signal_info *info)
{
	struct process *p = process_find(pid);

	if (unlikely(!p))
		return -ESRCH;
	if (unlikely((unsigned)sig > SIGNALS_MAX))
		return -EINVAL;
	if (likely(sig) && info)
		return signal_send_each(p, sig, info);
	if (likely(sig))
		signal_send(p, sig, NULL);
	return 0;
}

static __attribute__((noinline)) int64_t kill_many(int pid, int sig)
{
	uint32_t group = pid ? -(uint32_t)pid : current()->group;
	bool is_bad = (unsigned)sig > SIGNALS_MAX;

	/* Who is not there is missed before a signal that is not there. */
	if (pid == -1 ? kill_all(is_bad ? 0 : sig) : !group_signal(group, is_bad ? 0 : sig, NULL))
		return -ESRCH;
	return is_bad ? -EINVAL : 0;
}

int64_t sys_kill(struct trap_frame *f)
{
	int pid = arg_int(f, 0), sig = arg_int(f, 1);
	int64_t result;

	result = likely(pid > 0) ? kill_one(pid, sig, NULL) : kill_many(pid, sig);
	stop_settle();
	return result;
}

int64_t sys_tkill(struct trap_frame *f)
{
	int pid = arg_int(f, 0), sig = arg_int(f, 1);
	struct signal_info info = { SI_TKILL, current()->pid, 0 };

	if (pid <= 0)
		return -EINVAL;
	return kill_one(pid, sig, &info);
}

int64_t sys_tgkill(struct trap_frame *f)
{
	int group = arg_int(f, 0), pid = arg_int(f, 1), sig = arg_int(f, 2);
	struct signal_info info = { SI_TKILL, current()->pid, 0 };

	if (group <= 0 || pid <= 0)
		return -EINVAL;
	return group == pid ? kill_one(pid, sig, &info) : -ESRCH;
}

/* What only the kernel says may be said to oneself alone. */
static int64_t queue_info(int pid, int sig, vaddr_t from)
{
	struct signal_info info;
	siginfo_t in;
	int64_t result;

	if (get_user(&in, from, sizeof(in)))
		return -EFAULT;
	if ((in.si_code >= 0 || in.si_code == SI_TKILL) && pid != (int)current()->pid)
		return -EPERM;
	info = info_from_user(sig, &in);
	result = pid > 0 ? kill_one(pid, sig, &info) : -ESRCH;
	stop_settle();
	return result;
}

int64_t sys_rt_sigqueueinfo(struct trap_frame *f)
{
	return queue_info(arg_int(f, 0), arg_int(f, 1), arg_u64(f, 2));
}

static void alarm_fire(struct timer *timer)
{
	struct process *p = container_of(timer, struct process, alarm);
	struct signal_info info = { SI_KERNEL, 0, 0 };

	signal_send(p, SIGALRM, &info); /* goes on when that is taken */
}

struct timeval_user {
	int64_t sec, usec;
};

struct itimer_user {
	struct timeval_user interval, value;
};

static struct timeval_user to_timeval(uint64_t ticks)
{
	uint64_t us = (clock_timer_to_ns(ticks) + 999) / 1000;

	return (struct timeval_user){ us / 1000000, us % 1000000 };
}

static bool is_time(const struct timeval_user *t)
{
	return t->sec >= 0 && t->usec >= 0 && t->usec < 1000000;
}

/* All that alarm(2) can ask for, and no more than what can be added to any time. */
static uint64_t to_ticks(const struct timeval_user *t)
{
	uint64_t sec = min_u64(t->sec, UINT32_MAX);

	return min_u64(clock_ns_to_timer(sec * 1000000000 + t->usec * 1000),
		       UINT64_MAX - (1ull << 60));
}

static struct itimer_user alarm_get(const struct process *p)
{
	uint64_t now = clock_timer_now(), key = p->alarm.node.key;
	struct itimer_user it = { to_timeval(p->alarm_interval), { 0, 0 } };

	if (p->alarm.is_started)
		it.value = to_timeval(key > now ? key - now : 1);
	return it;
}

static void alarm_set(struct process *p, const struct itimer_user *it)
{
	timer_stop(&p->alarm);
	p->alarm.fire = alarm_fire;
	p->alarm_interval = 0;
	if (!it->value.sec && !it->value.usec)
		return;
	p->alarm_interval = to_ticks(&it->interval);
	timer_start(&p->alarm, clock_timer_now() + to_ticks(&it->value));
}

int64_t sys_setitimer(struct trap_frame *f)
{
	struct itimer_user new = { 0 }, old = alarm_get(current());

	/* Without a new value: none, as Linux has it against POSIX. */
	if (arg_u64(f, 1) && get_user(&new, arg_u64(f, 1), sizeof(new)))
		return -EFAULT;
	if (arg_int(f, 0) != ITIMER_REAL)
		return -EINVAL;
	if (!is_time(&new.value) || !is_time(&new.interval))
		return -EINVAL;
	alarm_set(current(), &new);
	return arg_u64(f, 2) ? put_user(arg_u64(f, 2), &old, sizeof(old)) : 0;
}

int64_t sys_getitimer(struct trap_frame *f)
{
	struct itimer_user it = alarm_get(current());

	if (arg_int(f, 0) != ITIMER_REAL)
		return -EINVAL;
	return put_user(arg_u64(f, 1), &it, sizeof(it));
}

int64_t sys_alarm(struct trap_frame *f)
{
	struct itimer_user old = alarm_get(current());
	struct itimer_user new = { { 0, 0 }, { (uint32_t)arg_u64(f, 0), 0 } };

	alarm_set(current(), &new);
	return old.value.sec + (old.value.usec >= 500000 || (!old.value.sec && old.value.usec));
}
