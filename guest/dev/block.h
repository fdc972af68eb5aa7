/* SPDX-License-Identifier: MIT */
/*
 * Block devices as the kernel sees them: requests for runs of sectors, from and
 * to physical memory, many in flight. The drivers are below (virtio_blk.h), the
 * file system and /dev/vda above.
 *
 * The way of a request: its owner fills it in and submits it, rings by
 * block_kick, and goes on with something else or waits. The device moves the
 * data by itself; when its interrupt comes, the driver calls block_complete,
 * which stores the result, makes whoever waits READY, and calls request->done.
 * Requests complete in any order, and one that depends on another is submitted
 * when that is done. What has been written may be lost until a BLOCK_FLUSH that
 * was submitted after its completion has completed.
 *
 * The request, its array of segments and the memory that those name belong to
 * the device from block_submit until the result is there.
 */
#ifndef GUEST_DEV_BLOCK_H
#define GUEST_DEV_BLOCK_H

#include "guest/core/wait.h"

#define BLOCK_SECTOR_SIZE 512

/* Of one request: 128 KiB wherever it begins in a page. */
#define BLOCK_SEGS_MAX 33

/* Of all devices together. */
#define BLOCK_DEVICES_MAX 8

/* As Linux numbers virtio disks: minors 0, 16, 32... leave room for partitions. */
#define BLOCK_MAJOR             254
#define BLOCK_MINORS_PER_DEVICE 16

enum block_op { /* numbers as those of enum lde_block_op */
	BLOCK_READ,         /* into the segments */
	BLOCK_WRITE,        /* from the segments, in order */
	BLOCK_FLUSH,        /* makes durable what has completed before; no sectors */
	BLOCK_DISCARD,      /* the content is not needed any more; no segments */
	BLOCK_WRITE_ZEROES, /* no segments */
};

/* Any address; all lengths of a request add up to its sectors. A segment may be
 * longer than a page if its pages adjoin. */
struct block_seg {
	paddr_t pa;
	uint32_t len;
};

/* result while the device has the request. */
#define BLOCK_PENDING 1

struct block_request {
	enum block_op op;
	uint32_t nr_segs;              /* at most BLOCK_SEGS_MAX */
	const struct block_seg *segs;
	uint64_t sector;               /* the first */
	uint64_t nr_sectors;
	/*
	 * Called once the result is there, or NULL. Interrupts are off; it must
	 * not block. It may submit requests and wake processes, and the request
	 * may be given back: nothing looks at it afterwards.
	 */
	void (*done)(struct block_request *request);
	int result;                    /* BLOCK_PENDING, then 0 or a negative errno */
	struct timer delay;            /* logical clock: the result is there, but not yet due */
	int delayed;                   /* that one */
	struct list link;              /* the driver's while pending, else the owner's */
	struct wait_queue waiters;     /* block_wait's */
};

struct block_device;

/* What a driver does. */
struct block_ops {
	/* Takes the request, which has been checked. Never blocks or fails: what
	 * does not fit is kept, and an error is a result. */
	void (*submit)(struct block_device *device, struct block_request *request);
	/* Lets the device begin; may put it off a little while others, who may
	 * soon submit more, can run: one doorbell for all. Completes what is done
	 * by then. If awaited is not, and not NULL, the running process is BLOCKED
	 * next, or the device polled. */
	void (*kick)(struct block_device *device, const struct block_request *awaited);
	/* Completes what the device has finished; without an interrupt. */
	void (*poll)(struct block_device *device);
};

struct block_device {
	char name[8];               /* "vda" */
	uint32_t index;             /* 0 for vda */
	bool is_read_only;
	bool is_mounted;            /* its content is a file system's business */
	bool has_discard, has_write_zeroes; /* else these are -EOPNOTSUPP */
	uint64_t nr_sectors;
	const struct block_ops *ops;
	uint64_t nr_requests, nr_done, nr_errors; /* kept by block.c */
};

/* At boot: device becomes the next one, and gets its name and index. False: there
 * are too many. */
bool block_register(struct block_device *device);

/* NULL: there is none. Devices are there from the start and never go. */
struct block_device *block_at(uint32_t index);
/* "vda" and "/dev/vda" alike. */
struct block_device *block_find(const char *name);

/* BLOCK_MAJOR and minor, as st_rdev has them. */
uint32_t block_rdev(const struct block_device *device);

/*
 * Hands the request over; what has to be filled in is op to done. What makes no
 * sense completes at once: -EIO beyond the device's end or if lengths do not add
 * up, -EROFS for writing to what is read-only, -EOPNOTSUPP for what the device
 * does not have. The device may not begin before block_kick or block_wait.
 */
void block_submit(struct block_device *device, struct block_request *request);
/* awaited: that of the device's requests for which block_wait comes next, or NULL. */
void block_kick(struct block_device *device, const struct block_request *awaited);

static inline bool block_is_pending(const struct block_request *request)
{
	return *(const volatile int *)&request->result == BLOCK_PENDING;
}

/*
 * Waits for the result and returns it: 0 or a negative errno. Unless the device has
 * it as soon as it is kicked, the running process is BLOCKED, and signals have to
 * wait, since the device has its memory. Before the first process runs, and
 * --without blocking, the CPU is held instead.
 */
int block_wait(struct block_device *device, struct block_request *request);

/* All in one: submits, and waits. */
int block_execute(struct block_device *device, struct block_request *request);

/* The same for len bytes (whole sectors) that adjoin at pa. */
int block_read(struct block_device *device, uint64_t sector, paddr_t pa, uint32_t len);
int block_write(struct block_device *device, uint64_t sector, paddr_t pa, uint32_t len);
int block_flush(struct block_device *device);

/* For drivers: the device has finished the request. result: 0 or negative. */
void block_complete(struct block_device *device, struct block_request *request, int result);

/* For drivers: how many processes have been made READY by a disk and have not come
 * back with a request yet; and that those will not. */
uint32_t block_nr_returning(void);
void block_forget_returning(void);

/* Whether a device has a request that it has not finished. */
bool block_is_at_work(void);

/* Logical clock: a request is over so long after the device has finished it. */
void block_set_delay(uint64_t ns);

/* --without blocking: who waits for a device holds the CPU until it is done. */
void block_set_holding(bool is_holding);

#endif
