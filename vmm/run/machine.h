/* SPDX-License-Identifier: MIT */
/*
 * A machine from configuration to report: the one entry to the VMM for the
 * command line, which is the only layer above it.
 */
#ifndef VMM_RUN_MACHINE_H
#define VMM_RUN_MACHINE_H

#include "vmm/run/machine_config.h"

/*
 * Creates the machine, runs it to its end and takes it down. Fills report in
 * every case; machine_report_fini() releases what it holds. Returns 0 if the
 * guest ran (whatever its end), or -errno, and then a message has been logged.
 * Not reentrant: while it runs it owns the signals that kick.h names; all are put
 * back.
 */
int machine_run(const struct machine_config *config, struct machine_report *report);
void machine_report_fini(struct machine_report *report);

#endif
