/* SPDX-License-Identifier: MIT */
#include "vmm/host/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "vmm/base/log.h"

/* A failing disk should not fill the terminal. */
#define LOGGED_MAX 8

#define ZEROES_SIZE 65536

/* ---- opening --------------------------------------------------------- */

static int explain(char *why, int err, const char *text)
{
	snprintf(why, DISK_WHY_SIZE, "%s", text);
	return err;
}

static int explain_open(char *why, int err, const struct disk_spec *spec)
{
	switch (err) {
	case -ENOENT:
		return explain(why, err, "no such file; make one: truncate -s 64M FILE");
	case -EACCES:
	case -EPERM:
	case -EROFS:
		snprintf(why, DISK_WHY_SIZE, "%s; %s", strerror(-err),
			 spec->is_read_only ? "give yourself the right to read it: chmod u+r"
					    : "give yourself the right to write it, or add ,ro");
		return err;
	default:
		return explain(why, err, strerror(-err));
	}
}

static int find_size(struct disk *disk, char *why)
{
	struct stat st;

	if (fstat(disk->fd, &st))
		return explain(why, -errno, strerror(errno));
	if (S_ISREG(st.st_mode))
		disk->size_bytes = (uint64_t)st.st_size;
	else if (!S_ISBLK(st.st_mode))
		return explain(why, -EINVAL, "neither a regular file nor a block device");
	else if (ioctl(disk->fd, BLKGETSIZE64, &disk->size_bytes))
		return explain(why, -errno, strerror(errno));
	if (!disk->size_bytes)
		return explain(why, -EINVAL, "is empty; give it a size: truncate -s 64M FILE");
	if (disk->size_bytes % DISK_SECTOR_SIZE) {
		snprintf(why, DISK_WHY_SIZE,
			 "%" PRIu64 " bytes are no whole number of sectors of 512; make it one: "
			 "truncate -s %%512 FILE",
			 disk->size_bytes);
		return -EINVAL;
	}
	return 0;
}

static int lock(const struct disk *disk, char *why)
{
	if (!flock(disk->fd, (disk->spec.is_read_only ? LOCK_SH : LOCK_EX) | LOCK_NB))
		return 0;
	if (errno != EWOULDBLOCK)
		return explain(why, -errno, strerror(errno));
	return explain(why, -EBUSY,
		       disk->spec.is_read_only
			       ? "another lde writes to it; wait for that, or give a copy"
			       : "another lde uses it; wait for that, give a copy, or add ,ro to "
				 "both");
}

