/* SPDX-License-Identifier: MIT */
/*
 * Signals: sent to a process, seen to on its way back to ring 3 (signal(7)).
 */
#ifndef GUEST_SYS_SIGNALS_H
#define GUEST_SYS_SIGNALS_H

#include "guest/arch/frame.h"
#include "guest/core/process.h"

#define SIGNALS_MAX 64
#define SIGNAL_BIT(s) (1ull << ((s)-1))
/* Nobody can block, ignore or catch these: SIGKILL and SIGSTOP. */
#define UNSTOPPABLE (SIGNAL_BIT(9) | SIGNAL_BIT(19))

/* As rt_sigaction(2) passes it; the C library's differs. */
struct sigaction_user {
	uint64_t handler, flags, restorer, mask;
};

/* A flag of the kernel's own, which Linux has not: no program can be at the handler's
 * address, and to return there would be a fault in ring 0. In the byte of SA_RESETHAND,
 * so that one instruction tests both. */
#define SIGNAL_HANDLER_OUTSIDE 0x20000000
/* Another one, in the same byte: more than one of the signal is pending (signal_queue.h). */
#define SIGNAL_HAS_MORE 0x02000000
#define SIGNAL_OWN_FLAGS (SIGNAL_HANDLER_OUTSIDE | SIGNAL_HAS_MORE)

/* From here on each signal that is sent arrives, not only one of a kind (SIGRTMIN). */
#define SIGNAL_QUEUED_MIN 32
#define SIGNALS_QUEUED (~0ull << (SIGNAL_QUEUED_MIN - 1))

/* Where a signal comes from, for siginfo. */
struct signal_info {
	int32_t code;   /* SI_USER and the like */
	uint32_t pid;   /* the sender, or the child */
	uint64_t value; /* faulting address; of SIGCHLD: the status; what rt_sigqueueinfo sends */
};

struct signal_queued;

/* A page of its own, from the first rt_sigaction on. */
struct signal_page {
	struct sigaction_user actions[SIGNALS_MAX];
	struct signal_info infos[SIGNALS_MAX]; /* of the pending ones */
	uint64_t blocks[SIGNALS_MAX];          /* while the handler runs: the mask, and often itself */
	struct signal_queued *last_queued[SIGNALS_MAX - SIGNAL_QUEUED_MIN + 1];
	uint32_t nr_queued; /* of all signals together */
};

/* Sends sig to p, from the kernel or as info says (NULL: from the running
 * process by kill). What p ignores is dropped. */
void signal_send(struct process *p, int sig, const struct signal_info *info);

/* The same for one of which each is to arrive as it was sent: 0, or -EAGAIN if p has as
 * many pending as it may. */
int signal_send_each(struct process *p, int sig, const struct signal_info *info);

/*
 * Takes a pending signal of the set off the running process, with where it comes
 * from: no handler runs. 0 if none is pending.
 */
int signal_take(uint64_t set, struct signal_info *info);

/* The running process has done what ends in sig, like writing to a pipe that
 * nobody reads. */
void signal_send_current(int sig);

/*
 * An exception in the running process: true if it has a handler that will run
 * on the way back, false if it is to die of it.
 */
bool signal_raise_fault(int sig, int code, uint64_t addr);

/*
 * On the way back to ring 3 when needs_attention is set: takes the default
 * action, or changes frame so that the handler runs. Does not return if the
 * process ends. is_syscall: frame is a system call's, with its result in rax.
 */
void signal_attend(struct trap_frame *frame, bool is_syscall);

/* Whether p does not want to know. */
bool signal_is_ignored(const struct process *p, int sig);

/* Recomputes needs_attention after the mask or what is pending has changed. */
static inline void signal_check(struct process *p)
{
	p->needs_attention = p->signals_pending & ~p->signal_mask;
}

/* fork: child gets a copy of what parent has said. False without memory. */
bool signals_copy(const struct process *parent, struct process *child);
/* The end: gives everything back. */
void signals_release(struct process *p);
/* Where has_only_senders, when fewer signals are blocked or pending: drops those that
 * are ignored, which no handler can be for, and the page when none is left. */
void signals_settle(struct process *p);
/* execve: handlers go, what is ignored stays ignored. */
void signals_reset_handlers(struct process *p);

#endif
