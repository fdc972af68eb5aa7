/* SPDX-License-Identifier: MIT */
/* Signals: sending, and what becomes of one by default. */
#include "guest/sys/signals.h"

#include <asm/siginfo.h>
#include <asm/signal.h>

#include "guest/arch/direct.h"
#include "guest/arch/event.h"
#include "guest/core/clock.h"
#include "guest/core/wait.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/sys/exit.h"
#include "guest/sys/signal_frame.h"
#include "guest/sys/stop.h"

_Static_assert(sizeof(struct signal_page) <= PAGE_SIZE, "one page");

/* By default these do nothing: that a process goes on is not SIGCONT's action,
 * but comes of its being sent. */
#define IGNORED_BY_DEFAULT                                                                         \
	(SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH) | SIGNAL_BIT(SIGCONT))

static uint64_t handler_of(const struct process *p, int sig)
{
	return p->signals ? p->signals->actions[sig - 1].handler : (uint64_t)SIG_DFL;
}

bool signal_is_ignored(const struct process *p, int sig)
{
	uint64_t handler = handler_of(p, sig);

	if (handler == (uint64_t)SIG_IGN)
		return sig != SIGKILL;
	return handler == (uint64_t)SIG_DFL && SIGNAL_BIT(sig) & IGNORED_BY_DEFAULT;
}

void signal_check(struct process *p)
{
	p->needs_attention = p->signals_pending & ~p->signal_mask;
}

/* Whether p, which waits, is to be stopped where it is: no handler runs. */
static bool stops_in_wait(const struct process *p, int sig)
{
	return SIGNAL_BIT(sig) & STOP_SIGNALS && p->state == LDE_STATE_BLOCKED &&
	       p->is_interruptible && handler_of(p, sig) == (uint64_t)SIG_DFL;
}

/* p has sig pending, and does not block it. */
static void attract(struct process *p, int sig)
{
	if (stops_in_wait(p, sig)) {
		p->signals_pending &= ~SIGNAL_BIT(sig);
		signal_check(p);
		stop_waiting(p, sig);
	} else {
		wait_interrupt(p);
	}
}

void signal_send(struct process *p, int sig, const struct signal_info *info)
{
	struct signal_info from_current = { SI_USER, current()->pid, 0 };
	uint64_t bit = SIGNAL_BIT(sig);

	if (p->state == LDE_STATE_ZOMBIE)
		return;
	if (bit & (STOP_SIGNALS | SIGNAL_BIT(SIGCONT))) /* one takes back the others */
		p->signals_pending &= ~(bit & STOP_SIGNALS ? SIGNAL_BIT(SIGCONT) : STOP_SIGNALS);
	if (p->signal_mask & bit || !signal_is_ignored(p, sig)) {
		if (event_is_on(LDE_TRACE_C_SIGNAL))
			event_add_2(LDE_TRACE_SIGNAL_SEND, (uint32_t)sig, p->pid,
				    info ? (uint64_t)info->code : SI_USER);
		if (p->signals && !(p->signals_pending & bit))
			p->signals->infos[sig - 1] = info ? *info : from_current;
		p->signals_pending |= bit;
		signal_check(p);
		if (p->needs_attention && !(p->signal_mask & bit))
			attract(p, sig);
	}
	if (p->state == LDE_STATE_STOPPED && (sig == SIGCONT || sig == SIGKILL))
		stop_end(p, sig);
}

void signal_send_current(int sig)
{
	signal_send(current(), sig, NULL);
}

bool signal_raise_fault(int sig, int code, uint64_t addr)
{
	struct process *p = current();
	struct signal_info info = { code, 0, addr };
	uint64_t handler = handler_of(p, sig);

	if (handler == (uint64_t)SIG_DFL || handler == (uint64_t)SIG_IGN ||
	    p->signal_mask & SIGNAL_BIT(sig))
		return false;
	signal_send(p, sig, &info);
	return true;
}

/* The pending signal to see to first, 0: none. Faults come before others. */
static int signal_next(const struct process *p)
{
	const uint64_t faults = SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) |
				SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGKILL);
	uint64_t set = p->signals_pending & ~p->signal_mask;

	if (set & faults)
		set &= faults;
	return set ? __builtin_ctzll(set) + 1 : 0;
}

/* A system call that a signal cut short: again from the start, or EINTR. */
static void finish_syscall(struct trap_frame *frame, bool restarts)
{
	if ((int64_t)frame->rax != -ERESTARTSYS)
		return;
	if (restarts) {
		frame->rax = frame->syscall_nr;
		frame->rip -= 2; /* SYSCALL is 0f 05 */
	} else {
		frame->rax = (uint64_t)-EINTR;
	}
}

/*
 * The interval timer goes on when its signal is taken, and leaves out what has
 * passed by then: one with the shortest of intervals takes time from nobody but
 * its own process.
 */
static void rearm_alarm(struct process *p)
{
	uint64_t now = clock_now(), due = p->alarm.node.key + p->alarm_interval;

	if (!p->alarm_interval || p->alarm.is_started)
		return;
	if (due <= now)
		due = now + p->alarm_interval - (now - due) % p->alarm_interval;
	timer_start(&p->alarm, due);
}

void signal_attend(struct trap_frame *frame, bool is_syscall)
{
	struct process *p = current();
	int sig;

	while ((sig = signal_next(p))) {
		uint64_t handler = handler_of(p, sig);
		struct sigaction_user *action;

		p->signals_pending &= ~SIGNAL_BIT(sig);
		if (sig == SIGALRM)
			rearm_alarm(p);
		if (signal_is_ignored(p, sig))
			continue;
		if (event_is_on(LDE_TRACE_C_SIGNAL))
			event_add_1(LDE_TRACE_SIGNAL_DELIVER, (uint32_t)sig, handler);
		if (handler == (uint64_t)SIG_DFL) {
			if (!(SIGNAL_BIT(sig) & STOP_SIGNALS))
				exit_process(STATUS_SIGNALED(sig));
			stop_process(sig);
			continue;
		}
		action = &p->signals->actions[sig - 1];
		if (is_syscall)
			finish_syscall(frame, action->flags & SA_RESTART);
		if (!signal_frame_push(frame, sig, action, &p->signals->infos[sig - 1]))
			exit_process(STATUS_SIGNALED(SIGSEGV));
		is_syscall = false; /* a second handler runs on top of the first */
	}
	if (is_syscall)
		finish_syscall(frame, true);
	if (p->is_suspended) { /* nothing had a handler: go on waiting */
		p->is_suspended = false;
		p->signal_mask = p->mask_after_suspend;
		frame->rax = frame->syscall_nr;
		frame->rip -= 2;
	}
	signal_check(p);
}

bool signals_copy(const struct process *parent, struct process *child)
{
	paddr_t pa;

	child->signal_mask = parent->signal_mask;
	if (!parent->signals)
		return true;
	pa = page_alloc();
	if (!pa)
		return false;
	child->signals = direct_map(pa);
	memcpy(child->signals, parent->signals, sizeof(*child->signals));
	return true;
}

void signals_release(struct process *p)
{
	timer_stop(&p->alarm);
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
