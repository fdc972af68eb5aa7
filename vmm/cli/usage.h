/* SPDX-License-Identifier: MIT */
/* The part of --help that `run` and `stat` have in common. */
#ifndef VMM_CLI_USAGE_H
#define VMM_CLI_USAGE_H

/* The options, how programs are written, and the exit status. To stdout. */
void usage_print_run(void);

#endif
