/* SPDX-License-Identifier: MIT */
#include "guest/sys/jobcontrol.h"

#include <asm/siginfo.h>
#include <asm/signal.h>

#include "guest/lib/errno.h"
#include "guest/sys/group.h"
#include "guest/sys/stop.h"

static void signal_group(uint32_t group, int sig)
{
	group_signal(group, sig, &(struct signal_info){ SI_KERNEL, 0, 0 });
	stop_settle();
}

/* Who does not mind the signal may write and change settings, and gets an error
 * for reading; nobody would continue a group of orphans. */
static int in_background(int sig)
{
	struct process *p = current();

	if (p->signal_mask & SIGNAL_BIT(sig) || signal_is_ignored(p, sig))
		return sig == SIGTTIN ? -EIO : 0;
	if (group_is_orphaned(p->group, NULL))
		return -EIO;
	signal_group(p->group, sig);
	return -ERESTARTSYS;
}

const struct tty_job_ops jobcontrol_ops = {
	.signal = signal_group,
	.background = in_background,
	.has_jobs = stop_has_jobs,
	.resume = stop_resume_jobs,
};
