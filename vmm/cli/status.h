/* SPDX-License-Identifier: MIT */
/* The exit status of lde, as timeout(1), env(1) and docker run have it. */
#ifndef VMM_CLI_STATUS_H
#define VMM_CLI_STATUS_H

#define STATUS_ASSERTION      1 /* --max-exits */
#define STATUS_TIMEOUT        124
#define STATUS_LDE_FAILED     125
#define STATUS_CANNOT_EXECUTE 126
#define STATUS_NOT_FOUND      127
#define STATUS_SIGNAL         128 /* + the signal's number */

struct machine_report;

/*
 * The status for a machine that has run: that of the first program in
 * command-line order that failed, else 0; 124, 125 or 128+N if the machine
 * itself was ended.
 */
int status_of_report(const struct machine_report *report);

#endif
