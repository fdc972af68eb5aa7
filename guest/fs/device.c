/* SPDX-License-Identifier: MIT */
#include "guest/fs/device.h"

#include "guest/core/process.h"
#include "guest/core/random.h"
#include "guest/fs/file.h"
#include "guest/fs/stream.h"
#include "guest/lib/errno.h"
#include "guest/mm/usercopy.h"

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
	int err = user_zero(current()->space, buf, len);

	(void)file;
	(void)pos;
	return err ? err : (int64_t)len;
}

static int64_t full_write(struct file *file, const struct user_piece *pieces, unsigned nr,
			  uint64_t *pos)
{
	return null_write(file, pieces, nr, pos) ? -ENOSPC : 0;
}

static int64_t random_read(struct file *file, vaddr_t buf, uint64_t len, uint64_t *pos)
{
	uint8_t bytes[256];
	uint64_t done = 0;

	(void)file;
	(void)pos;
	while (done < len) {
		uint64_t n = min_u64(len - done, sizeof(bytes));

		random_bytes(bytes, n);
		if (user_write(current()->space, buf + done, bytes, n))
			return done ? (int64_t)done : -EFAULT;
		done += n;
	}
	return done;
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
