/* SPDX-License-Identifier: MIT */
/*
 * What the demonstrations have in common: commands, shown and run, in a folder
 * of their own; and the page of all that, if one is wanted.
 *
 * For the page the output of everything goes into memory, with a mark in it
 * after each run, in the place of which the page has the run's timeline.
 */
#ifndef VMM_CLI_DEMO_RUN_H
#define VMM_CLI_DEMO_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

#include "vmm/base/scratch.h"
#include "vmm/cli/capture.h"
#include "vmm/run/machine.h"

struct demo_stage {
	struct scratch folder;  /* the current one, while it is open */
	int home;               /* the one before */
	unsigned int nr_traces; /* that were made for the page only */
	FILE *page;             /* NULL: none is wanted */
	struct capture capture;
	struct sigaction old_pipe;
};

/* One run; argv is that of main without "lde", NULL-terminated. */
struct demo_command {
	const char *const *argv;
	const char *trace; /* record one of that name; or NULL */
	bool has_chart;	   /* and print its chart */
	void (*take)(void *ctx, const struct machine_report *report); /* or NULL */
	void *ctx;
};

/* page is where one goes, or NULL. 0, or the exit status after a message. One stage is
 * open at a time; until it is closed SIGPIPE does not end lde. */
int demo_stage_open(struct demo_stage *stage, FILE *page);

/* status is what the demonstration has come to; the page is written if it is 0.
 * Returns status, or that of a failure here; or SIGPIPE ends lde now, if it came. */
int demo_stage_close(struct demo_stage *stage, const char *title, int status);

/* Prints the command as one would type it, and runs it, unless nobody reads that any
 * more. Returns its exit status; take is called with the report if the guest ran. */
int demo_run(struct demo_stage *stage, const struct demo_command *command);

#endif
