/* SPDX-License-Identifier: MIT */
/*
 * A split virtqueue, the device's side (VIRTIO 1.2, 2.7): chains of buffers
 * that the driver makes available, and what the device has used.
 *
 * All of it lies in guest memory and may change at any time, so every field is
 * read once and the copy checked. A ring that breaks the rules in a way that
 * leaves nobody to answer is an error, after which the device is to say
 * NEEDS_RESET; nothing that a driver writes makes a walk endless, or leads
 * outside of guest memory.
 *
 * One thread at a time.
 */
#ifndef VMM_DEV_VIRTIO_QUEUE_H
#define VMM_DEV_VIRTIO_QUEUE_H

#include <linux/virtio_ring.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "vmm/host/memory.h"

#define VIRTQ_SIZE_MAX  256
#define VIRTQ_CHAIN_MAX 130 /* buffers of one chain */

/* One chain: buffers that the device may read, then those that it may write. */
struct virtq_chain {
	uint16_t head;
	uint16_t nr_readable, nr_writable;
	struct iovec iov[VIRTQ_CHAIN_MAX];
};

struct virtq {
	const struct guestmem *mem;
	/* Set by the driver before it is ready. */
	uint16_t size;
	uint64_t desc_gpa, avail_gpa, used_gpa;
	bool has_event_idx, has_indirect;

	bool is_ready;
	volatile struct vring_desc *desc;
	volatile struct vring_avail *avail;
	volatile struct vring_used *used;
	uint16_t next_avail; /* the next one to take */
	uint16_t next_used;  /* the next one to fill in */
	uint16_t published;  /* used->idx as the driver sees it */
};

/* As after a reset. */
void virtq_init(struct virtq *queue, const struct guestmem *mem);

/* The driver says that it is ready. -EINVAL: size, an alignment or a place makes
 * no sense. */
int virtq_start(struct virtq *queue);

/* The next chain: 1; there is none: 0; the ring is broken: -EINVAL. */
int virtq_pop(struct virtq *queue, struct virtq_chain *chain);

/* The chain is used, len bytes of it written; the driver learns of it with... */
void virtq_push(struct virtq *queue, uint16_t head, uint32_t len);
/* ...this. True: it wants an interrupt. */
bool virtq_publish(struct virtq *queue);

/* From now on the driver is to ring. True: there is something already. */
bool virtq_want_doorbell(struct virtq *queue);
/* It need not, for the device will look by itself. */
void virtq_spare_doorbell(struct virtq *queue);

#endif
