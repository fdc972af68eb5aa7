/* SPDX-License-Identifier: MIT */
#include "guest/dev/virtio_mmio.h"

#include <linux/virtio_config.h>

#define MAGIC 0x74726976 /* "virt" */

static uint32_t get(const struct virtio_device *device, uint32_t reg)
{
	return mmio_read32(device->regs + reg);
}

static void set(const struct virtio_device *device, uint32_t reg, uint32_t value)
{
	mmio_write32(device->regs + reg, value);
}

static void set_address(const struct virtio_device *device, uint32_t low_reg, paddr_t pa)
{
	set(device, low_reg, (uint32_t)pa);
	set(device, low_reg + 4, (uint32_t)(pa >> 32));
}

static void add_status(const struct virtio_device *device, uint32_t bit)
{
	set(device, VIRTIO_MMIO_STATUS, get(device, VIRTIO_MMIO_STATUS) | bit);
}

static uint64_t offered_features(const struct virtio_device *device)
{
	uint64_t low;

	set(device, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	low = get(device, VIRTIO_MMIO_DEVICE_FEATURES);
	set(device, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	return (uint64_t)get(device, VIRTIO_MMIO_DEVICE_FEATURES) << 32 | low;
}

static void accept_features(const struct virtio_device *device)
{
	set(device, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	set(device, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)device->features);
	set(device, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	set(device, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(device->features >> 32));
}

/* The steps are those of VIRTIO 1.2, 3.1.1. */
const char *virtio_begin(struct virtio_device *device, paddr_t regs, uint32_t id,
			 uint64_t wanted)
{
	device->regs = regs;
	if (get(device, VIRTIO_MMIO_MAGIC_VALUE) != MAGIC || get(device, VIRTIO_MMIO_VERSION) != 2)
		return "it is no virtio device of version 2";
	if (get(device, VIRTIO_MMIO_DEVICE_ID) != id)
		return "it is another kind of virtio device";
	set(device, VIRTIO_MMIO_STATUS, 0);
	add_status(device, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	add_status(device, VIRTIO_CONFIG_S_DRIVER);
	device->features =
		offered_features(device) & (wanted | 1ull << VIRTIO_F_VERSION_1);
	accept_features(device);
	add_status(device, VIRTIO_CONFIG_S_FEATURES_OK);
	if (!(get(device, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_FEATURES_OK))
		return "it does not take the features that it has offered";
	return NULL;
}

bool virtio_set_queue(struct virtio_device *device, uint32_t index,
		      const struct virtio_queue_parts *parts)
{
	set(device, VIRTIO_MMIO_QUEUE_SEL, index);
	if (get(device, VIRTIO_MMIO_QUEUE_NUM_MAX) < parts->size)
		return false;
	set(device, VIRTIO_MMIO_QUEUE_NUM, parts->size);
	set_address(device, VIRTIO_MMIO_QUEUE_DESC_LOW, parts->desc);
	set_address(device, VIRTIO_MMIO_QUEUE_AVAIL_LOW, parts->avail);
	set_address(device, VIRTIO_MMIO_QUEUE_USED_LOW, parts->used);
	set(device, VIRTIO_MMIO_QUEUE_READY, 1);
	return true;
}

bool virtio_start(struct virtio_device *device)
{
	add_status(device, VIRTIO_CONFIG_S_DRIVER_OK);
	return !virtio_is_broken(device);
}

uint32_t virtio_config32(const struct virtio_device *device, uint32_t offset)
{
	return get(device, VIRTIO_MMIO_CONFIG + offset);
}

uint64_t virtio_config64(const struct virtio_device *device, uint32_t offset)
{
	return (uint64_t)virtio_config32(device, offset + 4) << 32 |
	       virtio_config32(device, offset);
}

bool virtio_is_broken(const struct virtio_device *device)
{
	return get(device, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET;
}
