/* SPDX-License-Identifier: MIT */
/*
 * The console device of virtio (VIRTIO 1.2, 5.3), as a front of the console
 * (console.h): its ports are the console's streams (include/lde/device.h).
 *
 * The console's I/O thread serves the queues. It is woken by the doorbell, which
 * the guest rings without an exit to user space, moves what can be moved without
 * waiting, and waits for the host's descriptors with the rest. The thread is
 * started when the driver is.
 *
 * A driver that does not know of several ports has the first one.
 */
#ifndef VMM_DEV_VIRTIO_CONSOLE_H
#define VMM_DEV_VIRTIO_CONSOLE_H

#include <linux/virtio_console.h>

#include "vmm/dev/console.h"
#include "vmm/dev/virtio_mmio.h"

#define VCON_QUEUES      8
#define VCON_URGENT_SIZE 200

/* What has happened; for reports. */
struct vcon_counters {
	uint64_t nr_writes, nr_reads; /* buffers of output and of input */
	uint64_t nr_failed;           /* of output */
	uint64_t nr_doorbells;
	uint64_t nr_interrupts;
};

/* A stream's queue, and the buffer of it that the console has. */
struct vcon_line {
	bool is_busy;
	bool has_result; /* nobody has been told yet */
	int64_t result;
	uint16_t head;
	uint64_t len;
};

struct vcon {
	struct vmmio mmio;
	struct virtio_console_config space;
	struct vconsole *console;
	struct vconsole_front front;
	int doorbell_fd; /* eventfd(2) */
	bool is_served_by_caller; /* of vcon_serve, by tests: no thread is started */

	/* Under the lock of mmio. */
	struct vcon_line lines[VCONSOLE_STREAMS];
	bool is_ready[LDE_NR_VIRTIO_PORTS]; /* the driver is, for the port */
	uint32_t due[LDE_NR_VIRTIO_PORTS]; /* messages to the driver, a bit each */
	struct virtq_chain chain;          /* the one at hand */
	char urgent[VCON_URGENT_SIZE];     /* of emergency writes, an unfinished line */
	size_t urgent_len;
	struct vcon_counters counters;
};

struct vcon_config {
	const struct guestmem *mem;
	bool has_terminal;
	void (*interrupt)(void *ctx); /* from any thread */
	void *ctx;
};

/* 0 or -errno. The console is to be made with &vcon->front, and then to be
 * given to it. */
int vcon_init(struct vcon *vcon, const struct vcon_config *config);
void vcon_set_console(struct vcon *vcon, struct vconsole *console);

/* The window has this size, or another than before. */
void vcon_resize(struct vcon *vcon, uint32_t rows, uint32_t columns);

/* What the thread does when the doorbell was rung: all that can be done without
 * waiting. Also for the end, when the guest stands still and before the console
 * goes: what was written last is to go out. */
void vcon_serve(struct vcon *vcon);

/* After the console's end. */
void vcon_fini(struct vcon *vcon);

#endif
