/* SPDX-License-Identifier: MIT */
/* From a session that has run to the summary that vmm/observe prints. */
#ifndef VMM_CLI_SESSION_SUMMARY_H
#define VMM_CLI_SESSION_SUMMARY_H

#include "vmm/cli/session.h"
#include "vmm/observe/summary.h"

struct session_summary {
	struct summary summary; /* borrows from the session and from below */
	struct summary_kvm_stat *kvm_stats;
	struct summary_disk disks[DISK_DISKS_MAX];
	struct summary_console console;
	char *command;
};

/* 0 or -ENOMEM; on success session_summary_fini frees what was built. */
int session_summary_build(struct session_summary *built, const struct session *session, int status);
void session_summary_fini(struct session_summary *built);

#endif
