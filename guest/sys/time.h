/* SPDX-License-Identifier: MIT */
/* Times that programs give. */
#ifndef GUEST_SYS_TIME_H
#define GUEST_SYS_TIME_H

#include "guest/mm/usercopy.h"

/* Reads a timespec of the running program's as ns; saturates. */
int time_get_timespec(vaddr_t src, uint64_t *ns);

/* 0 or -EFAULT. */
int time_put_timespec(vaddr_t dst, uint64_t ns);

/* That long from now, as clock_timer_now has it; never earlier, and not
 * WAIT_FOREVER. */
uint64_t time_deadline(uint64_t ns);

#endif
