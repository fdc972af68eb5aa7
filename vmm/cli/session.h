/* SPDX-License-Identifier: MIT */
/*
 * One machine from a command line to its report: what `run`, `stat` and `top` do
 * alike, and what `demo`, `doctor` and `measure` use for their own runs.
 */
#ifndef VMM_CLI_SESSION_H
#define VMM_CLI_SESSION_H

#include <stdbool.h>

#include "vmm/cli/options.h"
#include "vmm/cli/program.h"
#include "vmm/run/machine.h"

struct session {
	struct options options;
	struct program *found; /* one for each of options.programs */
	struct machine_program *programs;
	bool want_kvm_stats; /* may be set between prepare and run */
	bool hides_trace;    /* the same: where the trace is need not be said */
	int sample_fd;	     /* the same: see machine_config.h */
	/* The same: says what the kernel has to tell; NULL: a line on stderr. */
	void (*print_notice)(void *ctx, const struct lde_notice *notice);
	struct machine_report report; /* after session_run */
	bool has_report; /* report holds something to free */
	bool ran; /* the guest ran, whatever its end */
};

/* What session_prepare returns if there is something to run. */
#define SESSION_READY (-1)

/*
 * Parses the command line, finds the programs and checks that this host has a
 * KVM. SESSION_READY, or the exit status: 0 after --help, for which
 * print_help is called, else a message has been printed.
 * session_fini is to be called in every case.
 */
int session_prepare(struct session *session, enum options_command command, int argc, char **argv,
		    void (*print_help)(void));

/*
 * Runs the machine, printing the kernel's notices as they come and, after its
 * end, the system calls that it did not know. Returns the exit status.
 */
int session_run(struct session *session);

void session_fini(struct session *session);

#endif
