/* SPDX-License-Identifier: MIT */
/* System calls about how much of the CPU a process gets. */
#include <linux/resource.h>
#include <linux/sched.h>

#include "guest/core/clock.h"
#include "guest/core/nice.h"
#include "guest/sys/syscall.h"
#include "guest/sys/time.h"

/* Whom getpriority and setpriority mean; pid, group or user, 0: the caller's. */
struct chosen {
	int which;
	uint32_t who;
};

static int choose(struct chosen *chosen, const struct trap_frame *f)
{
	const struct process *p = current();

	*chosen = (struct chosen){ arg_int(f, 0), arg_int(f, 1) };
	switch (chosen->which) {
	case PRIO_PROCESS:
		if (!chosen->who)
			chosen->who = p->pid;
		return 0;
	case PRIO_PGRP:
		if (!chosen->who)
			chosen->who = p->group;
		return 0;
	case PRIO_USER:
		return 0;
	default:
		return -EINVAL;
	}
}

/* The first that is chosen with a number from pid on, or NULL. */
static struct process *find_chosen(const struct chosen *chosen, uint32_t pid)
{
	struct process *p;

	if (chosen->which == PRIO_PROCESS)
		return pid <= chosen->who ? process_find(chosen->who) : NULL;
	if (chosen->which == PRIO_USER)
		return chosen->who ? NULL : process_find_from(pid); /* everybody is root */
	p = process_find(pid - 1); /* 0: there is none */
	return process_next_in_group(chosen->who, p);
}

/* Of several the one that gets most. */
int64_t sys_getpriority(struct trap_frame *f)
{
	struct chosen chosen;
	int64_t result = -ESRCH;
	int err = choose(&chosen, f);

	if (err)
		return err;
	for (struct process *p = find_chosen(&chosen, 1); p; p = find_chosen(&chosen, p->pid + 1))
		result = result > 20 - p->share.nice ? result : 20 - p->share.nice;
	return result;
}

int64_t sys_setpriority(struct trap_frame *f)
{
	struct chosen chosen;
	bool found = false;
	int err = choose(&chosen, f);

	if (err)
		return err;
	for (struct process *p = find_chosen(&chosen, 1); p; p = find_chosen(&chosen, p->pid + 1)) {
		nice_set(p, arg_int(f, 2));
		found = true;
	}
	return found ? 0 : -ESRCH;
}

/* ---- scheduling classes ---------------------------------------------------- */

/*
 * Everybody is SCHED_OTHER, whatever the policy of the run. Which process a call is
 * about: NULL with the error in *err.
 */
static struct process *scheduled(int pid, int *err)
{
	struct process *p = pid > 0 ? process_find(pid) : current();

	*err = pid < 0 ? -EINVAL : p ? 0 : -ESRCH;
	return *err ? NULL : p;
}

int64_t sys_sched_getscheduler(struct trap_frame *f)
{
	int err;

	scheduled(arg_int(f, 0), &err);
	return err ? err : SCHED_NORMAL;
}

int64_t sys_sched_getparam(struct trap_frame *f)
{
	const int32_t priority = 0;
	int err;

	if (!arg_u64(f, 1))
		return -EINVAL;
	scheduled(arg_int(f, 0), &err);
	return err ? err : put_user(arg_u64(f, 1), &priority, sizeof(priority));
}

static bool is_realtime(int policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool is_policy(int policy)
{
	return policy == SCHED_NORMAL || policy == SCHED_BATCH || policy == SCHED_IDLE ||
	       policy == SCHED_DEADLINE || is_realtime(policy);
}

#define REALTIME_MAX 99

/* What would change something is not permitted, and told apart from what is wrong. */
static int64_t set_policy(int pid, int policy, vaddr_t param)
{
	bool has_flag = policy & SCHED_RESET_ON_FORK;
	int32_t priority;
	int err;

	if (!param || pid < 0)
		return -EINVAL;
	if (get_user(&priority, param, sizeof(priority)))
		return -EFAULT;
	scheduled(pid, &err);
	if (err)
		return err;
	policy &= ~SCHED_RESET_ON_FORK;
	if (!is_policy(policy) || policy == SCHED_DEADLINE) /* that has no such parameter */
		return -EINVAL;
	if ((uint32_t)priority > REALTIME_MAX || is_realtime(policy) != (priority != 0))
		return -EINVAL;
	return policy == SCHED_NORMAL && !has_flag ? 0 : -EPERM;
}

int64_t sys_sched_setscheduler(struct trap_frame *f)
{
	if (arg_int(f, 1) < 0)
		return -EINVAL;
	return set_policy(arg_int(f, 0), arg_int(f, 1), arg_u64(f, 2));
}

int64_t sys_sched_setparam(struct trap_frame *f)
{
	return set_policy(arg_int(f, 0), SCHED_NORMAL, arg_u64(f, 1));
}

int64_t sys_sched_get_priority_max(struct trap_frame *f)
{
	if (!is_policy(arg_int(f, 0)))
		return -EINVAL;
	return is_realtime(arg_int(f, 0)) ? REALTIME_MAX : 0;
}

int64_t sys_sched_get_priority_min(struct trap_frame *f)
{
	return is_policy(arg_int(f, 0)) ? is_realtime(arg_int(f, 0)) : -EINVAL;
}

/* The quantum; 0 where slices do not end. */
int64_t sys_sched_rr_get_interval(struct trap_frame *f)
{
	int err;
	const struct process *p = scheduled(arg_int(f, 0), &err);
	uint64_t ns;

	if (err)
		return err;
	ns = p->slice < POLICY_SLICE_ENDLESS ? clock_slice_to_ns(p->slice) : 0;
	return time_put_timespec(arg_u64(f, 1), ns);
}
