/* SPDX-License-Identifier: MIT */
#include "vmm/cli/demo_run.h"

#include <stdio.h>
#include <string.h>

#include "vmm/cli/session.h"

#define COLUMNS 78

static int count_words(const char *const *argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	return argc;
}

static void print_command(const char *const *argv)
{
	int column = printf("  $ lde");

	for (; *argv; argv++) {
		if (column + 1 + (int)strlen(*argv) > COLUMNS)
			column = printf(" \\\n       ") - 3;
		column += printf(" %s", *argv);
	}
	fputs("\n\n", stdout);
	fflush(stdout); /* before the programs write past stdio */
}

int demo_run(const char *const *argv, void (*take)(void *ctx, const struct machine_report *report),
	     void *ctx)
{
	struct session session;
	int status;

	print_command(argv);
	/* getopt may permute what it is given, but with "+" it does not. */
	status = session_prepare(&session, OPTIONS_RUN, count_words(argv), (char **)argv, NULL);
	session.hides_trace = true; /* the demonstration shows it, or needs none */
	if (status == SESSION_READY) {
		status = session_run(&session);
		if (session.ran && take)
			take(ctx, &session.report);
	}
	session_fini(&session);
	fputc('\n', stdout);
	return status;
}
