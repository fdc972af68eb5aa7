/* SPDX-License-Identifier: MIT */
/*
 * Stopping the guest from outside: SIGINT, SIGTERM, SIGHUP and a time limit
 * make KVM_RUN return, also if it is just about to be called
 * (kvm_run.immediate_exit, KVM API documentation, 5.).
 *
 * The one piece of global state in the VMM, since a signal handler has no
 * argument. One vCPU thread.
 */
#ifndef VMM_RUN_KICK_H
#define VMM_RUN_KICK_H

#include <stdint.h>

struct kvm_run;

#define KICK_NONE    0
#define KICK_TIMEOUT (-1)

/*
 * Takes over the signals and ignores SIGPIPE; one that was ignored before
 * stays so (nohup(1)). Starts the clock if timeout_ns is not 0. 0 or -errno;
 * then nothing is changed.
 */
int kick_install(struct kvm_run *run, uint64_t timeout_ns);

/* Puts everything back. Before run is unmapped. */
void kick_remove(void);

/* KICK_NONE, KICK_TIMEOUT, or the number of the first signal that came. */
int kick_reason(void);

#endif
