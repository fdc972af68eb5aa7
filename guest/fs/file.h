/* SPDX-License-Identifier: MIT */
/*
 * Open files, and the table through which a process names them by number.
 */
#ifndef GUEST_FS_FILE_H
#define GUEST_FS_FILE_H

#include "guest/dev/console.h"
#include "guest/fs/inode.h"

struct file;

/* Every operation returns a count or a negative errno; one that is NULL is
 * answered with the errno that Linux gives for it. Addresses are the running
 * program's. */
struct file_ops {
	int64_t (*read)(struct file *file, vaddr_t buf, uint64_t len, uint64_t *pos);
	int64_t (*write)(struct file *file, const struct user_piece *pieces, unsigned nr,
			 uint64_t *pos);
	bool can_seek;
};

struct file {
	const struct file_ops *ops;
	uint32_t users;
	uint32_t flags;       /* O_* */
	uint64_t pos;
	struct inode *inode;  /* NULL: a stream of the console */
	unsigned stream;
};

#define FD_MAX 128

struct file_table {
	uint32_t users;
	int end; /* no descriptor from here on is open */
	struct file *files[FD_MAX];
	bool closes_on_exec[FD_MAX];
};

/* Another table of the same open files, for fork: positions are shared. NULL
 * without memory. */
struct file_table *file_table_clone(const struct file_table *table);

/* 0, 1 and 2 are the console's streams, those that are open on the host. NULL
 * without memory. */
struct file_table *file_table_create(void);
/* One with the same open files, for fork. */
struct file_table *file_table_clone(const struct file_table *from);
void file_table_put(struct file_table *table);
void file_table_close_on_exec(struct file_table *table);

/* NULL: no such descriptor. */
struct file *file_get(const struct file_table *table, int fd);

/* The lowest free number from min on now names file, whose use passes to the
 * table; -EMFILE. */
int file_install(struct file_table *table, struct file *file, int min, bool closes_on_exec);
/* Makes fd, in range, name file, whose use passes to the table. */
void file_install_at(struct file_table *table, int fd, struct file *file, bool closes_on_exec);
int file_close(struct file_table *table, int fd);

/* An open file on inode, with one user, that takes the caller's use of inode
 * over; NULL without memory: then it does not. */
struct file *file_open(struct inode *inode, uint32_t flags);
void file_put(struct file *file);

#endif
