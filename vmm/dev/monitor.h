/* SPDX-License-Identifier: MIT */
/*
 * The monitor: what the guest's kernel asks of or tells the VMM itself
 * (include/lde/device.h). Its handler runs on the vCPU thread.
 */
#ifndef VMM_DEV_MONITOR_H
#define VMM_DEV_MONITOR_H

#include <stdint.h>

#include <lde/device.h>

#include "vmm/dev/bus.h"
#include "vmm/host/memory.h"

struct vmonitor {
	const struct guestmem *mem;
	/* The notice is a copy, its strings terminated and printable. */
	void (*notice)(void *ctx, const struct lde_notice *notice);
	void (*poweroff)(void *ctx, enum lde_poweroff how);
	void *ctx;
	uint64_t nr_refused; /* accesses that made no sense */
};

/* opaque is a struct vmonitor. */
void vmonitor_access(void *opaque, struct portbus_access *access);

#endif
