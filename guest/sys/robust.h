/* SPDX-License-Identifier: MIT */
/* Robust mutexes of a process that ends. */
#ifndef GUEST_SYS_ROBUST_H
#define GUEST_SYS_ROBUST_H

#include "guest/core/process.h"

/* p, the running process, ends or loses its memory: marks the mutexes that it has
 * locked. Unless may_wait, those are left out for which a disk would have to be asked. */
void robust_end(struct process *p, bool may_wait);

#endif
