/* SPDX-License-Identifier: MIT */
/* The demonstrations, one file each. */
#ifndef VMM_CLI_DEMO_H
#define VMM_CLI_DEMO_H

/* A program that wants to take the machine. Returns the exit status. */
int demo_restricted(void);

/* A program that does not give the CPU back. Returns the exit status. */
int demo_switching(void);

/* Programs that wait for a disk, with and without blocking. */
int demo_slow_io(void);

#endif
