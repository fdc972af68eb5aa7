/* SPDX-License-Identifier: MIT */
/* What a process has said about signals. */
#ifndef GUEST_SYS_SIGNALS_H
#define GUEST_SYS_SIGNALS_H

#include "guest/core/process.h"

/* Gives back what rt_sigaction took. */
void signals_release(struct process *p);

/* For execve: handlers go, what is ignored stays ignored. */
void signals_reset_handlers(struct process *p);

/* The running process has done what ends in sig, like writing to a pipe that
 * nobody reads. May not return. */
void signal_send_current(int sig);

#endif
