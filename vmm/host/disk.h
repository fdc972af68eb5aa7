/* SPDX-License-Identifier: MIT */
/*
 * The image of a disk: a regular file or a block device of the host.
 *
 * It is locked (flock(2)) while it is open: by one writer, or by any number of
 * readers, so that two machines never write the same image.
 */
#ifndef VMM_HOST_DISK_H
#define VMM_HOST_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define DISK_SECTOR_SIZE 512
#define DISK_DISKS_MAX   8

/* What --disk says of one. */
struct disk_spec {
	const char *path;
	bool is_read_only;
	uint64_t latency_ns; /* of each request, at least; 0: as it comes */
	uint32_t iops;       /* requests a second, at most; 0: as many as can be */
	uint32_t fault_ppm;  /* of a million requests so many fail, at random... */
	bool has_fault_seed;
	uint64_t fault_seed; /* ...from this on; else from the host's random numbers */
};

struct disk {
	struct disk_spec spec;
	char name[8];  /* "vda" */
	int fd;        /* -1: not open */
	uint64_t size_bytes;
	int now_flags;           /* of reads that do not wait */
	uint64_t random;         /* for faults */
	unsigned int nr_logged;  /* failures that were told */
};

enum disk_op {
	DISK_READ,
	DISK_WRITE,
	DISK_WRITE_DURABLE, /* as a write with a flush of its own */
	DISK_FLUSH,
	DISK_DISCARD,
	DISK_WRITE_ZEROES,
	DISK_WRITE_ZEROES_UNMAP, /* the space may be given back */
};

#define DISK_WHY_SIZE 200

/* Opens and locks the image as disk number idx. 0, or -errno with what is wrong
 * and what to do in why. */
int disk_open(struct disk *disk, const struct disk_spec *spec, unsigned int idx,
	      char why[DISK_WHY_SIZE]);
void disk_close(struct disk *disk);

/* Whether the next request is to fail. One thread. */
bool disk_draws_fault(struct disk *disk);

/*
 * Carries out op on [offset, offset + len), all of it or an error: -errno; -EIO
 * if the file has become shorter; and then the first few times says so. iov is
 * used up. len and nr_iov are 0 for a flush, nr_iov where no data is moved. May
 * be called from any number of threads at a time.
 */
int disk_execute(struct disk *disk, enum disk_op op, struct iovec *iov, unsigned int nr_iov,
		 uint64_t offset, uint64_t len);

/* The same for a read, unless that would have to wait for the medium: -EAGAIN,
 * and iov is as before. */
int disk_read_now(struct disk *disk, const struct iovec *iov, unsigned int nr_iov, uint64_t offset,
		  uint64_t len);

#endif
