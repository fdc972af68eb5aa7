/* SPDX-License-Identifier: MIT */
/* What the demonstrations have in common: a command, shown and run. */
#ifndef VMM_CLI_DEMO_RUN_H
#define VMM_CLI_DEMO_RUN_H

#include "vmm/run/machine.h"

/*
 * Prints the command as one would type it, and runs it; argv is that of main
 * without "lde", NULL-terminated. take, which may be NULL, is called with the
 * report if the guest ran. Returns the exit status.
 */
int demo_run(const char *const *argv, void (*take)(void *ctx, const struct machine_report *report),
	     void *ctx);

#endif
