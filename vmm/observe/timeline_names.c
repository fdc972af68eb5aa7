/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sys/wait.h>

#include "vmm/observe/notice.h"
#include "vmm/observe/timeline.h"

uint64_t timeline_turnaround_ns(const struct timeline_process *process)
{
	return process->ended_ns == TIMELINE_NEVER ? TIMELINE_NEVER
						   : process->ended_ns - process->created_ns;
}

uint64_t timeline_response_ns(const struct timeline_process *process)
{
	return process->first_run_ns == TIMELINE_NEVER
		       ? TIMELINE_NEVER
		       : process->first_run_ns - process->created_ns;
}

const char *timeline_mode_name(uint32_t mode)
{
	static const char *const names[TIMELINE_NR_MODES] = {
		[TIMELINE_IDLE] = "idle",
		[TIMELINE_USER] = "user",
		[TIMELINE_KERNEL] = "kernel",
		[TIMELINE_EXITED] = "VMM",
	};

	return mode < TIMELINE_NR_MODES ? names[mode] : "?";
}

const char *timeline_state_name(uint32_t state)
{
	static const char *const names[LDE_NR_STATES] = {
		[LDE_STATE_NONE] = "NONE",	 [LDE_STATE_READY] = "READY",
		[LDE_STATE_RUNNING] = "RUNNING", [LDE_STATE_BLOCKED] = "BLOCKED",
		[LDE_STATE_ZOMBIE] = "ZOMBIE",	 [LDE_STATE_STOPPED] = "STOPPED",
	};

	return state < LDE_NR_STATES ? names[state] : "?";
}

const char *timeline_reason_name(uint32_t reason)
{
	static const char *const names[TIMELINE_NR_REASONS] = {
		[TIMELINE_BY_NOTHING] = "",
		[TIMELINE_BY_START] = "new",
		[TIMELINE_BY_WAKEUP] = "woken",
		[TIMELINE_BY_YIELD] = "yielded",
		[TIMELINE_BY_PREEMPTION] = "preempted",
		[TIMELINE_BY_WAIT] = "waits",
		[TIMELINE_BY_SIGNAL] = "by a signal",
	};

	return reason < TIMELINE_NR_REASONS ? names[reason] : "?";
}

const char *timeline_status(const struct timeline_process *process, char *out, size_t size)
{
	int status = (int)process->status;

	if (!process->has_exited)
		snprintf(out, size, "%s", "");
	else if (WIFSIGNALED(status))
		notice_signal_name(WTERMSIG(status), out, size);
	else
		snprintf(out, size, "exit %d", WEXITSTATUS(status));
	return out;
}
