/* SPDX-License-Identifier: MIT */
/*
 * Scheduling by the logical clock: a policy around the policy, which counts in ticks
 * of that clock, wakes who waited for them, and lets them pass while the CPU has
 * nothing to do. So the scheduler and the policies stay as they are, and a run on
 * the real clock is not touched.
 *
 * At the end of a tick, in this order: what the system call does; the process whose
 * slice is over goes back into the queue; the policy is told of the new tick; who
 * waited for it becomes READY; the policy picks.
 */
#ifndef GUEST_CORE_LOGICAL_POLICY_H
#define GUEST_CORE_LOGICAL_POLICY_H

#include "guest/core/policy.h"

/* Whether devices outside have something to finish: who waits for that keeps the CPU,
 * so that the schedule does not depend on when they do. Before the first process. */
void logical_set_world(bool (*is_at_work)(void));

/* What is to be given to sched_init in the place of inner. After logical_init. */
const struct policy_ops *logical_policy(const struct policy_ops *inner);

/* The running process has used a tick, which ended in that system call; before it
 * is done. */
void logical_use_tick(uint32_t syscall_nr);

/* After it: others may get the CPU first. */
void logical_end_tick(void);

/* The running process ends and has used no tick. Whether that takes one. */
bool logical_end_takes_tick(void);

#endif
