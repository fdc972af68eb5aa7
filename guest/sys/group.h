/* SPDX-License-Identifier: MIT */
/*
 * Process groups and sessions: the jobs of a shell, and the shells.
 *
 * Session 0 is that of whoever started lde, whose shell is the parent of the
 * command line's programs: they are one group in it, as a pipeline is.
 */
#ifndef GUEST_SYS_GROUP_H
#define GUEST_SYS_GROUP_H

#include "guest/sys/signals.h"

/* Sends sig (0: nothing) to all of the group; false: nobody lives in it. */
bool group_signal(uint32_t group, int sig, const struct signal_info *info);

/* Whether somebody is in the group, of that session; who has ended counts
 * until its parent has asked for it. */
bool group_is_in_session(uint32_t group, uint32_t session);

/*
 * Whether nobody outside the group but in its session is the parent of one in
 * it, so that nobody would continue it once it was stopped. without: a process
 * that is about to end, or NULL.
 */
bool group_is_orphaned(uint32_t group, const struct process *without);

/* p, which is about to end, still has its children: groups with stopped
 * processes that it leaves orphaned get SIGHUP and SIGCONT. */
void group_note_end(const struct process *p);

/* A program of the command line, whose parent is outside. */
static inline bool group_has_outside_parent(const struct process *p)
{
	return p->start;
}

#endif
