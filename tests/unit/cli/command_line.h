/* SPDX-License-Identifier: MIT */
/*
 * Command lines of run and stat for tests: cut at blanks, parsed, and looked at.
 */
#ifndef TESTS_UNIT_CLI_COMMAND_LINE_H
#define TESTS_UNIT_CLI_COMMAND_LINE_H

#include "vmm/cli/options.h"

#define WORDS_MAX 64

/* A command line cut at blanks, and what became of it. */
struct parsed {
	struct options options;
	struct complaint complaint;
	int err;
	char text[1024];
	char *argv[WORDS_MAX];
};

/* Cuts and parses; '' stands for the empty word. options_fini is the caller's. */
void cli_parse_as(struct parsed *parsed, enum options_command command, const char *line);

/* A line of run that must be taken. */
void cli_parse(struct parsed *parsed, const char *line);

/* The line is refused, and the complaint has both words in it. */
void cli_refuse_as(enum options_command command, const char *line, const char *what,
		   const char *remedy);
void cli_refuse(const char *line, const char *what, const char *remedy);

#endif