static void start_faults(struct disk *disk)
{
	uint64_t seed = disk->spec.fault_seed;

	if (!disk->spec.fault_ppm)
		return;
	if (!disk->spec.has_fault_seed &&
	    getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		seed = 1;
	log_line("%s: %g%% of its requests fail; to repeat it: seed=%" PRIu64, disk->name,
		 disk->spec.fault_ppm / 1e4, seed);
	/* Never 0, where xorshift stays. */
	disk->random = seed * 0x9e3779b97f4a7c15ull | 1;
}

int disk_open(struct disk *disk, const struct disk_spec *spec, unsigned int idx,
	      char why[DISK_WHY_SIZE])
{
	*disk = (struct disk){.spec = *spec, .name = {'v', 'd', (char)('a' + idx), '\0'}};
	/* Not to wait for the other end of a FIFO, nor to make a terminal ours. */
	disk->fd = open(spec->path, (spec->is_read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC |
					    O_NONBLOCK | O_NOCTTY);
	if (disk->fd < 0)
		return explain_open(why, -errno, spec);
	int err = find_size(disk, why);
	if (!err)
		err = lock(disk, why);
	if (err) {
		disk_close(disk);
		return err;
	}
	disk->now_flags = RWF_NOWAIT;
	start_faults(disk);
	return 0;
}

void disk_close(struct disk *disk)
{
	if (disk->fd >= 0)
		close(disk->fd);
	disk->fd = -1;
}

bool disk_draws_fault(struct disk *disk)
{
	if (!disk->spec.fault_ppm)
		return false;
	disk->random ^= disk->random >> 12;
	disk->random ^= disk->random << 25;
	disk->random ^= disk->random >> 27;
	return (disk->random * 0x2545f4914f6cdd1dull >> 32) % 1000000 < disk->spec.fault_ppm;
}

/* ---- work ------------------------------------------------------------ */

static const char *const op_names[] = {
	[DISK_READ] = "reading",
	[DISK_WRITE] = "writing",
	[DISK_WRITE_DURABLE] = "writing",
	[DISK_FLUSH] = "flushing",
	[DISK_DISCARD] = "discarding",
	[DISK_WRITE_ZEROES] = "zeroing",
	[DISK_WRITE_ZEROES_UNMAP] = "zeroing",
};

static void log_failure(struct disk *disk, enum disk_op op, uint64_t offset, uint64_t len, int err,
			const char *more)
{
	if (__atomic_fetch_add(&disk->nr_logged, 1, __ATOMIC_RELAXED) >= LOGGED_MAX)
		return;
	log_line("%s (%s): %s %" PRIu64 " bytes at %" PRIu64 ": %s%s; the program gets EIO",
		 disk->name, disk->spec.path, op_names[op], len, offset, strerror(-err), more);
}

/* Takes the first len bytes off the vector. */
static void advance(struct iovec **iov, unsigned int *nr_iov, size_t len)
{
	while (*nr_iov && len >= (*iov)->iov_len) {
		len -= (*iov)->iov_len;
		(*iov)++;
		(*nr_iov)--;
	}
	if (*nr_iov) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + len;
		(*iov)->iov_len -= len;
	}
}

/* Errors and the end of the file, which must not come before len bytes. */
#define ENDED_EARLY (-ENODATA)

static int move(const struct disk *disk, enum disk_op op, struct iovec *iov, unsigned int nr_iov,
		uint64_t offset, uint64_t len)
{
	const int flags = op == DISK_WRITE_DURABLE ? RWF_DSYNC : 0;

	while (len) {
		ssize_t n = op == DISK_READ ? preadv(disk->fd, iov, (int)nr_iov, (off_t)offset)
					    : pwritev2(disk->fd, iov, (int)nr_iov, (off_t)offset,
						       flags);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return ENDED_EARLY;
		advance(&iov, &nr_iov, (size_t)n);
		offset += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

static int punch(const struct disk *disk, uint64_t offset, uint64_t len)
{
	return fallocate(disk->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
			 (off_t)len)
		       ? -errno
		       : 0;
}

/* What the file system cannot do is left undone: it is a hint. */
static int discard(const struct disk *disk, uint64_t offset, uint64_t len)
{
	int err = punch(disk, offset, len);

	return err == -EOPNOTSUPP || err == -ENOSYS ? 0 : err;
}

static int write_zeroes(const struct disk *disk, enum disk_op op, uint64_t offset, uint64_t len)
{
	static char zeroes[ZEROES_SIZE];
	int err = op == DISK_WRITE_ZEROES_UNMAP
			  ? punch(disk, offset, len)
			  : (fallocate(disk->fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
				       (off_t)offset, (off_t)len)
				     ? -errno
				     : 0);

	if (err != -EOPNOTSUPP && err != -ENOSYS)
		return err;
	for (err = 0; len && !err;) {
		struct iovec iov = {zeroes, len < ZEROES_SIZE ? (size_t)len : ZEROES_SIZE};
		uint64_t n = iov.iov_len;
		err = move(disk, DISK_WRITE, &iov, 1, offset, n);
		offset += n;
		len -= n;
	}
	return err;
}

static int perform(const struct disk *disk, enum disk_op op, struct iovec *iov,
		   unsigned int nr_iov, uint64_t offset, uint64_t len)
{
	switch (op) {
	case DISK_FLUSH:
		return fdatasync(disk->fd) ? -errno : 0;
	case DISK_DISCARD:
		return discard(disk, offset, len);
	case DISK_WRITE_ZEROES:
	case DISK_WRITE_ZEROES_UNMAP:
		return write_zeroes(disk, op, offset, len);
	default:
		return move(disk, op, iov, nr_iov, offset, len);
	}
}

static int tell(struct disk *disk, enum disk_op op, uint64_t offset, uint64_t len, int err)
{
	if (err == ENDED_EARLY)
		log_failure(disk, op, offset, len, -EIO, ": the file is shorter than it was");
	else if (err == -ENOSPC || err == -EDQUOT)
		log_failure(disk, op, offset, len, err, ": free some space there");
	else if (err)
		log_failure(disk, op, offset, len, err, "");
	return err == ENDED_EARLY ? -EIO : err;
}

int disk_execute(struct disk *disk, enum disk_op op, struct iovec *iov, unsigned int nr_iov,
		 uint64_t offset, uint64_t len)
{
	return tell(disk, op, offset, len, perform(disk, op, iov, nr_iov, offset, len));
}

/* A file system whose files are in memory, and who may not know RWF_NOWAIT. */
static bool is_in_memory(const struct disk *disk)
{
	struct statfs fs;

	return !fstatfs(disk->fd, &fs) &&
	       (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

static ssize_t read_now(const struct disk *disk, const struct iovec *iov, unsigned int nr_iov,
			uint64_t offset)
{
	if (!disk->now_flags && nr_iov == 1) /* the quickest way there is */
		return pread(disk->fd, iov->iov_base, iov->iov_len, (off_t)offset);
	return preadv2(disk->fd, iov, (int)nr_iov, (off_t)offset, disk->now_flags);
}

int disk_read_now(struct disk *disk, const struct iovec *iov, unsigned int nr_iov, uint64_t offset,
		  uint64_t len)
{
	ssize_t n = read_now(disk, iov, nr_iov, offset);

	if (n < 0 && errno == EOPNOTSUPP && disk->now_flags && is_in_memory(disk)) {
		disk->now_flags = 0;
		n = read_now(disk, iov, nr_iov, offset);
	}
	/* Errors, too, are left to disk_execute: they are told there. */
	return n >= 0 && (uint64_t)n == len ? 0 : -EAGAIN;
}
