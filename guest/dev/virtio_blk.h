/* SPDX-License-Identifier: MIT */
/*
 * The driver of virtio's block devices (VIRTIO 1.2, 5.2): from struct
 * block_request to descriptors, one doorbell for as many requests as there are,
 * and back by the interrupt.
 */
#ifndef GUEST_DEV_VIRTIO_BLK_H
#define GUEST_DEV_VIRTIO_BLK_H

#include "guest/dev/tree.h"

/* Starts the block devices among nodes, in order. NULL, or what is wrong. Needs
 * the page allocator. */
const char *virtio_blk_init(const struct virtio_node *nodes, uint32_t nr_nodes);

/* Whether the interrupt was one of theirs; then what they have done is completed. */
bool virtio_blk_interrupt(unsigned vector);

#endif
