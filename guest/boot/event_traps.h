/* SPDX-License-Identifier: MIT */
/* Puts what records traps and system calls in the place of their dispatchers. */
#ifndef GUEST_BOOT_EVENT_TRAPS_H
#define GUEST_BOOT_EVENT_TRAPS_H

/* After event_init. Does nothing where nothing of that is traced. */
void event_traps_install(void);

#endif
