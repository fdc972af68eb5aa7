/* SPDX-License-Identifier: MIT */
/* Finds the subcommand. Everything else is in a file of its own. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "vmm/base/log.h"
#include "vmm/cli/cli.h"
#include "vmm/cli/help.h"
#include "vmm/cli/output.h"
#include "vmm/cli/status.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
};

static const struct command commands[] = {
	{"run", cli_run, "run programs in ring 3 of one virtual CPU"},
	{"stat", cli_stat, "the same, then what it took: exits, traps, system calls, time"},
	{"top", cli_top, "the same, with a live view of the processes"},
	{"report", cli_report, "show a recorded trace: a chart, tables, a page, JSON"},
	{"demo", cli_demo, "show what a limit is for, by taking it away"},
	{"ostep", cli_ostep, "OSTEP's homework simulators, by real processes"},
	{"measure", cli_measure, "measure what traps, switches and exits cost on this host"},
	{"doctor", cli_doctor, "check what KVM can do here, and say what is in the way"},
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < NR_COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int print_help(void)
{
	puts("Usage: lde COMMAND [ARG]...\n"
	     "       lde --help | --version\n"
	     "Run ordinary static Linux programs under limited direct execution, and see how\n"
	     "it is done: on the bare (virtual) CPU, in ring 3, stopped by a timer, each in an\n"
	     "address space of its own.\n");
	for (size_t i = 0; i < NR_COMMANDS; i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].summary);
	puts("  help     this text, or that of a command or one of these topics:\n");
	help_print_topics();
	puts("\n"
	     "Example: lde run ./a.out\n"
	     "More: lde help COMMAND|TOPIC, man lde, man lde-run");
	return 0;
}

/* "NAME, NAME, " */
static const char *command_names(void)
{
	static char names[128];
	size_t len = 0;

	for (size_t i = 0; i < NR_COMMANDS && len < sizeof(names); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s, ", commands[i].name);
	return names;
}

/* Unknown is not fatal here: the caller says how it ends. */
static void complain_command(const char *name)
{
	if (name[0] == '-')
		log_line("%s: no such option; see lde --help", name);
	else
		log_line("%s: no such command; there are %shelp. To run a program: lde run %s",
			 name, command_names(), name[0] ? name : "./a.out");
}

static int print_help_of(const char *name)
{
	const struct command *command = command_find(name);
	char *argv[] = {(char *)name, (char *)"--help", NULL};

	if (command)
		return command->run(2, argv);
	if (strcmp(name, "help") == 0)
		return print_help();
	if (help_print_topic(name))
		return 0;
	log_line("%s: neither a command nor a topic; there are %s%shelp", name, command_names(),
		 help_topic_names());
	return STATUS_LDE_FAILED;
}

static int cli_help(int argc, char **argv)
{
	if (argc == 1 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return print_help();
	if (argc == 2)
		return print_help_of(argv[1]);
	log_line("%s: lde help takes one command or topic", argv[2]);
	return STATUS_LDE_FAILED;
}

static int print_version(void)
{
	puts("lde " LDE_VERSION);
	return 0;
}

static int dispatch(int argc, char **argv)
{
	const struct command *command = command_find(argv[0]);

	if (command)
		return command->run(argc, argv);
	if (strcmp(argv[0], "help") == 0)
		return cli_help(argc, argv);
	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)
		return print_help();
	if (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "-V") == 0)
		return print_version();
	complain_command(argv[0]);
	return STATUS_LDE_FAILED;
}

int main(int argc, char **argv)
{
	int status;

	/* A file that may not grow (ulimit -f) is an error of writing, which is told. */
	signal(SIGXFSZ, SIG_IGN);
	if (argc < 2) {
		log_line("no command; try: lde run ./a.out, or lde --help");
		return STATUS_LDE_FAILED;
	}
	status = dispatch(argc - 1, argv + 1);
	/* A full disk or a closed pipe must not look like success. */
	if (output_flush(stdout) && status == 0) {
		log_line("cannot write to standard output");
		status = STATUS_LDE_FAILED;
	}
	return status;
}
