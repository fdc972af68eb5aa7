/* SPDX-License-Identifier: MIT */
#include "guest/fs/table.h"

#include "guest/arch/offload.h"
#include "guest/lib/errno.h"
#include "guest/mm/pool.h"

static struct pool table_pool = POOL_INIT(table_pool, struct file_table);
static struct pool chunk_pool = POOL_INIT(chunk_pool, struct fd_chunk);

struct file_table *file_table_create(void)
{
	struct file_table *table = pool_alloc(&table_pool);

	if (!table)
		return NULL;
	table->users = 1;
	table->limit = FD_MAX;
	table->chunks[0] = &table->first;
	table->nr_chunks = 1;
	return table;
}

/* The chunk with the number fd in it, made if need be; NULL without memory. */
static struct fd_chunk *chunk_ensure(struct file_table *table, int fd)
{
	struct fd_chunk **chunk = &table->chunks[fd / FD_CHUNK];

	if (!*chunk) {
		*chunk = pool_alloc(&chunk_pool);
		table->nr_chunks = max_u64(table->nr_chunks, fd / FD_CHUNK + 1);
	}
	return *chunk;
}

int file_table_next(const struct file_table *table, int fd)
{
	while ((unsigned)fd < table->nr_chunks * FD_CHUNK) {
		const struct fd_chunk *chunk = table->chunks[fd / FD_CHUNK];
		uint32_t used = chunk ? chunk->used >> fd % FD_CHUNK : 0;

		if (used)
			return fd + __builtin_ctz(used);
		fd = ALIGN_DOWN(fd, FD_CHUNK) + FD_CHUNK;
	}
	return FD_MAX;
}

/* Nothing is closed for good in here, so it may be offloaded. */
static uint64_t clone_table(void *arg)
{
	const struct file_table *table = arg;
	struct file_table *clone = file_table_create();

	if (clone)
		clone->limit = table->limit;
	for (int fd = file_table_next(table, 0); clone && fd < FD_MAX;
	     fd = file_table_next(table, fd + 1)) {
		struct file *file = file_get(file_table_get(table, fd));

		if (file_install_at(clone, fd, file, file_closes_on_exec(table, fd)) < 0) {
			file_put(file);
			file_table_put(clone);
			clone = NULL;
		}
	}
	return (uint64_t)clone;
}

struct file_table *file_table_clone(struct file_table *table)
{
	return (struct file_table *)offload_call(clone_table, table);
}

/* Whether to close it wakes nobody, ends no file, and asks for no time. */
static bool is_quiet(const struct file *file)
{
	return file->users > 1 || (!file->ops->close && file->inode->users > 1);
}

/* Closes those; false if others are left. */
static uint64_t close_quiet(void *arg)
{
	struct file_table *table = arg;
	bool is_empty = true;

	for (int fd = file_table_next(table, 0); fd < FD_MAX; fd = file_table_next(table, fd + 1)) {
		if (is_quiet(file_table_get(table, fd)))
			file_close(table, fd);
		else
			is_empty = false;
	}
	return is_empty;
}

static void close_rest(struct file_table *table)
{
	for (int fd = file_table_next(table, 0); fd < FD_MAX; fd = file_table_next(table, fd + 1))
		file_close(table, fd);
}

void file_table_put(struct file_table *table)
{
	if (--table->users)
		return;
	if (!offload_call(close_quiet, table))
		close_rest(table);
	for (unsigned i = 1; i < table->nr_chunks; i++)
		if (table->chunks[i])
			pool_free(&chunk_pool, table->chunks[i]);
	pool_free(&table_pool, table);
}

void file_table_close_on_exec(struct file_table *table)
{
	for (unsigned i = 0; i < table->nr_chunks; i++) {
		struct fd_chunk *chunk = table->chunks[i];

		while (chunk && chunk->closes_on_exec)
			file_close(table, i * FD_CHUNK + __builtin_ctz(chunk->closes_on_exec));
	}
}

static void chunk_set(struct fd_chunk *chunk, int fd, struct file *file, bool closes_on_exec)
{
	uint32_t bit = 1u << fd % FD_CHUNK;

	chunk->files[fd % FD_CHUNK] = file;
	chunk->used |= bit;
	if (closes_on_exec)
		chunk->closes_on_exec |= bit;
	else
		chunk->closes_on_exec &= ~bit;
}

/* The lowest free number from min on, FD_MAX if there is none. */
static int find_free(const struct file_table *table, int min)
{
	while (min < FD_MAX) {
		const struct fd_chunk *chunk = table->chunks[min / FD_CHUNK];
		uint32_t free = chunk ? ~chunk->used >> min % FD_CHUNK : 1;

		if (free)
			return min + __builtin_ctz(free);
		min = ALIGN_DOWN(min, FD_CHUNK) + FD_CHUNK;
	}
	return FD_MAX;
}

bool file_table_is_full(const struct file_table *table)
{
	return find_free(table, 0) >= table->limit;
}

int file_install(struct file_table *table, struct file *file, int min, bool closes_on_exec)
{
	int fd = find_free(table, min);
	struct fd_chunk *chunk;

	if (fd >= table->limit)
		return -EMFILE;
	chunk = chunk_ensure(table, fd);
	if (!chunk)
		return -ENOMEM;
	chunk_set(chunk, fd, file, closes_on_exec);
	return fd;
}

int file_install_at(struct file_table *table, int fd, struct file *file, bool closes_on_exec)
{
	struct fd_chunk *chunk = chunk_ensure(table, fd);
	struct file *old;

	if (!chunk)
		return -ENOMEM;
	old = chunk->files[fd % FD_CHUNK];
	chunk_set(chunk, fd, file, closes_on_exec);
	if (old)
		file_put(old);
	return fd;
}

int file_close(struct file_table *table, int fd)
{
	struct file *file = file_table_get(table, fd);
	struct fd_chunk *chunk;

	if (!file)
		return -EBADF;
	chunk = table->chunks[fd / FD_CHUNK];
	chunk_set(chunk, fd, NULL, false);
	chunk->used &= ~(1u << fd % FD_CHUNK);
	file_put(file);
	return 0;
}

bool file_closes_on_exec(const struct file_table *table, int fd)
{
	return table->chunks[fd / FD_CHUNK]->closes_on_exec >> fd % FD_CHUNK & 1;
}

void file_set_closes_on_exec(struct file_table *table, int fd, bool closes)
{
	chunk_set(table->chunks[fd / FD_CHUNK], fd, file_table_get(table, fd), closes);
}
