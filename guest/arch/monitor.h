/* SPDX-License-Identifier: MIT */
/* The VMM's monitor device: registers at I/O ports (include/lde/device.h). */
#ifndef GUEST_ARCH_MONITOR_H
#define GUEST_ARCH_MONITOR_H

#include <lde/device.h>

#include "guest/lib/compiler.h"

/* Every structure passed must be in the direct map or in the kernel image. */
void monitor_init(uint16_t port);
void monitor_notice(const struct lde_notice *notice);
void monitor_read_clock(struct lde_clock *clock);
void monitor_read_entropy(struct lde_entropy *entropy);
_Noreturn void monitor_power_off(enum lde_poweroff how);

#endif
