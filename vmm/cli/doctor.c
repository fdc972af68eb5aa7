/* SPDX-License-Identifier: MIT */
/* lde doctor: what KVM can do here, and what is in the way. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "vmm/base/log.h"
#include "vmm/cli/cli.h"
#include "vmm/cli/diagnose.h"
#include "vmm/cli/doctor_report.h"
#include "vmm/cli/status.h"

static void print_help(void)
{
	puts("Usage: lde doctor [--json]\n"
	     "Check whether lde can run here: /dev/kvm, which KVM it is, and, by running a\n"
	     "small guest, how system calls enter the kernel, how exact the timer is, which\n"
	     "CPU features programs can use, and what a trap and an exit cost. What is in the\n"
	     "way is printed with the exact fix.\n"
	     "\n"
	     "  --json     print one JSON object on stdout\n"
	     "  --help     this text\n"
	     "\n"
	     "The exit status is 0 if lde can run here, else 1.\n"
	     "\n"
	     "Example: lde doctor && lde run ./a.out");
}

/* 0, or what to return; *json and *help as given. */
static int take_options(int argc, char **argv, bool *json, bool *help)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		if (option == '?') {
			log_line("%s: no such option; see lde doctor --help", argv[optind - 1]);
			return STATUS_LDE_FAILED;
		}
		*(option == 'j' ? json : help) = true;
	}
	if (optind < argc) {
		log_line("%s: lde doctor takes no arguments; see lde doctor --help", argv[optind]);
		return STATUS_LDE_FAILED;
	}
	return 0;
}

int cli_doctor(int argc, char **argv)
{
	struct doctor_report report = {.usable = false};
	bool json = false, help = false;
	int status = take_options(argc, argv, &json, &help);

	if (status)
		return status;
	if (help) {
		print_help();
		return 0;
	}
	diagnose_gather(&report.facts);
	if (diagnose_judge(&report.facts, &report.problem) == 0) {
		report.usable = probe_run(&report.probe);
		/* Nothing is known then, and nothing to be said of this host. */
		if (report.probe.ended_by) {
			log_line("interrupted");
			return STATUS_SIGNAL + report.probe.ended_by;
		}
		if (!report.usable)
			complaint_set(&report.problem, 0,
				      "a virtual machine can be made, but the "
				      "probe guest did not run to its end");
	}
	if (json)
		status = doctor_report_print_json(&report, stdout);
	else
		doctor_report_print(&report, stdout);
	if (status < 0) {
		log_line("cannot print: %s", strerror(-status));
		return STATUS_LDE_FAILED;
	}
	return report.usable ? 0 : 1;
}
