/* SPDX-License-Identifier: MIT */
#include "tests/unit/fake/fake_mmio.h"

#include <linux/virtio_mmio.h>

#include <lde/layout.h>

#include "tests/unit/fake/fake.h"
#include "vmm/dev/virtio_mmio.h"

struct fake_mmio fake_mmio;

uint32_t fake_mmio_read(paddr_t pa)
{
	fake_mmio.nr_accesses++;
	return (uint32_t)vmmio_read(fake_mmio.device, pa - LDE_VIRTIO_GPA, 4);
}

static void write_register(paddr_t pa, uint32_t value)
{
	fake_mmio.nr_accesses++;
	fake_mmio.nr_rung += pa - LDE_VIRTIO_GPA == VIRTIO_MMIO_QUEUE_NOTIFY;
	vmmio_write(fake_mmio.device, pa - LDE_VIRTIO_GPA, 4, value);
}

void fake_mmio_connect(struct vmmio *device)
{
	fake_mmio = (struct fake_mmio){ .device = device };
	fake.mmio_read = fake_mmio_read;
	fake.mmio_write = write_register;
}
