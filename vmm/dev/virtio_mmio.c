/* SPDX-License-Identifier: MIT */
#include "vmm/dev/virtio_mmio.h"

#include <inttypes.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <string.h>

#include "vmm/base/log.h"

#define MAGIC     0x74726976 /* "virt" */
#define VERSION   2
#define VENDOR_ID 0x3145444c /* "LDE1" */

#define STATUS_OK (VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK)

static void init_queues(struct vmmio *dev)
{
	for (unsigned int i = 0; i < dev->config.nr_queues; i++)
		virtq_init(&dev->queues[i], dev->config.mem);
}

void vmmio_init(struct vmmio *dev, const struct vmmio_config *config)
{
	*dev = (struct vmmio){.config = *config};
	dev->config.features |= 1ull << VIRTIO_F_VERSION_1;
	pthread_mutex_init(&dev->lock, NULL);
	init_queues(dev);
}

void vmmio_fini(struct vmmio *dev)
{
	pthread_mutex_destroy(&dev->lock);
}

/* Only the first is told, or a broken guest would fill the terminal. */
static void refuse(struct vmmio *dev, const char *what, uint64_t value)
{
	if (!dev->nr_refused++)
		log_line("the guest's driver made a bad access to %s: %s %#" PRIx64,
			 dev->config.name, what, value);
}

bool vmmio_is_live(const struct vmmio *dev)
{
	return (dev->status & STATUS_OK) == STATUS_OK &&
	       !(dev->status & VIRTIO_CONFIG_S_NEEDS_RESET);
}

static void raise_interrupt(struct vmmio *dev, uint32_t why)
{
	dev->interrupt_status |= why;
	dev->config.interrupt(dev->config.interrupt_ctx);
}

void vmmio_raise_used(struct vmmio *dev)
{
	raise_interrupt(dev, VIRTIO_MMIO_INT_VRING);
}

void vmmio_change_space(struct vmmio *dev)
{
	dev->generation++;
	if (vmmio_is_live(dev))
		raise_interrupt(dev, VIRTIO_MMIO_INT_CONFIG);
}

