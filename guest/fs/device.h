/* SPDX-License-Identifier: MIT */
/* Device files: null and its like. The console's are stream.h's. */
#ifndef GUEST_FS_DEVICE_H
#define GUEST_FS_DEVICE_H

#include "guest/fs/inode.h"

/* st_rdev, as Linux numbers its devices (major << 8 | minor). */
#define DEVICE_NUMBER(major, minor) ((major) << 8 | (minor))
#define DEVICE_NULL    DEVICE_NUMBER(1, 3)
#define DEVICE_ZERO    DEVICE_NUMBER(1, 5)
#define DEVICE_FULL    DEVICE_NUMBER(1, 7)
#define DEVICE_RANDOM  DEVICE_NUMBER(1, 8)
#define DEVICE_URANDOM DEVICE_NUMBER(1, 9)
#define DEVICE_TTY     DEVICE_NUMBER(5, 0)
#define DEVICE_CONSOLE DEVICE_NUMBER(5, 1)
#define DEVICE_SLOW    DEVICE_NUMBER(240, 0) /* numbers for local use */

/* Inodes of devices, FIFOs and sockets keep nothing but themselves. */
extern const struct inode_ops device_inode_ops;

/* Whether it is /dev/zero, which is memory where it is mapped. */
static inline bool device_is_zero(const struct inode *inode)
{
	return (inode->mode & MODE_TYPE) == MODE_CHAR && inode->rdev == DEVICE_ZERO;
}

/* How long a read of DEVICE_SLOW takes. */
void device_set_slow(uint64_t ns);

/* What an open device file does; one that does not exist cannot be opened. */
const struct file_ops *device_file_ops(uint32_t rdev);

/* Random bytes for the running program: how many, fewer if a signal has come, or
 * -EFAULT. */
int64_t device_random_read(vaddr_t buf, uint64_t len);

#endif
