/* SPDX-License-Identifier: MIT */
/*
 * The console: the host's stdin, stdout and stderr for the guest, and its
 * terminal (include/lde/device.h).
 *
 * A request that the host can serve at once is served in the exit, on the vCPU
 * thread. Another one is handed to the I/O thread, which waits for the host's
 * descriptor, finishes the request, stores its result and raises the
 * interrupt; that thread is started when the first request needs it.
 *
 * What is typed at the terminal is read by the I/O thread only, and also when
 * nobody has asked for it, so that the way out is seen (keyboard.h).
 */
#ifndef VMM_DEV_CONSOLE_H
#define VMM_DEV_CONSOLE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <lde/device.h>

#include "vmm/dev/bus.h"
#include "vmm/dev/keyboard.h"
#include "vmm/dev/tag.h"
#include "vmm/host/hostio.h"
#include "vmm/host/memory.h"

#define VCONSOLE_STREAMS LDE_NR_STREAMS
#define VCONSOLE_IOV_MAX 130 /* pieces of a request */

/*
 * Another device that brings the guest's requests, in the place of the port. The
 * I/O thread watches its doorbell, and streams and requests are under its lock.
 */
struct vconsole_front {
	pthread_mutex_t *lock;
	int doorbell_fd; /* eventfd(2) */
	/* With the lock held: the doorbell was rung nr_rung times. */
	void (*serve)(void *ctx, uint64_t nr_rung);
	/* With the lock held: a request that had to wait is done. */
	void (*complete)(void *ctx, unsigned int stream, int64_t result);
	void *ctx;
};

struct vconsole_config {
	const struct guestmem *mem;
	const struct vconsole_front *front; /* NULL: the port is in use; borrowed */
	int fds[VCONSOLE_STREAMS]; /* borrowed; waited for, never closed */
	bool is_tagged;
	tagger_name *name;           /* for tags; may be NULL */
	void (*interrupt)(void *ctx); /* on the I/O thread */
	void (*terminal)(void *ctx, uint32_t gpa); /* the second register; may be NULL */
	void (*escape)(void *ctx); /* on the I/O thread: the way out was typed */
	void *ctx;
};

/*
 * One stream. Its request belongs to the vCPU thread until is_pending is set,
 * then to the I/O thread until that clears it; both under the console's lock.
 * With a front the request is under that one's lock.
 */
struct vconsole_stream {
	bool is_pending;

	uint32_t req_gpa;
	struct iovec iov[VCONSOLE_IOV_MAX]; /* what is still to be moved */
	unsigned int nr_iov;
	unsigned int iov_idx;
	uint64_t moved_bytes;
	uint64_t taken_bytes; /* by the tagger: the result, when all is written */

	struct hostio io;
	struct tagger tagger;
	struct tagger_text lines; /* tagged, being written */
};

struct vconsole {
	struct vconsole_config config;
	struct vconsole_stream streams[VCONSOLE_STREAMS];
	pthread_mutex_t lock;
	struct keyboard keyboard; /* under lock */

	pthread_t thread;
	bool has_thread;
	int wake_fd;   /* eventfd: a new request, or is_stopping */
	bool is_stopping; /* under lock */

	/* By the vCPU thread. */
	uint64_t nr_requests;
	uint64_t nr_ignored; /* no request in memory where the doorbell said */
	uint64_t nr_refused; /* answered -EINVAL or -EFAULT */
	uint64_t nr_pended;  /* handed to the I/O thread */
};

/* A machine has one console; it is large, so embed or allocate it. */
void vconsole_init(struct vconsole *console, const struct vconsole_config *config);

/*
 * Stops the I/O thread; a request that still pends is dropped. Then, if
 * flush, writes what is left of unfinished tagged lines, waiting for the
 * reader until a signal comes.
 */
void vconsole_fini(struct vconsole *console, bool flush);

/* opaque is a struct vconsole. */
void vconsole_access(void *opaque, struct portbus_access *access);

#endif
