/* SPDX-License-Identifier: MIT */
/*
 * The subcommands. Each takes its own name as argv[0], prints what it has to
 * say, and returns the exit status of lde (status.h).
 */
#ifndef VMM_CLI_CLI_H
#define VMM_CLI_CLI_H

#define LDE_VERSION "0.1.0"

int cli_run(int argc, char **argv);
int cli_stat(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_top(int argc, char **argv);
int cli_report(int argc, char **argv);
int cli_demo(int argc, char **argv);
int cli_measure(int argc, char **argv);
int cli_ostep(int argc, char **argv);

#endif
