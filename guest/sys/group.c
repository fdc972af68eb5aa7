/* SPDX-License-Identifier: MIT */
#include "guest/sys/group.h"

#include <asm/siginfo.h>
#include <asm/signal.h>

#include "guest/arch/offload.h"
#include "guest/sys/syscall.h"

/*
 * While all of a group are told something, each may ask whether it is orphaned. That
 * does not change before the last one was told.
 */
static struct {
	uint32_t group; /* 0: none */
	bool is_known, is_orphaned;
} told;

bool group_signal(uint32_t group, int sig, const struct signal_info *info)
{
	bool found = false;

	told.group = group;
	told.is_known = false;
	for_each_in_group(p, group) {
		found = true;
		if (sig) /* who has ended is there until its parent knows, and minds nothing */
			signal_send(p, sig, info);
	}
	told.group = 0;
	return found;
}

bool group_is_in_session(uint32_t group, uint32_t session)
{
	const struct process *leader = process_find(group);

	if (leader && leader->group == group && leader->session == session)
		return true;
	for_each_in_group(p, group)
		if (p->session == session)
			return true;
	return false;
}

struct orphans {
	uint32_t group;
	const struct process *without;
};

/* Whether there is one outside that would continue them. */
static uint64_t look_for_parent(void *arg)
{
	const struct orphans *o = arg;
	const uint32_t group = o->group;
	const struct process *without = o->without;

	for_each_in_group(p, group) {
		const struct process *parent = p->parent;

		if (p == without || p->state == LDE_STATE_ZOMBIE)
			continue;
		if (group_has_outside_parent(p))
			return true;
		if (parent && parent != without && parent->group != group &&
		    parent->session == p->session)
			return true;
	}
	return false;
}

bool group_is_orphaned(uint32_t group, const struct process *without)
{
	struct orphans o = { group, without };
	bool is_orphaned;

	if (told.group == group && told.is_known && !without)
		return told.is_orphaned;
	is_orphaned = !offload_call(look_for_parent, &o);
	if (told.group == group && !without) {
		told.is_known = true;
		told.is_orphaned = is_orphaned;
	}
	return is_orphaned;
}

static bool has_stopped(uint32_t group)
{
	for_each_in_group(p, group)
		if (p->state == LDE_STATE_STOPPED)
			return true;
	return false;
}

static uint64_t has_stopped_orphans(void *arg)
{
	const struct orphans *o = arg;

	return has_stopped(o->group) && !look_for_parent(arg);
}

static void wake_orphans(uint32_t group, const struct process *without)
{
	const struct signal_info info = { SI_KERNEL, 0, 0 };
	struct orphans o = { group, without };

	if (!offload_call(has_stopped_orphans, &o))
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

	if (arg_int(f, 1) < 0 || (!group && (int)pid < 0))
		return -EINVAL;
	if (!p || (p != current() && p->parent != current()))
		return -ESRCH;
	if (!group)
		group = p->pid;
	err = check_setpgid(p, group);
	if (!err)
		process_set_group(p, group);
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
	process_set_group(p, p->pid);
	p->session = p->pid;
	return p->pid;
}

int64_t sys_getsid(struct trap_frame *f)
{
	struct process *p = arg_int(f, 0) ? process_find(arg_int(f, 0)) : current();

	return p ? (int64_t)p->session : -ESRCH;
}
