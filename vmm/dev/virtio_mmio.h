/* SPDX-License-Identifier: MIT */
/*
 * The MMIO transport of virtio (VIRTIO 1.2, 4.2): registers, the way from reset
 * to DRIVER_OK, and the queues. Modern only: version 2, VIRTIO_F_VERSION_1.
 *
 * Two threads use it: the vCPU's by vmmio_read and vmmio_write, and the device's
 * own, which takes the lock while it works on the queues. What the operations
 * below do is called with the lock held.
 */
#ifndef VMM_DEV_VIRTIO_MMIO_H
#define VMM_DEV_VIRTIO_MMIO_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/dev/virtio_queue.h"

#define VMMIO_QUEUES_MAX 8

struct vmmio_ops {
	/* There is, or may be, something in a queue: the doorbell's register. */
	void (*notify)(void *ctx);
	/* The driver has reset the device. Returns when none of its memory is
	 * in use any more; may let go of the lock while it waits. */
	void (*reset)(void *ctx);
	/* InterruptStatus is about to be read: does what can be done without
	 * waiting. NULL: nothing. */
	void (*settle)(void *ctx);
	/* A write to the configuration, within space_len. NULL: it is read only. */
	void (*write_space)(void *ctx, size_t offset, uint32_t size, uint64_t value);
};

struct vmmio_config {
	uint32_t device_id;         /* VIRTIO_ID_* */
	uint64_t features;          /* offered, besides VIRTIO_F_VERSION_1 */
	unsigned int nr_queues;     /* VMMIO_QUEUES_MAX at most */
	uint16_t queue_size_max;    /* of each */
	const void *space;          /* the device's configuration */
	size_t space_len;
	const struct guestmem *mem;
	const struct vmmio_ops *ops;
	void *ctx;
	/* Raises the device's interrupt; may be called from any thread. */
	void (*interrupt)(void *ctx);
	void *interrupt_ctx;
	const char *name;           /* for messages */
};

struct vmmio {
	struct vmmio_config config;
	pthread_mutex_t lock;
	struct virtq queues[VMMIO_QUEUES_MAX];
	uint32_t status;
	uint32_t generation; /* of the configuration */
	uint32_t interrupt_status;
	uint32_t device_features_sel, driver_features_sel, queue_sel;
	uint64_t driver_features;
	uint64_t nr_refused; /* accesses that made no sense */
	uint64_t nr_broken;  /* times that only a reset could help */
};

void vmmio_init(struct vmmio *dev, const struct vmmio_config *config);
void vmmio_fini(struct vmmio *dev);

/* One access of the guest at offset from the device's first register; size is
 * that of the access, and whatever it is, there is an answer. */
uint64_t vmmio_read(struct vmmio *dev, uint64_t offset, uint32_t size);
void vmmio_write(struct vmmio *dev, uint64_t offset, uint32_t size, uint64_t value);

/* For the device, with the lock held. */
static inline bool vmmio_has_feature(const struct vmmio *dev, unsigned int bit)
{
	return dev->driver_features >> bit & 1;
}

/* Whether queues may be looked at: DRIVER_OK, and nothing broken. */
bool vmmio_is_live(const struct vmmio *dev);
/* The driver has new entries in a used ring. */
void vmmio_raise_used(struct vmmio *dev);
/* The configuration has changed, of which a live driver is told. */
void vmmio_change_space(struct vmmio *dev);
/* The driver broke the rules so that nothing can be done but a reset. */
void vmmio_need_reset(struct vmmio *dev, const char *why);

#endif
