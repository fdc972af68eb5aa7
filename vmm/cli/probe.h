/* SPDX-License-Identifier: MIT */
/*
 * The probe guest: what this host's KVM does, found out by running a program
 * in it (guest/user/probe.c) and by looking at the books of that run.
 */
#ifndef VMM_CLI_PROBE_H
#define VMM_CLI_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#define PROBE_PROGRAM       "/lde/probe"
#define PROBE_FEATURES_SIZE 128

/* Times are in ns; 0: was not measured. */
struct probe {
	bool started; /* the kernel ran and left its books */
	bool finished; /* the program ran to its end */
	int ended_by; /* the signal that cut it short; 0: none */
	bool ring0_emulated; /* and so SYSCALL does not change the mode */
	uint64_t ring; /* in which the program ran */
	uint64_t tsc_hz;
	uint64_t syscall_ns;
	uint64_t page_fault_ns;
	uint64_t yield_ns;
	uint64_t write_ns; /* with one exit to user space in it */
	uint64_t exit_ns; /* of that, what the VMM itself takes */
	uint64_t timer_late_ns;
	uint64_t timer_late_worst_ns;
	uint64_t start_ns; /* kernel's start to first user instruction */
	char features[PROBE_FEATURES_SIZE];
};

/* Runs the probe guest. False: it did not run, and a message was printed. */
bool probe_run(struct probe *probe);

/*
 * Takes the key=value lines of the program into probe, whose tsc_hz is set
 * already. Unknown keys and lines of another form are passed over.
 */
void probe_parse(struct probe *probe, const char *text);

#endif
