/* SPDX-License-Identifier: MIT */
/* lde demo: finds the demonstration. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "vmm/base/log.h"
#include "vmm/cli/cli.h"
#include "vmm/cli/demo.h"
#include "vmm/cli/demo_run.h"
#include "vmm/cli/output.h"
#include "vmm/cli/status.h"

struct demo {
	const char *name;
	int (*run)(struct demo_stage *stage);
	const char *summary;
};

static const struct demo demos[] = {
	{"restricted", demo_restricted, "what keeps a program from taking the machine"},
	{"switching", demo_switching, "how the kernel gets the CPU back from a program"},
	{"slow-io", demo_slow_io, "what the CPU does while programs wait for a disk"},
};

#define NR_DEMOS (sizeof(demos) / sizeof(demos[0]))

static void print_demos(void)
{
	for (size_t i = 0; i < NR_DEMOS; i++)
		printf("  %-10s %s\n", demos[i].name, demos[i].summary);
}

static int print_help(void)
{
	puts("Usage: lde demo [NAME [--html FILE]]\n"
	     "Show what a limit of limited direct execution is for: run the same programs with\n"
	     "it and without it, and put timelines and counters side by side. Every command\n"
	     "that is run is printed, so that you can go on alone. Without a NAME, list what\n"
	     "there is:\n");
	print_demos();
	puts("\n"
	     "  --html FILE  make a page of it instead, with each run's timeline to look into\n"
	     "  --help       this text\n"
	     "\n"
	     "Example: lde demo switching");
	return 0;
}

static int print_list(void)
{
	puts("Demonstrations; start one with: lde demo NAME\n");
	print_demos();
	return 0;
}

static const struct demo *find_demo(const char *name)
{
	for (size_t i = 0; i < NR_DEMOS; i++)
		if (strcmp(name, demos[i].name) == 0)
			return &demos[i];
	return NULL;
}

static int run_demo(const struct demo *demo, FILE *page)
{
	struct demo_stage stage;
	char title[80];
	int status = demo_stage_open(&stage, page);

	if (status)
		return status;
	snprintf(title, sizeof(title), "lde demo %s: %s", demo->name, demo->summary);
	status = demo->run(&stage);
	return demo_stage_close(&stage, title, status);
}

/* The file is opened first: it would be a pity to find out afterwards. */
static int make_page(const struct demo *demo, const char *path)
{
	bool is_stdout = strcmp(path, "-") == 0;
	FILE *page = is_stdout ? stdout : fopen(path, "we");
	int status, err;

	if (!page) {
		log_line("--html %s: %s; give a file that can be written", path, strerror(errno));
		return STATUS_LDE_FAILED;
	}
	status = run_demo(demo, page);
	err = output_close(page);
	if (err && !status) {
		log_line("--html %s: cannot be written: %s", path, strerror(-err));
		status = STATUS_LDE_FAILED;
	}
	return status;
}

struct request {
	const char *name, *page;
	bool help;
};

static int take_options(int argc, char **argv, struct request *request)
{
	static const struct option options[] = {
		{"html", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == ':' || option == '?') {
			log_line("%s: %s; see lde demo --help", argv[optind - 1],
				 option == ':' ? "needs a value" : "no such option");
			return STATUS_LDE_FAILED;
		}
		request->help |= option == 'h';
		if (option == 'p')
			request->page = optarg;
	}
	if (request->help)
		return 0;
	request->name = optind < argc ? argv[optind++] : NULL;
	if (optind < argc) {
		log_line("%s: lde demo takes one name; see lde demo --help", argv[optind]);
		return STATUS_LDE_FAILED;
	}
	if (request->page && !request->name) {
		log_line("--html %s: of which one? lde demo lists them", request->page);
		return STATUS_LDE_FAILED;
	}
	return 0;
}

int cli_demo(int argc, char **argv)
{
	struct request request = {0};
	const struct demo *demo;
	int status = take_options(argc, argv, &request);

	if (status)
		return status;
	if (request.help)
		return print_help();
	if (!request.name)
		return print_list();
	demo = find_demo(request.name);
	if (!demo) {
		log_line("%s: no such demonstration; lde demo lists them", request.name);
		return STATUS_LDE_FAILED;
	}
	return request.page ? make_page(demo, request.page) : run_demo(demo, NULL);
}
