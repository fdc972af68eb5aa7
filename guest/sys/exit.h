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

/* The running process, made by vfork, has no more need of its parent's memory. */
void exit_release_vfork_parent(struct process *p);

#endif
