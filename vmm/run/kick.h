/* SPDX-License-Identifier: MIT */
/*
 * Signals from outside: SIGINT, SIGQUIT, SIGTERM, SIGHUP and a time limit end the
 * run, others are for the guest. Each makes KVM_RUN return, also if it is just
 * about to be called (kvm_run.immediate_exit, KVM API documentation, 5.).
 *
 * What the host's terminal sends because of a key, or because it is gone, is for
 * the guest's programs, whose group decides what to do; but the same key three
 * times within a second ends the run, and so does a second hangup.
 *
 * The one piece of global state in run/, since a signal handler has no argument.
 * One vCPU thread.
 */
#ifndef VMM_RUN_KICK_H
#define VMM_RUN_KICK_H

#include <stdbool.h>
#include <stdint.h>

struct kvm_run;

#define KICK_NONE    0
#define KICK_TIMEOUT (-1)

/* What is for the guest, or for the machine to see to. */
#define KICK_F_INTERRUPT 1u /* SIGINT by a key */
#define KICK_F_QUIT      2u /* SIGQUIT by a key */
#define KICK_F_HANGUP    4u
#define KICK_F_WINDOW    8u /* SIGWINCH */
#define KICK_F_STOP      16u /* SIGTSTP */
#define KICK_F_CONTINUED 32u /* SIGCONT */

/*
 * Takes over the signals and ignores SIGPIPE; one that was ignored before stays so
 * (nohup(1)), one that was blocked and waits comes now. Those of a stop, of going on and of the window only where
 * there is a terminal to look after. Starts the clock if timeout_ns is not 0. 0
 * or -errno; then nothing is changed. The caller is the vCPU thread.
 */
int kick_install(struct kvm_run *run, uint64_t timeout_ns, bool has_terminal);

/*
 * Begins anew: what has come is forgotten, and the time limit is that long from
 * now on. 0 or -errno.
 */
int kick_restart(uint64_t timeout_ns);

/* Puts everything back. Before run is unmapped. */
void kick_remove(void);

/* KICK_F_*: what has come since the last call. On the vCPU thread. */
uint32_t kick_take_events(void);

/* Ends the run as if the signal had come first. From any thread. */
void kick_end(int signal);

/* KICK_NONE, KICK_TIMEOUT, or the number of the first signal that came. */
int kick_reason(void);

#endif
