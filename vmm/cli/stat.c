/* SPDX-License-Identifier: MIT */
/* lde stat: a run, and then what it took. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/log.h"
#include "vmm/cli/cli.h"
#include "vmm/cli/output.h"
#include "vmm/cli/session.h"
#include "vmm/cli/session_summary.h"
#include "vmm/cli/session_timeline.h"
#include "vmm/cli/status.h"
#include "vmm/cli/screen.h"
#include "vmm/cli/usage.h"

static void print_help(void)
{
	puts("Usage: lde stat [OPTION]... [-n N] PROGRAM [ARG]...\n"
	     "               [: [-n N] PROGRAM [ARG]...]...\n"
	     "Run programs as lde run does, then print on stderr what it took: exits to user\n"
	     "space by cause with their time, KVM's own statistics, traps, system calls, page\n"
	     "faults, context switches, memory, and the time of each process.\n");
	usage_print_run();
	puts("  --json[=FILE]      print JSON instead, to FILE ('-': stdout) or to stderr\n"
	     "  --help             this text\n"
	     "\n"
	     "The exit status is that of lde run. CPU is the time a process ran, WAIT the time\n"
	     "it was ready and another ran, BLOCKED the time it waited for something else.\n"
	     "\n"
	     "Example: lde stat -n 3 /lde/hog 200");
}

static int json_failed(const char *path, int err)
{
	log_line("--json=%s: cannot be written: %s", path ? path : "", strerror(-err));
	return STATUS_LDE_FAILED;
}

/* Before the run: who gave a path that cannot be written should not wait. */
static FILE *json_open(const char *path)
{
	FILE *out;

	if (!path)
		return stderr;
	if (strcmp(path, "-") == 0)
		return stdout;
	out = fopen(path, "we");
	if (!out)
		json_failed(path, -errno);
	return out;
}

static int print_json(const struct summary *summary, FILE *out, const char *path)
{
	int err = summary_print_json(summary, out);

	return err ? json_failed(path, err) : summary->status;
}

static int print_summary(struct session *session, int status, FILE *json_out)
{
	struct session_summary built;
	int err = session_summary_build(&built, session, status);

	if (err) {
		log_line("no summary: %s", strerror(-err));
		return STATUS_LDE_FAILED;
	}
	if (json_out)
		status = print_json(&built.summary, json_out, session->options.json_path);
	else
		summary_print(&built.summary, stderr, screen_width(STDERR_FILENO));
	session_summary_fini(&built);
	return status;
}

static int run_and_print(struct session *session, FILE *json_out)
{
	int status;

	session->want_kvm_stats = true;
	status = session_timeline_run(session);
	/* A machine that never started has nothing to sum up. */
	return session->ran ? print_summary(session, status, json_out) : status;
}

static int run_with_json(struct session *session)
{
	const char *path = session->options.json_path;
	FILE *out = json_open(path);
	int status, err;

	if (!out)
		return STATUS_LDE_FAILED;
	status = run_and_print(session, out);
	err = output_close(out);
	return err ? json_failed(path, err) : status;
}

/* With "--json FILE" FILE is the program: one that cannot be meant. */
static void hint_at_json(const struct options *options)
{
	const char *name = options->nr_programs ? options->programs[0].argv[0] : "";
	const char *suffix = strrchr(name, '.');

	if (options->json && suffix && strcmp(suffix, ".json") == 0)
		log_line("for JSON in a file: --json=%s", name);
}

int cli_stat(int argc, char **argv)
{
	struct session session;
	int status = session_prepare(&session, OPTIONS_STAT, argc, argv, print_help);

	if (status == STATUS_NOT_FOUND || status == STATUS_CANNOT_EXECUTE)
		hint_at_json(&session.options);
	if (status == SESSION_READY)
		status = session.options.json ? run_with_json(&session)
					      : run_and_print(&session, NULL);
	session_fini(&session);
	return status;
}
