/* SPDX-License-Identifier: MIT */
/*
 * Block devices as files, /dev/vda: the bytes go between the disk and the
 * program's pages, and nothing is kept in memory in between, with O_DIRECT or
 * without. Without it a transfer need not be of whole sectors.
 */
#ifndef GUEST_FS_BLOCKDEV_H
#define GUEST_FS_BLOCKDEV_H

#include "guest/fs/file.h"

/* Opening an inode whose rdev is of no device is -ENXIO. */
extern const struct file_ops blockdev_file_ops;

#endif
