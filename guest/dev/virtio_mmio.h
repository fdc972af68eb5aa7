/* SPDX-License-Identifier: MIT */
/*
 * Virtio devices with their registers in memory, the driver's side (VIRTIO 1.2,
 * 4.2). Every access but the doorbell is an exit to user space, so all of this is
 * for the start.
 */
#ifndef GUEST_DEV_VIRTIO_MMIO_H
#define GUEST_DEV_VIRTIO_MMIO_H

#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>

#include "guest/arch/mmio.h"

struct virtio_device {
	paddr_t regs;
	uint64_t features; /* that both sides have */
};

static inline bool virtio_has(const struct virtio_device *device, unsigned feature)
{
	return device->features >> feature & 1;
}

/*
 * Resets the device at regs, which mmio_map has mapped, and agrees with it on
 * those of the wanted features that it has. NULL, or what is wrong with it.
 */
const char *virtio_begin(struct virtio_device *device, paddr_t regs, uint32_t id,
			 uint64_t wanted);

static inline void virtio_set_desc(volatile struct vring_desc *desc, paddr_t pa, uint32_t len,
				   uint16_t flags, uint16_t next)
{
	desc->addr = pa;
	*(volatile uint64_t *)&desc->len = (uint64_t)next << 48 | (uint64_t)flags << 32 | len;
}
_Static_assert(offsetof(struct vring_desc, flags) == 12 && offsetof(struct vring_desc, next) == 14,
	       "len, flags and next are stored at once");

/* The three parts of a queue. */
struct virtio_queue_parts {
	uint32_t size;
	paddr_t desc, avail, used;
};

/* False: the device does not take the queue with that number. */
bool virtio_set_queue(struct virtio_device *device, uint32_t index,
		      const struct virtio_queue_parts *parts);

/* The driver is ready. False: the device is not. */
bool virtio_start(struct virtio_device *device);

/* A field of the device's configuration. */
uint32_t virtio_config32(const struct virtio_device *device, uint32_t offset);
uint64_t virtio_config64(const struct virtio_device *device, uint32_t offset);

/* Whether the device has given up (NEEDS_RESET). */
bool virtio_is_broken(const struct virtio_device *device);

static inline void virtio_ring_doorbell(const struct virtio_device *device, uint32_t queue)
{
	mmio_write32(device->regs + VIRTIO_MMIO_QUEUE_NOTIFY, queue);
}

#endif
