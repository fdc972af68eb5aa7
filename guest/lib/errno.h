/* SPDX-License-Identifier: MIT */
/*
 * Error numbers of the Linux x86-64 system-call interface. They come from the
 * compiler host's <asm/errno.h>, which is a list of numbers and needs no libc.
 */
#ifndef GUEST_LIB_ERRNO_H
#define GUEST_LIB_ERRNO_H

#include <asm/errno.h>

/*
 * A wait was ended by a signal, and Linux would start the system call again
 * (signal(7)). Never reaches a program: the way back to ring 3 makes a restart
 * or -EINTR of it.
 */
#define ERESTARTSYS 512

/*
 * Something is on a disk and not in memory: whoever may block brings it and
 * tries again (fs/wanted.h). Never reaches a program.
 */
#define EABSENT 513

#endif
