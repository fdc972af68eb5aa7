/* SPDX-License-Identifier: MIT */
/*
 * Threads that carry out what has to wait for a disk. They are started when
 * there is more to do than there are idle ones, and stay.
 *
 * Why not io_uring: docs/decisions/0011-block-device.md.
 */
#ifndef VMM_HOST_DISK_POOL_H
#define VMM_HOST_DISK_POOL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "vmm/host/disk.h"

#define DISK_POOL_THREADS_MAX 16

/* Added to done_fd's counter: others may count below it. */
#define DISK_POOL_DONE (1ull << 32)

/* The submitter's until disk_pool_submit, and again when it has been reaped. */
struct disk_job {
	enum disk_op op;
	struct iovec *iov;
	unsigned int nr_iov;
	uint64_t offset, len;
	int result; /* 0 or -errno */
	struct disk_job *next;
};

struct disk_pool {
	struct disk *disk;
	int done_fd; /* eventfd(2), borrowed; gets DISK_POOL_DONE when something is done */
	pthread_mutex_t lock;
	pthread_cond_t work, quiet;
	struct disk_job *first, **last; /* waiting, in order */
	struct disk_job *done;
	unsigned int nr_running, nr_threads, nr_idle;
	bool is_stopping;
	pthread_t threads[DISK_POOL_THREADS_MAX];
};

void disk_pool_init(struct disk_pool *pool, struct disk *disk, int done_fd);

/* Starts the job; -errno if no thread can be had for it. */
int disk_pool_submit(struct disk_pool *pool, struct disk_job *job);

/* What has been done since the last call, linked by next; or NULL. */
struct disk_job *disk_pool_reap(struct disk_pool *pool);

/* Forgets what has not begun and waits for the rest: afterwards no memory of any
 * job is in use, and there is nothing to reap. */
void disk_pool_drain(struct disk_pool *pool);

/* Drains it and ends the threads. */
void disk_pool_fini(struct disk_pool *pool);

#endif
