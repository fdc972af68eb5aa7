/* SPDX-License-Identifier: MIT */
#include "guest/sys/exit.h"

#include <asm/siginfo.h>
#include <asm/signal.h>
#include <lde/layout.h>

#include "guest/arch/event.h"
#include "guest/arch/monitor.h"
#include "guest/core/clock.h"
#include "guest/core/rlimit.h"
#include "guest/core/sched.h"
#include "guest/core/wait.h"
#include "guest/dev/tty.h"
#include "guest/fs/export.h"
#include "guest/fs/mount.h"
#include "guest/fs/table.h"
#include "guest/lib/ledger.h"
#include "guest/mm/space.h"
#include "guest/sys/group.h"
#include "guest/sys/robust.h"
#include "guest/sys/selfcheck.h"
#include "guest/sys/signals.h"
#include "guest/sys/stop.h"

static void close_record(struct process *p, int status)
{
	p->record->status = status;
	if (p->space)
		p->record->peak_pages = p->space->peak_pages;
}

void exit_release_vfork_parent(struct process *p)
{
	struct wait_queue *done = p->vfork_done;

	p->vfork_done = NULL;
	if (done)
		wait_wake_all(done);
}

/* Gives back everything but what the last switch still stands on. */
static void release(struct process *p)
{
	struct space *space = p->space;

	context_set_root(&p->context, LDE_BOOT_PT_PML4);
	p->space = NULL;
	if (space)
		space_put(space);
	if (p->files)
		file_table_put(p->files);
	p->files = NULL;
	if (p->program)
		inode_run_end(p->program);
	p->program = NULL;
	inode_put(p->cwd);
	p->cwd = NULL;
	signals_release(p);
	rlimit_release(p);
	exit_release_vfork_parent(p);
	process_abandon_children(p);
}

static _Noreturn void power_off(struct process *p)
{
	uint64_t now = clock_now();

	process_set_state(p, LDE_STATE_ZOMBIE, now);
	ledger.end_tsc = now;
	export_all();
	sched_finish();
	process_destroy(p); /* nobody takes its pages any more: we still stand on them */
	if (unlikely(selfcheck_is_on))
		selfcheck_end();
	monitor_power_off(LDE_POWEROFF_DONE);
}

static bool parent_wants_status(const struct process *parent)
{
	const struct sigaction_user *action;

	if (!parent)
		return false;
	if (!parent->signals)
		return true;
	action = &parent->signals->actions[SIGCHLD - 1];
	return action->handler != (uint64_t)SIG_IGN && !(action->flags & SA_NOCLDWAIT);
}

static void tell_parent(struct process *p, int status)
{
	bool was_killed = status & 0x7f;
	struct signal_info info = {
		.code = was_killed ? CLD_KILLED : CLD_EXITED,
		.pid = p->pid,
		.value = was_killed ? status & 0x7f : status >> 8,
	};

	signal_send(p->parent, SIGCHLD, &info);
	wait_wake_all(&p->parent->child_ended);
}

void exit_process(int status)
{
	struct process *p = current(), *parent;

	if (unlikely(selfcheck_is_on))
		selfcheck_run();
	if (p->robust_list)
		robust_end(p, true);
	parent = p->parent; /* not before: it may have ended while that waited */
	if (event_is_on(LDE_TRACE_C_PROCESS))
		event_add(LDE_TRACE_PROCESS_EXIT, status);
	close_record(p, status);
	if (unlikely(stop_nr_stopped))
		group_note_end(p);
	if (unlikely(p->session == p->pid) && tty_is_controlling(p))
		tty_end_session();
	release(p);
	if (process_nr_live() == 1)
		mount_end();
	process_note_end();
	if (!process_nr_live())
		power_off(p);
	if (parent_wants_status(parent)) {
		process_become_zombie(p);
		tell_parent(p, status);
		sched_end(NULL);
	}
	if (parent) {
		list_remove(&p->siblings);
		wait_wake_all(&parent->child_ended); /* perhaps it was the last one */
	}
	process_forget(p);
	sched_end(process_destroy);
}