void vmmio_need_reset(struct vmmio *dev, const char *why)
{
	if (dev->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return;
	if (!dev->nr_broken++)
		log_line("the guest's driver of %s broke the rules: %s; it stops until it is "
			 "reset",
			 dev->config.name, why);
	dev->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	if (dev->status & VIRTIO_CONFIG_S_DRIVER_OK)
		raise_interrupt(dev, VIRTIO_MMIO_INT_CONFIG);
}

/* ---- reading --------------------------------------------------------- */

static uint64_t read_space(struct vmmio *dev, uint64_t offset, uint32_t size)
{
	uint64_t value = 0;

	if (offset < dev->config.space_len) {
		size_t len = dev->config.space_len - (size_t)offset;
		memcpy(&value, (const char *)dev->config.space + offset, len < size ? len : size);
	}
	return value;
}

/* The queue that the driver has chosen; NULL: there is none. */
static struct virtq *chosen_queue(struct vmmio *dev)
{
	return dev->queue_sel < dev->config.nr_queues ? &dev->queues[dev->queue_sel] : NULL;
}

static uint32_t read_interrupt_status(struct vmmio *dev)
{
	if (dev->config.ops->settle)
		dev->config.ops->settle(dev->config.ctx);
	return dev->interrupt_status;
}

static uint32_t read_register(struct vmmio *dev, uint64_t offset)
{
	const struct virtq *queue = chosen_queue(dev);

	switch (offset) {
	case VIRTIO_MMIO_MAGIC_VALUE:
		return MAGIC;
	case VIRTIO_MMIO_VERSION:
		return VERSION;
	case VIRTIO_MMIO_DEVICE_ID:
		return dev->config.device_id;
	case VIRTIO_MMIO_VENDOR_ID:
		return VENDOR_ID;
	case VIRTIO_MMIO_DEVICE_FEATURES:
		return dev->device_features_sel > 1
			       ? 0
			       : (uint32_t)(dev->config.features >> 32 * dev->device_features_sel);
	case VIRTIO_MMIO_QUEUE_NUM_MAX:
		return queue ? dev->config.queue_size_max : 0;
	case VIRTIO_MMIO_QUEUE_READY:
		return queue && queue->is_ready;
	case VIRTIO_MMIO_INTERRUPT_STATUS:
		return read_interrupt_status(dev);
	case VIRTIO_MMIO_STATUS:
		return dev->status;
	case VIRTIO_MMIO_CONFIG_GENERATION:
		return dev->generation;
	case VIRTIO_MMIO_SHM_LEN_LOW:
	case VIRTIO_MMIO_SHM_LEN_HIGH:
	case VIRTIO_MMIO_SHM_BASE_LOW:
	case VIRTIO_MMIO_SHM_BASE_HIGH:
		return UINT32_MAX; /* there is no shared memory */
	default:
		refuse(dev, "read of register", offset);
		return 0;
	}
}

uint64_t vmmio_read(struct vmmio *dev, uint64_t offset, uint32_t size)
{
	uint64_t value = 0;

	pthread_mutex_lock(&dev->lock);
	if (offset >= VIRTIO_MMIO_CONFIG)
		value = read_space(dev, offset - VIRTIO_MMIO_CONFIG, size);
	else if (size == sizeof(uint32_t) && offset % sizeof(uint32_t) == 0)
		value = read_register(dev, offset);
	else
		refuse(dev, "read that is not of 32 bits at", offset);
	pthread_mutex_unlock(&dev->lock);
	return value;
}

/* ---- writing --------------------------------------------------------- */

static void set_half(uint64_t *value, bool is_high, uint32_t half)
{
	const unsigned int shift = is_high ? 32 : 0;

	*value = (*value & ~(0xffffffffull << shift)) | (uint64_t)half << shift;
}

static void reset(struct vmmio *dev)
{
	/* First, so that the device takes nothing more. */
	dev->status = 0;
	dev->config.ops->reset(dev->config.ctx);
	init_queues(dev);
	dev->interrupt_status = 0;
	dev->device_features_sel = dev->driver_features_sel = dev->queue_sel = 0;
	dev->driver_features = 0;
}

/* What the driver wants of what it was not offered, or a driver of the time
 * before version 1, leaves the bit clear (3.1.1). */
static bool accept_features(const struct vmmio *dev)
{
	return !(dev->driver_features & ~dev->config.features) &&
	       vmmio_has_feature(dev, VIRTIO_F_VERSION_1);
}

/* Bits are set one after the other and cleared by a reset only. */
static void write_status(struct vmmio *dev, uint32_t value)
{
	uint32_t added = value & ~dev->status;

	if (!value) {
		reset(dev);
		return;
	}
	if (added & VIRTIO_CONFIG_S_FEATURES_OK && !accept_features(dev))
		added &= ~(uint32_t)VIRTIO_CONFIG_S_FEATURES_OK;
	if (added & VIRTIO_CONFIG_S_DRIVER_OK &&
	    !((dev->status | added) & VIRTIO_CONFIG_S_FEATURES_OK)) {
		refuse(dev, "DRIVER_OK before FEATURES_OK, status", value);
		added &= ~(uint32_t)VIRTIO_CONFIG_S_DRIVER_OK;
	}
	dev->status |= added & ~(uint32_t)VIRTIO_CONFIG_S_NEEDS_RESET;
	if (added & VIRTIO_CONFIG_S_DRIVER_OK)
		dev->config.ops->notify(dev->config.ctx);
}

static void write_features(struct vmmio *dev, uint32_t value)
{
	if (dev->status & VIRTIO_CONFIG_S_FEATURES_OK || dev->driver_features_sel > 1)
		refuse(dev, "features that cannot be set now:", value);
	else
		set_half(&dev->driver_features, dev->driver_features_sel, value);
}

static void write_queue_ready(struct vmmio *dev, struct virtq *queue, uint32_t value)
{
	/* Once it is ready only a reset of the device takes it back. */
	if (value != 1 || queue->is_ready || !(dev->status & VIRTIO_CONFIG_S_FEATURES_OK)) {
		refuse(dev, "QueueReady at the wrong time, value", value);
		return;
	}
	queue->has_event_idx = vmmio_has_feature(dev, VIRTIO_RING_F_EVENT_IDX);
	queue->has_indirect = vmmio_has_feature(dev, VIRTIO_RING_F_INDIRECT_DESC);
	if (queue->size > dev->config.queue_size_max || virtq_start(queue))
		vmmio_need_reset(dev, "a queue has a size or a place that makes no sense");
}

static void write_queue(struct vmmio *dev, uint64_t offset, uint32_t value)
{
	struct virtq *queue = chosen_queue(dev);

	if (!queue || queue->is_ready) {
		refuse(dev, "a queue that cannot be set up, register", offset);
		return;
	}
	switch (offset) {
	case VIRTIO_MMIO_QUEUE_NUM:
		queue->size = value > UINT16_MAX ? 0 : (uint16_t)value;
		break;
	case VIRTIO_MMIO_QUEUE_DESC_LOW:
	case VIRTIO_MMIO_QUEUE_DESC_HIGH:
		set_half(&queue->desc_gpa, offset == VIRTIO_MMIO_QUEUE_DESC_HIGH, value);
		break;
	case VIRTIO_MMIO_QUEUE_AVAIL_LOW:
	case VIRTIO_MMIO_QUEUE_AVAIL_HIGH:
		set_half(&queue->avail_gpa, offset == VIRTIO_MMIO_QUEUE_AVAIL_HIGH, value);
		break;
	case VIRTIO_MMIO_QUEUE_USED_LOW:
	case VIRTIO_MMIO_QUEUE_USED_HIGH:
		set_half(&queue->used_gpa, offset == VIRTIO_MMIO_QUEUE_USED_HIGH, value);
		break;
	default:
		write_queue_ready(dev, queue, value);
	}
}

static void write_register(struct vmmio *dev, uint64_t offset, uint32_t value)
{
	switch (offset) {
	case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
		dev->device_features_sel = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES:
		write_features(dev, value);
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
		dev->driver_features_sel = value;
		break;
	case VIRTIO_MMIO_QUEUE_SEL:
		dev->queue_sel = value;
		break;
	case VIRTIO_MMIO_QUEUE_NUM:
	case VIRTIO_MMIO_QUEUE_READY:
	case VIRTIO_MMIO_QUEUE_DESC_LOW:
	case VIRTIO_MMIO_QUEUE_DESC_HIGH:
	case VIRTIO_MMIO_QUEUE_AVAIL_LOW:
	case VIRTIO_MMIO_QUEUE_AVAIL_HIGH:
	case VIRTIO_MMIO_QUEUE_USED_LOW:
	case VIRTIO_MMIO_QUEUE_USED_HIGH:
		write_queue(dev, offset, value);
		break;
	case VIRTIO_MMIO_QUEUE_NOTIFY:
		dev->config.ops->notify(dev->config.ctx);
		break;
	case VIRTIO_MMIO_INTERRUPT_ACK:
		dev->interrupt_status &= ~value;
		break;
	case VIRTIO_MMIO_STATUS:
		write_status(dev, value);
		break;
	case VIRTIO_MMIO_SHM_SEL:
		break;
	default:
		refuse(dev, "write to register", offset);
	}
}

static bool is_writable_space(const struct vmmio *dev, uint64_t offset, uint32_t size)
{
	return dev->config.ops->write_space && offset >= VIRTIO_MMIO_CONFIG &&
	       offset - VIRTIO_MMIO_CONFIG + size <= dev->config.space_len;
}

void vmmio_write(struct vmmio *dev, uint64_t offset, uint32_t size, uint64_t value)
{
	pthread_mutex_lock(&dev->lock);
	if (is_writable_space(dev, offset, size))
		dev->config.ops->write_space(dev->config.ctx, (size_t)offset - VIRTIO_MMIO_CONFIG,
					     size, value);
	else if (offset < VIRTIO_MMIO_CONFIG && size == sizeof(uint32_t) && offset % sizeof(uint32_t) == 0)
		write_register(dev, offset, (uint32_t)value);
	else
		refuse(dev, "write that is not of 32 bits, or to what is read only, at", offset);
	pthread_mutex_unlock(&dev->lock);
}
