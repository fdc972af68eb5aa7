/* SPDX-License-Identifier: MIT */
/* The programs of the command line, as the first processes. */
#ifndef GUEST_BOOT_JOBS_H
#define GUEST_BOOT_JOBS_H

#include "guest/dev/tree.h"

/*
 * Reads the programs from the device tree, which must stay: how many processes
 * they are, 0 if the tree is malformed or memory is out. May be offloaded.
 */
uint32_t jobs_read(const struct machine_tree *tree);

/* Makes the processes, READY. */
void jobs_start(void);

#endif
