/* SPDX-License-Identifier: MIT */
/* lde report: a trace, as text, page, JSON or for Perfetto. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/log.h"
#include "vmm/base/units.h"
#include "vmm/cli/cli.h"
#include "vmm/cli/output.h"
#include "vmm/cli/status.h"
#include "vmm/cli/show.h"
#include "vmm/observe/report_html.h"
#include "vmm/observe/report_json.h"
#include "vmm/observe/report_perfetto.h"
#include "vmm/observe/report_steps.h"

#define STATUS_FOUND_WRONG 1 /* the trace is damaged, or cannot be true */
#define STEPS_DEFAULT	   8
#define ROWS_MAX	   100000

enum report_kind {
	REPORT_HTML,
	REPORT_PERFETTO,
	REPORT_JSON,
	NR_REPORT_KINDS,
};

typedef int (*report_printer)(const struct timeline *done, const char *dir, FILE *out, char *why,
			      size_t why_size);

static const report_printer printers[NR_REPORT_KINDS] = {
	[REPORT_HTML] = report_print_html,
	[REPORT_PERFETTO] = report_print_perfetto,
	[REPORT_JSON] = report_print_json,
};

struct report_options {
	const char *dir;
	const char *paths[NR_REPORT_KINDS]; /* NULL: not wanted; "-": stdout */
	size_t rows;
	struct report_steps steps; /* pid 0: not wanted */
	bool text;
	bool help;
};

static void print_help(void)
{
	puts("Usage: lde report TRACE [OPTION]...\n"
	     "Show a trace that lde run --trace TRACE has recorded: what every process and the\n"
	     "virtual CPU did and when, how long system calls and waits took, who caused which\n"
	     "exits. Without an option, as text.\n"
	     "\n"
	     "  --text           a chart and tables, fitted to the terminal\n"
	     "  --html FILE      a page for a browser, all in one file: zoom, search, tables\n"
	     "  --perfetto FILE  for ui.perfetto.dev\n"
	     "  --json FILE      the tables and the states of processes\n"
	     "  --steps PID[:N[@TIME]]\n"
	     "                   what OS, hardware and program did at N traps [8] of a process\n"
	     "  --rows N         processes in the chart and the tables of --text [40]\n"
	     "  --help           this text\n"
	     "\n"
	     "FILE may be '-' for standard output. The exit status is 0; 1 if the trace is\n"
	     "damaged or shows what cannot be, such as two processes on one CPU at a time; 125\n"
	     "if it cannot be read at all.\n"
	     "\n"
	     "Example: lde run --trace /tmp/trace ./a.out && lde report /tmp/trace");
}

/* ---- the command line -------------------------------------------------- */

static int take_rows(const char *value, size_t *rows)
{
	char *end;
	unsigned long long nr;

	errno = 0;
	nr = strtoull(value, &end, 10);
	if (errno || *end || end == value || value[0] == '-' || nr < 1 || nr > ROWS_MAX) {
		log_line("--rows %s: give a number from 1 to %d", value, ROWS_MAX);
		return STATUS_LDE_FAILED;
	}
	*rows = (size_t)nr;
	return 0;
}

/* PID, then :N, then @TIME, the last two optional. */
static int take_steps(const char *value, struct report_steps *steps)
{
	unsigned int pid = 0, nr = STEPS_DEFAULT;
	int len = 0, more = 0;

	sscanf(value, "%6u%n", &pid, &len);
	if (len && value[len] == ':' && sscanf(value + len, ":%6u%n", &nr, &more) == 1)
		len += more;
	if (len && value[len] == '@' &&
	    units_parse_duration(value + len + 1, &steps->from_ns) == UNITS_OK)
		len = (int)strlen(value);
	if (!len || value[len] || !pid || !nr || value[0] == '-') {
		log_line("--steps %s: give a process, how many traps, and from when: 2, 2:20 or "
			 "2:20@10ms",
			 value);
		return STATUS_LDE_FAILED;
	}
	steps->pid = pid;
	steps->nr_traps = nr;
	return 0;
}

