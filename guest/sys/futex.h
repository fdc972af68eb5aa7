/* SPDX-License-Identifier: MIT */
#ifndef GUEST_SYS_FUTEX_H
#define GUEST_SYS_FUTEX_H

#include "guest/arch/frame.h"

/* Wakes one that waits for that word of the running process's, if there is one. */
void futex_wake_one(vaddr_t va);

#endif
