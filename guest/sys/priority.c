/* SPDX-License-Identifier: MIT */
/* System calls about how much of the CPU a process gets. */
#include <linux/resource.h>

#include "guest/core/nice.h"
#include "guest/sys/syscall.h"

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
	p = process_find_from(pid);
	while (p && p->group != chosen->who)
		p = process_find_from(p->pid + 1);
	return p;
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
