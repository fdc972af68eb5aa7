/* SPDX-License-Identifier: MIT */
/* The console's streams as files: standard input, output and error. */
#ifndef GUEST_FS_STREAM_H
#define GUEST_FS_STREAM_H

#include "guest/fs/file.h"
#include "guest/fs/table.h"

/* Of /dev/console, which is the terminal, and /dev/tty, which is it for those
 * whose controlling terminal it is. */
extern const struct file_ops stream_console_ops, stream_tty_ops;

/* /dev/console: the inode of those streams that are the terminal, so that it has
 * a name. */
void stream_set_terminal(struct inode *inode);

/* Makes the streams' inodes. */
void stream_init(void);

/* A table in which 0, 1 and 2 are the console's streams, those that are open on
 * the host. NULL without memory. */
struct file_table *stream_create_table(void);

/* Gives the streams' inodes back: for the end. */
void stream_forget(void);

/* Whether the open file is a terminal. */
bool stream_is_tty(const struct file *file);

#endif
