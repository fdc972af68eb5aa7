/* SPDX-License-Identifier: MIT */
/* lde demo: finds the demonstration. */
#include <stdio.h>
#include <string.h>

#include "vmm/base/log.h"
#include "vmm/cli/cli.h"
#include "vmm/cli/demo.h"
#include "vmm/cli/status.h"

struct demo {
	const char *name;
	int (*run)(void);
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
	puts("Usage: lde demo [NAME]\n"
	     "Show what a limit of limited direct execution is for: run the same programs with\n"
	     "it and without it, and put the counters side by side. Every command that is run\n"
	     "is printed, so that you can go on alone. Without a NAME, list what there is:\n");
	print_demos();
	puts("\n"
	     "  --help     this text\n"
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

static int run_named(const char *name)
{
	for (size_t i = 0; i < NR_DEMOS; i++)
		if (strcmp(name, demos[i].name) == 0)
			return demos[i].run();
	log_line("%s: no such demonstration; lde demo lists them", name);
	return STATUS_LDE_FAILED;
}

int cli_demo(int argc, char **argv)
{
	if (argc == 1)
		return print_list();
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return print_help();
	if (argv[1][0] == '-') {
		log_line("%s: no such option; see lde demo --help", argv[1]);
		return STATUS_LDE_FAILED;
	}
	if (argc > 2) {
		log_line("%s: lde demo takes one name; see lde demo --help", argv[2]);
		return STATUS_LDE_FAILED;
	}
	return run_named(argv[1]);
}
