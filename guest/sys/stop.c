/* SPDX-License-Identifier: MIT */
#include "guest/sys/stop.h"

#include <asm/siginfo.h>

#include "guest/core/sched.h"
#include "guest/core/wait.h"
#include "guest/dev/tty.h"
#include "guest/lib/errno.h"
#include "guest/sys/group.h"

#define STATUS_STOPPED(sig) ((sig) << 8 | 0x7f)
#define STATUS_CONTINUED    0xffff

uint32_t stop_nr_stopped;

/* Not so in a group that nobody would ever continue. */
static bool can_stop(const struct process *p, int sig)
{
	return sig == SIGSTOP || !group_is_orphaned(p->group, NULL);
}

static void tell_parent(struct process *p, int code, int sig, uint32_t status)
{
	struct process *parent = p->parent;
	struct signal_info info = { .code = code, .pid = p->pid, .value = sig };

	p->job_status = status;
	if (!parent)
		return;
	if (!parent->signals || !(parent->signals->actions[SIGCHLD - 1].flags & SA_NOCLDSTOP))
		signal_send(parent, SIGCHLD, &info);
	wait_wake_all(&parent->child_ended);
}

/* ---- lde is stopped with its programs -------------------------------- */

int stop_suspend_signal; /* what a program of the command line was stopped by */

static void note_stop(struct process *p, int sig)
{
	stop_nr_stopped++;
	if (group_has_outside_parent(p))
		stop_suspend_signal = sig;
	tell_parent(p, CLD_STOPPED, sig, STATUS_STOPPED(sig));
}

/* stopping: one that is about to be, or NULL. */
static bool have_all_jobs_stopped(const struct process *stopping)
{
	for (struct process *p = process_find_from(1); p; p = process_find_from(p->pid + 1))
		if (p != stopping && group_has_outside_parent(p) && p->state != LDE_STATE_ZOMBIE &&
		    p->state != LDE_STATE_STOPPED)
			return false;
	return true;
}

bool stop_has_jobs(void)
{
	for (struct process *p = process_find_from(1); p; p = process_find_from(p->pid + 1))
		if (group_has_outside_parent(p) && p->state != LDE_STATE_ZOMBIE)
			return true;
	return false;
}

/* Stops lde, if that is due; when it goes on an interrupt comes, and so does
 * stop_resume_jobs. */
static void suspend(const struct process *stopping)
{
	int sig = stop_suspend_signal;

	if (!have_all_jobs_stopped(stopping))
		return;
	stop_suspend_signal = 0;
	tty_suspend(sig);
}

void stop_resume_jobs(void)
{
	const struct signal_info info = { SI_KERNEL, 0, 0 };

	for (struct process *p = process_find_from(1); p; p = process_find_from(p->pid + 1))
		if (group_has_outside_parent(p) && p->state == LDE_STATE_STOPPED)
			group_signal(p->group, SIGCONT, &info);
	group_signal(tty_foreground(), SIGCONT, &info);
}

void stop_settle_suspended(void)
{
	suspend(NULL);
}

/* ---------------------------------------------------------------------- */

void stop_process(int sig)
{
	struct process *p = current();

	if (!can_stop(p, sig))
		return;
	note_stop(p, sig);
	if (group_has_outside_parent(p))
		suspend(p);
	sched_stop();
}

void stop_waiting(struct process *p, int sig)
{
	if (!can_stop(p, sig))
		return;
	wait_stop(p);
	note_stop(p, sig);
}

void stop_end(struct process *p, int sig)
{
	stop_nr_stopped--;
	p->job_status = 0;
	if (sig == SIGCONT)
		tell_parent(p, CLD_CONTINUED, SIGCONT, STATUS_CONTINUED);
	p->wait_result = p->needs_attention ? -EINTR : 0;
	sched_ready(p);
}
