/* SPDX-License-Identifier: MIT */
#include "guest/sys/group.h"

#include <asm/siginfo.h>
#include <asm/signal.h>

#include "guest/sys/syscall.h"

#define for_each_process(p)                                                                        \
	for (struct process *p = process_find_from(1); p; p = process_find_from(p->pid + 1))

bool group_signal(uint32_t group, int sig, const struct signal_info *info)
{
	bool found = false;

	for_each_process(p) {
		if (p->group != group || p->state == LDE_STATE_ZOMBIE)
			continue;
		found = true;
		if (sig)
			signal_send(p, sig, info);
	}
	return found;
}

bool group_is_in_session(uint32_t group, uint32_t session)
{
	const struct process *leader = process_find(group);

	if (leader && leader->group == group && leader->session == session)
		return true;
	for_each_process(p)
		if (p->group == group && p->session == session)
			return true;
	return false;
}

bool group_is_orphaned(uint32_t group, const struct process *without)
{
	for_each_process(p) {
		const struct process *parent = p->parent;

		if (p->group != group || p == without || p->state == LDE_STATE_ZOMBIE)
			continue;
		if (group_has_outside_parent(p))
			return false;
		if (parent && parent != without && parent->group != group &&
		    parent->session == p->session)
			return false;
	}
	return true;
}

static bool has_stopped(uint32_t group)
{
	for_each_process(p)
		if (p->group == group && p->state == LDE_STATE_STOPPED)
			return true;
	return false;
}

static void wake_orphans(uint32_t group, const struct process *without)
{
	const struct signal_info info = { SI_KERNEL, 0, 0 };

	if (!has_stopped(group) || !group_is_orphaned(group, without))
		return;
	group_signal(group, SIGHUP, &info);
	group_signal(group, SIGCONT, &info);
}

void group_note_end(const struct process *p)
{
	const struct process *parent = p->parent;

	if (group_has_outside_parent(p) ||
	    (parent && parent->group != p->group && parent->session == p->session))
		wake_orphans(p->group, p);
	list_for_each(l, &p->children) {
		const struct process *child = list_entry(l, struct process, siblings);

		if (child->group != p->group && child->session == p->session)
			wake_orphans(child->group, p);
	}
}

/* ---- system calls ---------------------------------------------------- */

static int check_setpgid(const struct process *p, uint32_t group)
{
	const struct process *caller = current();

	if (p != caller) {
		if (p->session != caller->session)
			return -EPERM;
		if (p->has_executed)
			return -EACCES;
	}
	if (p->session == p->pid)
		return -EPERM;
	return group == p->pid || group_is_in_session(group, caller->session) ? 0 : -EPERM;
}

int64_t sys_setpgid(struct trap_frame *f)
{
	uint32_t pid = arg_int(f, 0), group = arg_int(f, 1);
	struct process *p = pid ? process_find(pid) : current();
	int err;

	if (arg_int(f, 1) < 0)
		return -EINVAL;
	if (!p || (p != current() && p->parent != current()))
		return -ESRCH;
	if (!group)
		group = p->pid;
	err = check_setpgid(p, group);
	if (!err)
		p->group = group;
	return err;
}

int64_t sys_getpgid(struct trap_frame *f)
{
	struct process *p = arg_int(f, 0) ? process_find(arg_int(f, 0)) : current();

	return p ? (int64_t)p->group : -ESRCH;
}

int64_t sys_getpgrp(struct trap_frame *f)
{
	(void)f;
	return current()->group;
}

int64_t sys_setsid(struct trap_frame *f)
{
	struct process *p = current();

	(void)f;
	if (p->group == p->pid || group_is_in_session(p->pid, p->session))
		return -EPERM;
	p->group = p->session = p->pid;
	return p->pid;
}

int64_t sys_getsid(struct trap_frame *f)
{
	struct process *p = arg_int(f, 0) ? process_find(arg_int(f, 0)) : current();

	return p ? (int64_t)p->session : -ESRCH;
}
