/* SPDX-License-Identifier: MIT */
/* Signals: sending, and what becomes of one by default. */
#include "guest/sys/signals.h"

#include <asm/resource.h>
#include <asm/siginfo.h>
#include <asm/signal.h>

#include "guest/arch/direct.h"
#include "guest/arch/event.h"
#include "guest/arch/offload.h"
#include "guest/arch/traps.h"
#include "guest/core/clock.h"
#include "guest/core/rlimit.h"
#include "guest/core/wait.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/usercopy.h"
#include "guest/sys/exit.h"
#include "guest/sys/signal_frame.h"
#include "guest/sys/signal_queue.h"
#include "guest/sys/stop.h"
#include "guest/sys/syscall.h"

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

/* Whether p, which waits, is to be stopped where it is: no handler runs. */
static bool stops_in_wait(const struct process *p, int sig)
{
	return SIGNAL_BIT(sig) & STOP_SIGNALS & ~p->signals_awaited &&
	       p->state == LDE_STATE_BLOCKED && p->is_interruptible &&
	       handler_of(p, sig) == (uint64_t)SIG_DFL;
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

static inline bool is_dropped(const struct process *p, int sig)
{
	return unlikely(handler_of(p, sig) <= (uint64_t)SIG_IGN) && signal_is_ignored(p, sig) &&
	       !(p->signal_mask & SIGNAL_BIT(sig));
}

/* A page for where signals come from, as p has none for its handlers. */
static bool add_sender_page(struct process *p)
{
	paddr_t pa = page_alloc_zeroed();

	if (!pa)
		return false;
	p->signals = direct_map(pa);
	return p->has_only_senders = true;
}

/* NULL: kill(2), by the running process. */
static inline void put_info(struct signal_info *to, const struct signal_info *info)
{
	*to = info ? *info : (struct signal_info){ SI_USER, current()->pid, 0 };
}

/*
 * sig is pending and blocked; p may ask for it, and then where it comes from, though
 * it has no handlers. Whether it does now. What the kernel sends by the clock says
 * no more than that, and is not to take memory.
 */
static __attribute__((noinline)) bool keep_blocked(struct process *p, int sig,
						   const struct signal_info *info)
{
	if (!p->signals && !(info && info->code == SI_KERNEL) && add_sender_page(p))
		put_info(&p->signals->infos[sig - 1], info);
	return p->signals_awaited & SIGNAL_BIT(sig);
}

static bool may_queue(const struct process *p)
{
	return signal_queue_count(p) < rlimit_get(p, RLIMIT_SIGPENDING).soft;
}

/* sig is pending already. If there is no room for another one, that has to do. */
static __attribute__((noinline)) bool make_pending_again(struct process *p, int sig,
							 const struct signal_info *info)
{
	struct signal_info another;

	put_info(&another, info);
	if (may_queue(p))
		signal_queue_add(p, sig, &another);
	return (p->signals_awaited | ~p->signal_mask) & SIGNAL_BIT(sig);
}

/* Makes sig pending; whether p is to see to it now. */
static inline bool make_pending(struct process *p, int sig, const struct signal_info *info)
{
	const uint64_t bit = SIGNAL_BIT(sig), pending = p->signals_pending;
	struct signal_page *page = p->signals;

	if (page && likely(!(pending & bit)))
		put_info(&page->infos[sig - 1], info);
	else if (sig >= SIGNAL_QUEUED_MIN && pending & bit)
		return make_pending_again(p, sig, info);
	p->signals_pending = pending | bit;
	if (unlikely(p->signal_mask & bit))
		return keep_blocked(p, sig, info);
	return p->needs_attention = true;
}

static inline void record_send(const struct process *p, int sig, const struct signal_info *info)
{
	event_add_2(LDE_TRACE_SIGNAL_SEND, (uint32_t)sig, p->pid,
		    info ? (uint64_t)info->code : SI_USER);
}

/* What is not all too usual: to a process that does not run, and signals that stop
 * or continue one. */
static __attribute__((noinline)) void send_special(struct process *p, int sig,
						   const struct signal_info *info)
{
	const uint64_t bit = SIGNAL_BIT(sig);

	if (p->state == LDE_STATE_ZOMBIE)
		return;
	if (bit & (STOP_SIGNALS | SIGNAL_BIT(SIGCONT))) { /* one takes back the others */
		p->signals_pending &= ~(bit & STOP_SIGNALS ? SIGNAL_BIT(SIGCONT) : STOP_SIGNALS);
		signal_check(p);
		if (!p->needs_attention)
			wait_forget_interrupt(p);
	}
	if (!is_dropped(p, sig)) {
		if (event_is_on(LDE_TRACE_C_SIGNAL))
			record_send(p, sig, info);
		if (make_pending(p, sig, info))
			attract(p, sig);
	}
	if (p->state == LDE_STATE_STOPPED && (sig == SIGCONT || sig == SIGKILL))
		stop_end(p, sig);
}

/* What is not usual, and where a trace is taken; of that the most frequent, a signal to
 * who runs, is short. Apart from signal_send, so that it costs that nothing. */
static __attribute__((noinline)) void send_otherwise(struct process *p, int sig,
						     const struct signal_info *info)
{
	if (p->state != LDE_STATE_RUNNING ||
	    SIGNAL_BIT(sig) & (STOP_SIGNALS | SIGNAL_BIT(SIGCONT))) {
		send_special(p, sig, info);
	} else if (!is_dropped(p, sig)) {
		make_pending(p, sig, info);
		record_send(p, sig, info);
	}
}

void signal_send(struct process *p, int sig, const struct signal_info *info)
{
	bool can_run = p->state == LDE_STATE_RUNNING || p->state == LDE_STATE_READY;

	if (unlikely(!can_run || SIGNAL_BIT(sig) & (STOP_SIGNALS | SIGNAL_BIT(SIGCONT))) ||
	    event_is_on(LDE_TRACE_C_SIGNAL))
		send_otherwise(p, sig, info);
	else if (!is_dropped(p, sig))
		make_pending(p, sig, info);
}

/* All that sig's being pending brings with it has been seen to. */
static int queue_another(struct process *p, int sig, const struct signal_info *info)
{
	if (!signal_queue_add(p, sig, info))
		return -EAGAIN;
	if (event_is_on(LDE_TRACE_C_SIGNAL))
		record_send(p, sig, info);
	return 0;
}

int signal_send_each(struct process *p, int sig, const struct signal_info *info)
{
	bool is_blocked = p->signal_mask & SIGNAL_BIT(sig);

	if (SIGNAL_BIT(sig) & SIGNALS_QUEUED && p->state != LDE_STATE_ZOMBIE &&
	    !is_dropped(p, sig) && info->code != SI_USER) {
		if (!may_queue(p) || (is_blocked && !p->signals && !add_sender_page(p)))
			return -EAGAIN;
		if (p->signals_pending & SIGNAL_BIT(sig))
			return queue_another(p, sig, info);
	}
	signal_send(p, sig, info);
	return 0;
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

/*
 * The interval timer goes on when its signal is taken, and leaves out what has
 * passed by then: one with the shortest of intervals takes time from nobody but
 * its own process.
 */
static void rearm_alarm(struct process *p)
{
	uint64_t now = clock_timer_now(), due = p->alarm.node.key + p->alarm_interval;

	if (due <= now)
		due = now + p->alarm_interval - (now - due) % p->alarm_interval;
	timer_start(&p->alarm, due);
}

int signal_take(uint64_t set, struct signal_info *info)
{
	struct process *p = current();
	int sig;

	set &= p->signals_pending;
	if (!set)
		return 0;
	sig = signal_first(set);
	*info = p->signals ? p->signals->infos[sig - 1] :
			     (struct signal_info){ SI_KERNEL, 0, 0 };
	signal_unpend(p, sig);
	signal_check(p);
	if (sig == SIGALRM && signal_alarm_waits(p))
		rearm_alarm(p);
	if (p->has_only_senders)
		signals_settle(p);
	return sig;
}

/* What a signal does that has no handler and is not ignored. */
static void act_by_default(int sig)
{
	if (event_is_on(LDE_TRACE_C_SIGNAL))
		event_add_1(LDE_TRACE_SIGNAL_DELIVER, (uint32_t)sig, (uint64_t)SIG_DFL);
	if (!(SIGNAL_BIT(sig) & STOP_SIGNALS))
		exit_process(STATUS_SIGNALED(sig));
	stop_process(sig);
}

static void bring(vaddr_t va, unsigned access)
{
	if (!user_bring(current()->space, va, access))
		exit_process(STATUS_SIGNALED(SIGSEGV));
}

/* All that is left is to make the frame begin the handlers. */
static inline void push_frames(struct trap_frame *frame)
{
	struct process *p = current();
	uint64_t todo;

	for (;;) {
		todo = offload_call(signal_frames_push, frame);
		if (likely(!todo))
			return;
		if (todo == SIGNAL_FRAME_ALARM)
			rearm_alarm(p);
		else if (todo <= SIGNALS_MAX)
			act_by_default(todo);
		else
			bring(todo, ACCESS_WRITE);
	}
}

/*
 * Whether the system call that was cut short is to be made again: as the first
 * handler that will run wants it, or if none will. Signals that come before it
 * have no handler, and are seen to here.
 */
static bool is_to_restart(struct process *p)
{
	uint64_t set;

	while ((set = p->signals_pending & ~p->signal_mask)) {
		int sig = signal_first(set);

		if (handler_of(p, sig) > (uint64_t)SIG_IGN)
			return p->signals->actions[sig - 1].flags & SA_RESTART;
		signal_unpend(p, sig);
		if (sig == SIGALRM && signal_alarm_waits(p))
			rearm_alarm(p);
		if (!signal_is_ignored(p, sig))
			act_by_default(sig);
	}
	return true;
}

static __attribute__((noinline)) void finish_syscall(struct trap_frame *frame)
{
	if (is_to_restart(current())) {
		frame->rax = frame->syscall_nr;
		frame->rip -= 2; /* SYSCALL is 0f 05 */
	} else {
		frame->rax = (uint64_t)-EINTR;
	}
}

void signal_attend(struct trap_frame *frame, bool is_syscall)
{
	struct process *p = current();

	if (unlikely((int64_t)frame->rax == -ERESTARTSYS) && is_syscall)
		finish_syscall(frame);
	push_frames(frame);
	if (unlikely(p->is_suspended)) { /* nothing had a handler: go on waiting */
		p->is_suspended = false;
		p->signal_mask = p->mask_after_suspend;
		frame->rax = frame->syscall_nr;
		frame->rip -= 2;
		signal_check(p);
	}
}

int64_t sys_rt_sigreturn(struct trap_frame *frame)
{
	uint64_t todo;

	while (unlikely(todo = offload_call(signal_frame_pop, frame))) {
		if (todo <= SIGNALS_MAX)
			exit_process(STATUS_SIGNALED(todo));
		bring(todo, ACCESS_READ);
	}
	if (unlikely(current()->needs_attention))
		signal_attend(frame, false);
	return_handler(frame);
}

bool signals_copy(const struct process *parent, struct process *child)
{
	paddr_t pa;

	child->signal_mask = parent->signal_mask;
	if (!parent->signals || parent->has_only_senders)
		return true;
	pa = page_alloc();
	if (!pa)
		return false;
	child->signals = direct_map(pa);
	offload_copy(child->signals, parent->signals, sizeof(*child->signals));
	if (unlikely(child->signals->nr_queued))
		signal_queue_leave(child);
	return true;
}

void signals_release(struct process *p)
{
	timer_stop(&p->alarm);
	if (p->signals) {
		if (unlikely(p->signals->nr_queued))
			signal_queue_drop_all(p);
		page_put(direct_paddr(p->signals));
	}
	p->signals = NULL;
	p->has_only_senders = false;
}

void signals_settle(struct process *p)
{
	uint64_t set = p->signals_pending & ~p->signal_mask;

	while (set) {
		int sig = signal_first(set);

		set &= ~SIGNAL_BIT(sig);
		if (signal_is_ignored(p, sig))
			signal_unpend_all(p, sig);
	}
	signal_check(p);
	if (p->signals_pending)
		return;
	page_put(direct_paddr(p->signals));
	p->signals = NULL;
	p->has_only_senders = false;
}

void signals_reset_handlers(struct process *p)
{
	for (int i = 0; p->signals && i < SIGNALS_MAX; i++) {
		struct sigaction_user *action = &p->signals->actions[i];

		if (action->handler != (uint64_t)SIG_IGN)
			*action = (struct sigaction_user){ .flags = action->flags &
								    SIGNAL_HAS_MORE };
	}
}
