/* SPDX-License-Identifier: MIT */
#include "tests/unit/cli/command_line.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char *host_env[] = {(char *)"TERM=vt100", (char *)"SHELL=/bin/sh", (char *)"PATH=/opt",
			   (char *)"broken", NULL};

void cli_parse_as(struct parsed *parsed, enum options_command command, const char *line)
{
	int argc = 0;

	snprintf(parsed->text, sizeof(parsed->text), "run %s", line);
	for (char *word = strtok(parsed->text, " "); word; word = strtok(NULL, " ")) {
		assert_true(argc < WORDS_MAX - 1);
		/* "''" stands for the empty word. */
		parsed->argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
	}
	parsed->argv[argc] = NULL;
	parsed->complaint.text[0] = '\0';
	parsed->err = options_parse(&parsed->options, command, argc, parsed->argv, host_env,
				    &parsed->complaint);
}

void cli_parse(struct parsed *parsed, const char *line)
{
	cli_parse_as(parsed, OPTIONS_RUN, line);
	if (parsed->err)
		fail_msg("'%s' is refused: %s", line, parsed->complaint.text);
}

void cli_refuse_as(enum options_command command, const char *line, const char *what,
		   const char *remedy)
{
	struct parsed parsed;

	cli_parse_as(&parsed, command, line);
	if (parsed.err != -EINVAL)
		fail_msg("'%s' is not refused", line);
	if (!strstr(parsed.complaint.text, what) || !strstr(parsed.complaint.text, remedy))
		fail_msg("'%s': '%s' lacks '%s' or '%s'", line, parsed.complaint.text, what,
			 remedy);
	options_fini(&parsed.options);
}

void cli_refuse(const char *line, const char *what, const char *remedy)
{
	cli_refuse_as(OPTIONS_RUN, line, what, remedy);
}
