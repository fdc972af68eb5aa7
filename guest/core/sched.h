/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: gives the CPU to one READY process after the other.
 *
 * The kernel is not preempted: interrupts are off from trap to return, and a
 * process leaves the CPU in sched_block, sched_yield, sched_cond_resched or
 * sched_end, or when the timer interrupted it in ring 3 and its slice is over.
 */
#ifndef GUEST_CORE_SCHED_H
#define GUEST_CORE_SCHED_H

#include "guest/core/policy.h"
#include "guest/core/process.h"

/* is_preemptive: the timer takes the CPU back, at the end of a slice or for a
 * process that the policy puts before the running one. */
void sched_init(const struct policy_ops *policy, bool is_preemptive);

/* NONE, BLOCKED or STOPPED to READY. */
void sched_ready(struct process *p);

/* How many are READY. */
uint32_t sched_nr_ready(void);

/* Called whenever nobody is, before the CPU waits; true: somebody may be now. */
void sched_set_before_idle(bool (*fn)(void));

/* Called while nobody is: lets time pass in another way than by waiting for an
 * interrupt, and may make somebody READY. False: there is no such way. */
void sched_set_idle(bool (*pass_time)(void));

/* The running process waits: RUNNING to BLOCKED. Returns when it runs again. */
void sched_block(void);

/* The running process stops: RUNNING to STOPPED, until sched_ready. */
void sched_stop(void);

/* The running process lets others go first. */
void sched_yield(void);

/*
 * For a system call that is long and never waits, between two pieces of it: lets
 * the interrupts in that are due, and others have the CPU if the slice is over.
 * False if the process has a signal to attend to, and should end the call.
 */
bool sched_cond_resched(void);

/*
 * The running process is over: RUNNING to ZOMBIE. Unless it is NULL, on_gone(p)
 * is called when its stack is in use no more, which is seen when the next
 * process ends.
 */
_Noreturn void sched_end(void (*on_gone)(struct process *p));

/* The running process gives the CPU away because it has to: its slice is over, or
 * somebody may go before it. */
void sched_give_way(enum policy_event why);

/*
 * The timer has fired: who is to have the CPU from now on, which is another if
 * the running process's slice is over. It is RUNNING already, and what is left
 * to do is the switch. May be offloaded.
 */
struct process *sched_tick(void);
/* The switch; returns when the process that called it runs again. */
void sched_switch(struct process *next);

/* Gives back the last one that ended, if it is still there and not the running
 * one. */
void sched_finish(void);

/* For the self-check: what is wrong, or NULL; nr_ready of all processes are. */
const char *sched_check(uint32_t nr_ready);

/* Leaves the boot context for the first process. */
_Noreturn void sched_start(void);

#endif
