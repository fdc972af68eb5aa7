/* SPDX-License-Identifier: MIT */
#include "vmm/cli/command_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void print_program(FILE *out, const struct options_program *program)
{
	if (program->count > 1)
		fprintf(out, "-n %" PRIu32 " ", program->count);
	for (uint32_t i = 0; i < program->nr_args; i++)
		fprintf(out, "%s%s", i ? " " : "", program->argv[i]);
}

/* One line whatever the arguments hold: a control character would break it. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

char *command_line_of(const struct options *options)
{
	char *line = NULL;
	size_t size;
	FILE *out = open_memstream(&line, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < options->nr_programs; i++) {
		fputs(i ? " : " : "", out);
		print_program(out, &options->programs[i]);
	}
	if (fclose(out) != 0) {
		free(line);
		return NULL;
	}
	make_printable(line);
	return line;
}
