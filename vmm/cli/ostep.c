/* SPDX-License-Identifier: MIT */
/* lde ostep: the simulators of OSTEP's homework, by machines that run the workload. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vmm/base/log.h"
#include "vmm/cli/cli.h"
#include "vmm/cli/diagnose.h"
#include "vmm/cli/status.h"
#include "vmm/ostep/recording.h"
#include "vmm/ostep/simulator.h"

#define COMMAND_SIZE 40

static const struct simulator {
	const char *name;
	int (*simulate)(const struct simulator_call *call);
	const char *summary;
} simulators[] = {
	{"process-run", ostep_process_run, "processes that use the CPU and wait for I/O"},
	{"scheduler", ostep_scheduler, "jobs under FIFO, SJF and round robin"},
	{"mlfq", ostep_mlfq, "a multi-level feedback queue"},
	{"lottery", ostep_lottery, "a draw for each slice"},
};

#define NR_SIMULATORS (sizeof(simulators) / sizeof(simulators[0]))

static int ended_by; /* the signal that ended the run; 0: none */

static void print_simulators(void)
{
	for (size_t i = 0; i < NR_SIMULATORS; i++)
		printf("  %-12s %s\n", simulators[i].name, simulators[i].summary);
}

static int print_help(void)
{
	puts("Usage: lde ostep SIMULATOR [OPTION]...\n"
	     "A simulator of the homework of \"Operating Systems: Three Easy Pieces\", with its\n"
	     "own options and its own output. But nothing is simulated: with -c the jobs are\n"
	     "processes in ring 3 of a virtual CPU, under a clock that ticks with their traps,\n"
	     "and each row is what the kernel recorded. The simulators:\n");
	print_simulators();
	puts("\n"
	     "  --help     this text; after a SIMULATOR its options\n"
	     "\n"
	     "Example: lde ostep mlfq -l 0,20,0:5,8,2 -q 4 -c");
	return 0;
}

static int record(const struct workload *workload, struct recording *recording,
		  struct complaint *complaint)
{
	int err = diagnose_refusal(complaint);

	if (!err)
		err = recording_run(workload, recording, complaint);
	ended_by = recording->ended_by;
	return err;
}

static int run(const struct simulator *simulator, char **argv)
{
	char name[COMMAND_SIZE];
	struct complaint complaint;
	struct simulator_call call = {
		.name = name,
		.argv = argv,
		.out = stdout,
		.record = record,
		.complaint = &complaint,
	};
	int err;

	snprintf(name, sizeof(name), "ostep %s", simulator->name);
	err = simulator->simulate(&call);
	if (err >= 0)
		return 0;
	log_line("%s", complaint.text);
	return ended_by ? STATUS_SIGNAL + ended_by : STATUS_LDE_FAILED;
}

int cli_ostep(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return print_help();
	for (size_t i = 0; i < NR_SIMULATORS; i++)
		if (strcmp(argv[1], simulators[i].name) == 0)
			return run(&simulators[i], argv + 1);
	log_line("ostep %s: no such simulator; there are process-run, scheduler, mlfq and lottery",
		 argv[1]);
	return STATUS_LDE_FAILED;
}
