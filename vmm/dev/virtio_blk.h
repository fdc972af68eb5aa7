/* SPDX-License-Identifier: MIT */
/*
 * The block device of virtio (VIRTIO 1.2, 5.2) on a disk image.
 *
 * A thread of its own serves the queue: it is woken by the doorbell, which the
 * guest rings without an exit to user space (an ioeventfd), answers at once what
 * the host has in memory, leaves the rest to a pool of threads, holds back
 * answers as the disk's latency wants it, and raises one interrupt for all that
 * is ready. The thread is started when the driver is; a machine whose guest does
 * not look at its disk has none.
 */
#ifndef VMM_DEV_VIRTIO_BLK_H
#define VMM_DEV_VIRTIO_BLK_H

#include <linux/virtio_blk.h>

#include "vmm/dev/virtio_mmio.h"
#include "vmm/host/disk.h"
#include "vmm/host/disk_pool.h"

#define VBLK_REQUESTS_MAX VIRTQ_SIZE_MAX

/* What has happened; for reports. */
struct vblk_counters {
	uint64_t nr_requests, nr_failed;
	uint64_t read_bytes, written_bytes;
	uint64_t nr_flushes;
	uint64_t nr_doorbells;  /* that were rung */
	uint64_t nr_interrupts;
	uint64_t nr_in_flight_max;
	uint64_t busy_ns;       /* with a request in flight that was not answered at once */
};

struct vblk_request {
	struct vblk_request *next; /* free, or held back */
	struct disk_job job;
	uint8_t *status;      /* in guest memory; NULL: there is no place for it */
	uint32_t written_len; /* of guest memory, if it succeeds */
	uint64_t due_ns;      /* not answered before that */
	struct virtq_chain chain;
};

struct vblk {
	struct vmmio mmio;
	struct disk *disk;
	struct disk_pool pool;
	struct virtio_blk_config space;
	int doorbell_fd; /* eventfd(2): the guest has rung, or the pool has done something */

	/* Under the lock of mmio. */
	struct vblk_request *requests;
	struct vblk_request *free;
	struct vblk_request *held; /* have their result; the first to be due first */
	uint32_t nr_in_flight;
	uint32_t nr_pooled; /* of them: the pool has them, or has not been asked */
	uint64_t busy_since_ns; /* 0: it is not */
	uint64_t next_start_ns; /* of the next request, with a limit of IOPS */
	struct vblk_counters counters;

	pthread_t thread;
	bool has_thread;
	bool is_stopping;         /* without a lock */
	bool is_served_by_caller; /* of vblk_serve, by tests: no thread is started */
};

/* interrupt may be called from any thread. 0 or -errno. The disk is borrowed. */
int vblk_init(struct vblk *blk, struct disk *disk, const struct guestmem *mem,
	      void (*interrupt)(void *ctx), void *ctx);

/* Stops the thread; what is in flight in the host is waited for, what is held
 * back is not. Guest memory is in use no more. */
void vblk_fini(struct vblk *blk);

/* What the thread does when it is woken: takes, carries out, answers. The time
 * at which something is due, or UINT64_MAX. Public for tests, which call it
 * instead of having a thread (is_served_by_caller). */
uint64_t vblk_serve(struct vblk *blk);

#endif
