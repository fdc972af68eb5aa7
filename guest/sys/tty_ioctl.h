/* SPDX-License-Identifier: MIT */
/* ioctl(2) on a terminal (ioctl_tty(2)). */
#ifndef GUEST_SYS_TTY_IOCTL_H
#define GUEST_SYS_TTY_IOCTL_H

#include "guest/lib/compiler.h"

int64_t tty_ioctl(uint32_t request, uint64_t arg);

#endif
