/* SPDX-License-Identifier: MIT */
/* The end of the machine when the kernel itself is wrong. */
#ifndef GUEST_ARCH_PANIC_H
#define GUEST_ARCH_PANIC_H

#include "guest/arch/frame.h"

/* Tells the VMM why, with the caller's address, and powers off. */
_Noreturn void panic(const char *why);
/* The same for a trap taken in ring 0. */
_Noreturn void panic_trap(const struct trap_frame *frame);

#endif