static int complain_option(int option, char **argv)
{
	if (option == ':')
		log_line("%s: a value is missing; see lde report --help", argv[optind - 1]);
	else
		log_line("%s: no such option; see lde report --help", argv[optind - 1]);
	return STATUS_LDE_FAILED;
}

/* 0, or what to return. */
static int take_options(struct report_options *wanted, int argc, char **argv)
{
	static const struct option options[] = {
		{"text", no_argument, NULL, 't'},
		{"html", required_argument, NULL, REPORT_HTML},
		{"perfetto", required_argument, NULL, REPORT_PERFETTO},
		{"json", required_argument, NULL, REPORT_JSON},
		{"steps", required_argument, NULL, 's'},
		{"rows", required_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option, status = 0;

	optind = 0;
	opterr = 0;
	while (!status && (option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option < NR_REPORT_KINDS)
			wanted->paths[option] = optarg;
		else if (option == 't')
			wanted->text = true;
		else if (option == 's')
			status = take_steps(optarg, &wanted->steps);
		else if (option == 'r')
			status = take_rows(optarg, &wanted->rows);
		else if (option == 'h')
			wanted->help = true;
		else
			status = complain_option(option, argv);
	}
	if (status || wanted->help)
		return status;
	if (optind == argc) {
		log_line("which trace? lde report TRACE, with the folder that lde run --trace wrote");
		return STATUS_LDE_FAILED;
	}
	if (optind + 1 < argc) {
		log_line("%s: one trace at a time; see lde report --help", argv[optind + 1]);
		return STATUS_LDE_FAILED;
	}
	wanted->dir = argv[optind];
	return 0;
}

/* ---- reports ----------------------------------------------------------- */

static int print_steps(const struct timeline *done, const struct report_options *wanted)
{
	struct report_steps steps = wanted->steps;
	char why[200];
	int err;

	steps.width = show_width(stdout);
	err = report_print_steps(done, wanted->dir, &steps, stdout, why, sizeof(why));
	return err ? show_failed(wanted->dir, why) : 0;
}

static int print_to(const struct timeline *done, const char *dir, report_printer print,
		    const char *path)
{
	bool is_stdout = strcmp(path, "-") == 0;
	FILE *out = is_stdout ? stdout : fopen(path, "we");
	char why[200];
	int err, lost;

	if (!out)
		return show_failed(*path ? path : "an empty name for a file", strerror(errno));
	err = print(done, dir, out, why, sizeof(why));
	/* A full disk may show only now. */
	lost = output_close(out);
	if (lost && !err)
		snprintf(why, sizeof(why), "cannot be written: %s", strerror(-lost));
	return err || lost ? show_failed(path, why) : 0;
}

static int print_all(const struct timeline *done, const struct report_options *wanted)
{
	bool any = wanted->steps.pid != 0;
	int status = 0;

	for (unsigned int i = 0; !status && i < NR_REPORT_KINDS; i++) {
		any |= wanted->paths[i] != NULL;
		if (wanted->paths[i])
			status = print_to(done, wanted->dir, printers[i], wanted->paths[i]);
	}
	if (!status && wanted->steps.pid)
		status = print_steps(done, wanted);
	if (!status && (wanted->text || !any))
		status = show_text(done, wanted->dir, wanted->rows, stdout);
	return status;
}

static int report(const struct report_options *wanted)
{
	struct timeline timeline;
	char why[300];
	int err = timeline_read(&timeline, wanted->dir, NULL, why, sizeof(why));
	int status;

	/* Of a trace that is damaged, what comes before is shown. */
	if (err && !timeline.nr_events) {
		status = show_failed("no report", why);
	} else {
		if (err)
			log_line("%s: %s; this is what comes before", wanted->dir, why);
		status = print_all(&timeline, wanted);
		if (!status && (err || timeline.nr_violations))
			status = STATUS_FOUND_WRONG;
	}
	timeline_fini(&timeline);
	return status;
}

int cli_report(int argc, char **argv)
{
	struct report_options wanted = {.rows = SHOW_ROWS_DEFAULT};
	int status = take_options(&wanted, argc, argv);

	if (status)
		return status;
	if (wanted.help) {
		print_help();
		return 0;
	}
	return report(&wanted);
}
