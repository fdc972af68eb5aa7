/* SPDX-License-Identifier: MIT */
/* The frame that a handler runs on, in the program's own stack. */
#ifndef GUEST_SYS_SIGNAL_FRAME_H
#define GUEST_SYS_SIGNAL_FRAME_H

#include "guest/sys/signals.h"

/*
 * Saves what frame and the vector registers hold on the program's stack, or on
 * its alternate one, and makes frame enter action's handler. False if the stack
 * is no good.
 */
bool signal_frame_push(struct trap_frame *frame, int sig, const struct sigaction_user *action,
		       const struct signal_info *info);

/* rt_sigreturn(2): the reverse, from where the program's rsp points. */
bool signal_frame_pop(struct trap_frame *frame);

#endif
