/* SPDX-License-Identifier: MIT */
/* System calls that are made by calling an address in the kernel's half. */
#ifndef GUEST_SYS_VSYSCALL_H
#define GUEST_SYS_VSYSCALL_H

#include "guest/arch/frame.h"

/* The program has gone to an address of the kernel's. Whether it is one of those: then
 * the call is made, and the frame is that of the return from it. */
bool vsyscall_serve(struct trap_frame *frame);

#endif
