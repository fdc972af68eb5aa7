/* SPDX-License-Identifier: MIT */
/*
 * The numbers of open files, as system calls take them. A table belongs to one
 * process that runs, so nobody closes a number while a call uses its file, even
 * if the call waits.
 */
#ifndef GUEST_SYS_FD_H
#define GUEST_SYS_FD_H

#include <linux/fcntl.h>

#include "guest/core/process.h"
#include "guest/fs/table.h"

/* The file of that number, one opened with O_PATH included; NULL: -EBADF. */
static inline struct file *fd_get_any(int fd)
{
	return file_table_get(current()->files, fd);
}

/* The same for calls that go to the file's content. */
static inline struct file *fd_get(int fd)
{
	struct file *file = fd_get_any(fd);

	return likely(file && !(file->flags & O_PATH)) ? file : NULL;
}

static inline bool fd_can_read(const struct file *file)
{
	return (file->flags & O_ACCMODE) != O_WRONLY;
}

static inline bool fd_can_write(const struct file *file)
{
	return (file->flags & O_ACCMODE) != O_RDONLY;
}

/* A write came out as n: sends the signal that goes with some errors. */
void fd_signal_error(int64_t n);

#endif
