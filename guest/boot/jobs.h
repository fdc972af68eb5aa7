/* SPDX-License-Identifier: MIT */
/* The programs of the command line, as the first processes. */
#ifndef GUEST_BOOT_JOBS_H
#define GUEST_BOOT_JOBS_H

#include "guest/dev/tree.h"

/* Notes down one program; for tree_read. */
const char *jobs_add(const struct machine_tree *tree, const struct tree_program *program);

/* How many processes they are. */
uint32_t jobs_count(void);

/* Forgets them: for the end, when none of them lives. */
void jobs_forget(void);

/* Makes the processes, READY. */
void jobs_start(void);

#endif
