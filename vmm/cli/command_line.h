/* SPDX-License-Identifier: MIT */
/* What is run, for people: the programs with their arguments, on one line. */
#ifndef VMM_CLI_COMMAND_LINE_H
#define VMM_CLI_COMMAND_LINE_H

#include "vmm/cli/options.h"

/* Printable whatever the arguments hold; to be freed. NULL if memory runs out. */
char *command_line_of(const struct options *options);

#endif
