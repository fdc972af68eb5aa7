/* SPDX-License-Identifier: MIT */
/* Open files. The numbers that a process has for them are table.h's. */
#ifndef GUEST_FS_FILE_H
#define GUEST_FS_FILE_H

#include "guest/dev/console.h"
#include "guest/fs/inode.h"

struct file;
struct watcher;

/*
 * Every operation returns a count or a negative errno; one that is NULL is
 * answered with the errno that Linux gives for it. Addresses are the running
 * program's. -ERESTARTSYS: a signal ended the wait, and nothing was moved.
 */
struct file_ops {
	int (*open)(struct file *file);
	void (*close)(struct file *file);
	int64_t (*read)(struct file *file, vaddr_t buf, uint64_t len, uint64_t *pos);
	int64_t (*write)(struct file *file, const struct user_piece *pieces, unsigned nr,
			 uint64_t *pos);
	/* Of so many bytes, which will be written in several calls one after the other: waits
	 * until they fit, if they are not to be torn apart. NULL: nothing to wait for. */
	int (*make_room)(struct file *file, uint64_t bytes);
	/* What would not block, as poll(2) has it; with a watcher, one who is to
	 * know when that changes. NULL: everything, always. */
	uint32_t (*poll)(struct file *file, struct watcher *watcher);
	/* Whether a read would give something, without asking anybody for it;
	 * NULL: as far as the file goes. */
	bool (*has_more)(struct file *file);
	/* Bytes that can be read at once (FIONREAD). */
	int64_t (*nr_readable)(struct file *file);
	/* All that has been written is to be where it lasts: 0 or an error. NULL:
	 * it is, as far as it ever will be. */
	int (*sync)(struct file *file);
	/* What ioctl(2) asks of this kind alone; NULL: nothing. */
	int64_t (*ioctl)(struct file *file, uint32_t request, vaddr_t arg);
	/* Its end, for lseek(2); NULL: as the inode has it. */
	uint64_t (*size)(struct file *file);
	bool can_seek;
};

struct file {
	const struct file_ops *ops;
	uint32_t users;
	uint32_t flags;       /* O_* */
	uint64_t pos;
	struct inode *inode;
	union {
		struct dir_cursor cursor; /* of a folder */
		unsigned stream;          /* of the console */
		struct pipe *pipe;
		paddr_t page;             /* what a made-up file says */
		uint32_t nr_lost_told;    /* of a file on a disk */
	};
};

/* As *pos of a write: at the end, as O_APPEND has it for all. Regular files only. */
#define FILE_POS_END UINT64_MAX

/* Where a write to a regular file begins. */
uint64_t file_write_start(const struct file *file, uint64_t pos);

/*
 * *opened is inode as an open file with one user. 0, -ENOMEM, or what the kind
 * of file has against it. The caller remains a user of inode.
 */
int file_open(struct inode *inode, uint32_t flags, struct file **opened);

static inline struct file *file_get(struct file *file)
{
	file->users++;
	return file;
}

/* After the last user. */
void file_release(struct file *file);

static inline void file_put(struct file *file)
{
	if (!--file->users)
		file_release(file);
}

#endif
