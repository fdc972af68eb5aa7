/* SPDX-License-Identifier: MIT */
/* Pipes, those with a name (FIFOs) as well. */
#ifndef GUEST_FS_PIPE_H
#define GUEST_FS_PIPE_H

#include "guest/fs/file.h"

/* What a pipe holds, and what is written in one piece (pipe(7)). */
#define PIPE_BYTES  65536u
#define PIPE_ATOMIC 4096u

extern const struct inode_ops pipe_inode_ops;
extern const struct file_ops pipe_file_ops;

/* The ends of a new pipe, each with one user: ends[0] to read from. flags:
 * O_NONBLOCK, O_DIRECT. 0 or -ENOMEM. */
int pipe_open(struct file *ends[2], uint32_t flags);

static inline bool pipe_is(const struct file *file)
{
	return file->ops == &pipe_file_ops;
}

#endif
