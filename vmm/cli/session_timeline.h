/* SPDX-License-Identifier: MIT */
/* A run with --timeline: its trace, for a time if nobody wants it, and the report. */
#ifndef VMM_CLI_SESSION_TIMELINE_H
#define VMM_CLI_SESSION_TIMELINE_H

#include "vmm/cli/session.h"

/* session_run, and if --timeline was given the report on stderr after it. */
int session_timeline_run(struct session *session);

#endif
