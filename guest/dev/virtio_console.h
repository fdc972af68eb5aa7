/* SPDX-License-Identifier: MIT */
/*
 * The driver of virtio's console (VIRTIO 1.2, 5.3): the console's requests as
 * buffers in the queues of its ports (include/lde/device.h). A request costs a
 * doorbell, and its completion an interrupt; neither is an exit to user space.
 */
#ifndef GUEST_DEV_VIRTIO_CONSOLE_H
#define GUEST_DEV_VIRTIO_CONSOLE_H

#include "guest/dev/tree.h"

/* Starts the device, from then on the console's transport. NULL, or what is wrong.
 * Needs the page allocator, console_init and tty_init. */
const char *virtio_console_init(const struct virtio_node *node);

/* Whether the interrupt was its; then requests have their results, and
 * console_interrupt and tty_interrupt see to who waits for them. */
bool virtio_console_interrupt(unsigned vector);

#endif
