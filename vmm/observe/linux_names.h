/* SPDX-License-Identifier: MIT */
/* Names of Linux's x86-64 system calls, from the headers of the build host. */
#ifndef VMM_OBSERVE_LINUX_NAMES_H
#define VMM_OBSERVE_LINUX_NAMES_H

#include <stdint.h>

/* "getppid"; NULL for a number that those headers do not know. */
const char *linux_syscall_name(uint32_t number);

#endif
