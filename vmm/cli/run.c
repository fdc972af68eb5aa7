/* SPDX-License-Identifier: MIT */
/* lde run */
#include <stdio.h>

#include "vmm/cli/cli.h"
#include "vmm/cli/session.h"
#include "vmm/cli/session_timeline.h"
#include "vmm/cli/usage.h"

static void print_help(void)
{
	puts("Usage: lde run [OPTION]... [-n N] PROGRAM [ARG]...\n"
	     "              [: [-n N] PROGRAM [ARG]...]...\n"
	     "Run programs under limited direct execution, all on one virtual CPU. PROGRAM is\n"
	     "a static x86-64 executable, found as a shell finds it; a lone ':' separates\n"
	     "programs. /lde/hog, /lde/ticker and others are built in: lde help programs.\n");
	usage_print_run();
	puts("  --help             this text\n"
	     "\n"
	     "Options stand before the first PROGRAM; '\\:' passes a colon to a program. The\n"
	     "exit status is that of the first program that failed, else 0; 124 time limit;\n"
	     "125 lde itself failed; 126 cannot execute; 127 not found; 128+N signal N.\n"
	     "\n"
	     "Example: cc -static -o hello hello.c && lde run -n 2 ./hello : /lde/hog 100");
}

int cli_run(int argc, char **argv)
{
	struct session session;
	int status = session_prepare(&session, OPTIONS_RUN, argc, argv, print_help);

	if (status == SESSION_READY)
		status = session_timeline_run(&session);
	session_fini(&session);
	return status;
}
