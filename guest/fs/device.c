/* SPDX-License-Identifier: MIT */
#include "guest/fs/device.h"

#include "guest/core/clock.h"
#include "guest/core/process.h"
#include "guest/core/random.h"
#include "guest/core/sched.h"
#include "guest/core/wait.h"
#include "guest/fs/file.h"
#include "guest/fs/stream.h"
#include "guest/lib/errno.h"
#include "guest/mm/usercopy.h"

#define ZERO_PIECE (256u << 10) /* between two looks at what else is to be done */

const struct inode_ops device_inode_ops;

static int64_t null_read(struct file *file, vaddr_t buf, uint64_t len, uint64_t *pos)
{
	(void)file;
	(void)buf;
	(void)len;
	(void)pos;
	return 0;
}

static int64_t null_write(struct file *file, const struct user_piece *pieces, unsigned nr,
			  uint64_t *pos)
{
	uint64_t total = 0;

	(void)file;
	(void)pos;
	for (unsigned i = 0; i < nr; i++)
		total += pieces[i].len;
	return total;
}

static int64_t zero_read(struct file *file, vaddr_t buf, uint64_t len, uint64_t *pos)
{
	uint64_t done = 0, n;

	(void)file;
	(void)pos;
	do {
		n = min_u64(len - done, ZERO_PIECE);
		if (user_zero(current()->space, buf + done, n))
			return done ? (int64_t)done : -EFAULT;
		done += n;
	} while (done < len && sched_cond_resched());
	return done;
}

static int64_t full_write(struct file *file, const struct user_piece *pieces, unsigned nr,
			  uint64_t *pos)
{
	return null_write(file, pieces, nr, pos) ? -ENOSPC : 0;
}

int64_t device_random_read(vaddr_t buf, uint64_t len)
{
	struct space *space = current()->space;
	uint64_t done = 0;

	while (done < len) {
		uint64_t n = len - done;
		void *piece = user_present(space, buf + done, &n, ACCESS_WRITE);

		if (piece) {
			random_bytes(piece, n);
			done += n;
			if (done < len && !sched_cond_resched())
				break;
		} else if (!user_bring(space, buf + done, ACCESS_WRITE)) {
			return done ? (int64_t)done : -EFAULT;
		}
	}
	return done;
}

static int64_t random_read(struct file *file, vaddr_t buf, uint64_t len, uint64_t *pos)
{
	(void)file;
	(void)pos;
	return device_random_read(buf, len);
}

static uint64_t slow_ns;

void device_set_slow(uint64_t ns)
{
	slow_ns = ns;
}

/* Zeroes, as if they came from far away: who reads them is BLOCKED meanwhile. */
static int64_t slow_read(struct file *file, vaddr_t buf, uint64_t len, uint64_t *pos)
{
	uint64_t deadline = clock_timer_now() + clock_ns_to_timer(slow_ns);
	int err;

	do
		err = wait_on(NULL, deadline);
	while (!err);
	return err == -ETIMEDOUT ? zero_read(file, buf, len, pos) : err;
}

static int missing_open(struct file *file)
{
	(void)file;
	return -ENXIO;
}

static const struct file_ops null_ops = { .read = null_read, .write = null_write, .can_seek = true };
static const struct file_ops zero_ops = { .read = zero_read, .write = null_write, .can_seek = true };
static const struct file_ops full_ops = { .read = zero_read, .write = full_write, .can_seek = true };
static const struct file_ops random_ops = { .read = random_read, .write = null_write,
					    .can_seek = true };
static const struct file_ops slow_ops = { .read = slow_read, .write = null_write,
					  .can_seek = true };
static const struct file_ops missing_ops = { .open = missing_open };

const struct file_ops *device_file_ops(uint32_t rdev)
{
	switch (rdev) {
	case DEVICE_NULL:
		return &null_ops;
	case DEVICE_ZERO:
		return &zero_ops;
	case DEVICE_FULL:
		return &full_ops;
	case DEVICE_SLOW:
		return &slow_ops;
	case DEVICE_RANDOM:
	case DEVICE_URANDOM:
		return &random_ops;
	case DEVICE_TTY:
		return &stream_tty_ops;
	case DEVICE_CONSOLE:
		return &stream_console_ops;
	default:
		return &missing_ops;
	}
}
