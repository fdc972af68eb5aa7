/* SPDX-License-Identifier: MIT */
/* The table through which a process names its open files by number. */
#ifndef GUEST_FS_TABLE_H
#define GUEST_FS_TABLE_H

#include "guest/core/process.h"
#include "guest/fs/file.h"

#define FD_MAX    PROCESS_FILES_MAX
#define FD_CHUNK  32 /* numbers that get memory together */

struct fd_chunk {
	uint32_t used, closes_on_exec; /* bit n: number n of the chunk */
	struct file *files[FD_CHUNK];
};

struct file_table {
	uint32_t users;
	int limit;          /* RLIMIT_NOFILE: no new number from here on */
	unsigned nr_chunks; /* none beyond is there */
	struct fd_chunk *chunks[FD_MAX / FD_CHUNK]; /* NULL: none open; the first is there */
	struct fd_chunk first;
};

/* Without any open file. NULL without memory. */
struct file_table *file_table_create(void);
/* Another table of the same open files, for fork: positions are shared. NULL
 * without memory. */
struct file_table *file_table_clone(struct file_table *table);
void file_table_put(struct file_table *table);
void file_table_close_on_exec(struct file_table *table);

/* The file of that number, without becoming a user, or NULL. */
static inline struct file *file_table_get(const struct file_table *table, int fd)
{
	const struct fd_chunk *chunk;

	uint32_t n = fd;

	if (unlikely(n >= FD_MAX))
		return NULL;
	chunk = table->chunks[n / FD_CHUNK];
	return likely(chunk) ? chunk->files[n % FD_CHUNK] : NULL;
}

/* The lowest free number from min on now names file, whose use passes to the
 * table; -EMFILE or -ENOMEM. */
int file_install(struct file_table *table, struct file *file, int min, bool closes_on_exec);
/* Makes fd, in range, name file, whose use passes to the table; fd, or -ENOMEM. */
int file_install_at(struct file_table *table, int fd, struct file *file, bool closes_on_exec);
/* 0 or -EBADF. */
int file_close(struct file_table *table, int fd);

/* The first open number from fd on; FD_MAX: none. */
int file_table_next(const struct file_table *table, int fd);

/* No number is free, as far as the limit goes. */
bool file_table_is_full(const struct file_table *table);

/* fd must be open. */
bool file_closes_on_exec(const struct file_table *table, int fd);
void file_set_closes_on_exec(struct file_table *table, int fd, bool closes);

#endif
