/* SPDX-License-Identifier: MIT */
/* The end of a process. */
#ifndef GUEST_SYS_EXIT_H
#define GUEST_SYS_EXIT_H

#include "guest/core/process.h"

/* Status as wait(2) has it. */
#define STATUS_EXITED(code)   (((code) & 0xff) << 8)
#define STATUS_SIGNALED(sig)  ((sig) & 0x7f)

/* Ends the running process; its memory and files are given back. */
_Noreturn void exit_process(int status);

/* Ends p with status: at once if it is running or blocked, else when it next
 * runs. Does not return if p is the running process. */
void exit_kill(struct process *p, int status);

/* The running process has been killed by another. */
_Noreturn void exit_killed(void);

#endif
