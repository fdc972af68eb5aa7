/* SPDX-License-Identifier: MIT */
/*
 * The registers at LDE_VIRTIO_GPA are those of a device of the VMM: an access of the
 * kernel's driver is a call of the device.
 */
#ifndef FAKE_FAKE_MMIO_H
#define FAKE_FAKE_MMIO_H

#include "guest/lib/compiler.h"

struct vmmio;

/* Behind fake_boot, which takes the registers away; the counts begin with 0. */
void fake_mmio_connect(struct vmmio *device);

extern struct fake_mmio {
	struct vmmio *device;
	unsigned nr_accesses;
	unsigned nr_rung; /* of them: doorbells */
} fake_mmio;

uint32_t fake_mmio_read(paddr_t pa);

#endif
