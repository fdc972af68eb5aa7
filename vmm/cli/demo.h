/* SPDX-License-Identifier: MIT */
/* The demonstrations, one file each. */
#ifndef VMM_CLI_DEMO_H
#define VMM_CLI_DEMO_H

struct demo_stage;

/* Each returns its exit status. */

/* Programs that want to take the machine. */
int demo_restricted(struct demo_stage *stage);

/* A program that does not give the CPU back. */
int demo_switching(struct demo_stage *stage);

/* Programs that wait for a disk, with and without blocking. */
int demo_slow_io(struct demo_stage *stage);

#endif
