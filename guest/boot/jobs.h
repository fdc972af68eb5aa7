/* SPDX-License-Identifier: MIT */
/* The programs of the command line, as the first processes. */
#ifndef GUEST_BOOT_JOBS_H
#define GUEST_BOOT_JOBS_H

#include "guest/dev/tree.h"

/* How many processes the command line asks for. May be offloaded. */
uint32_t jobs_count(const struct machine_tree *tree);

/* Makes them, READY. tree must stay. */
void jobs_start(const struct machine_tree *tree);

#endif
