/* SPDX-License-Identifier: MIT */
/* What entry.S and the C code call in each other. */
#ifndef GUEST_ARCH_TRAPS_H
#define GUEST_ARCH_TRAPS_H

#include "guest/arch/frame.h"

/* Every trap but a system call; interrupts are off. In guest/boot. */
void trap_dispatch(struct trap_frame *frame);

/* Gives the CPU back as frame says. */
_Noreturn void trap_return(struct trap_frame *frame);

#endif
