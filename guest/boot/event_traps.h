/* SPDX-License-Identifier: MIT */
/* Puts what records traps and system calls in the place of their dispatchers. */
#ifndef GUEST_BOOT_EVENT_TRAPS_H
#define GUEST_BOOT_EVENT_TRAPS_H

#include "guest/lib/compiler.h"

/* After event_init. Does nothing where nothing of that is traced. forwards_syscalls:
 * something is yet to be put in front of it that does not keep the registers. */
void event_traps_install(bool forwards_syscalls);

#endif
