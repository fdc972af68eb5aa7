/* SPDX-License-Identifier: MIT */
#include "guest/fs/file.h"

#include <linux/fcntl.h>

#include "guest/arch/direct.h"
#include "guest/core/process.h"
#include "guest/lib/errno.h"
#include "guest/mm/pool.h"
#include "guest/mm/usercopy.h"

static struct pool table_pool = POOL_INIT(table_pool, struct file_table);
static struct pool file_pool = POOL_INIT(file_pool, struct file);

static int64_t stream_read(struct file *file, vaddr_t buf, uint64_t len, uint64_t *pos)
{
	(void)file;
	(void)pos;
	return console_read(buf, len);
}

static int64_t stream_write(struct file *file, const struct user_piece *pieces, unsigned nr,
			    uint64_t *pos)
{
	(void)pos;
	return console_write(file->stream, pieces, nr);
}

static const struct file_ops stream_ops = { .read = stream_read, .write = stream_write };

/* Never freed: each has a use of its own. */
static struct file streams[CONSOLE_NR_STREAMS] = {
	{ .ops = &stream_ops, .users = 1, .flags = O_RDONLY, .stream = CONSOLE_STDIN },
	{ .ops = &stream_ops, .users = 1, .flags = O_WRONLY, .stream = CONSOLE_STDOUT },
	{ .ops = &stream_ops, .users = 1, .flags = O_WRONLY, .stream = CONSOLE_STDERR },
};

static int64_t regular_read(struct file *file, vaddr_t buf, uint64_t len, uint64_t *pos)
{
	const struct inode *inode = file->inode;
	int err;

	if (*pos >= inode->object.size)
		return 0;
	len = min_u64(len, inode->object.size - *pos);
	err = user_write(current()->space, buf, (const char *)direct_map(inode->data) + *pos, len);
	if (err)
		return err;
	*pos += len;
	return len;
}

static const struct file_ops regular_ops = { .read = regular_read, .can_seek = true };
static const struct file_ops dir_ops = { .can_seek = true };

struct file_table *file_table_create(void)
{
	struct file_table *table = pool_alloc(&table_pool);

	if (!table)
		return NULL;
	table->users = 1;
	table->end = CONSOLE_NR_STREAMS;
	for (int fd = 0; fd < CONSOLE_NR_STREAMS; fd++) {
		if (!console_info()->mode[fd])
			continue; /* closed on the host */
		streams[fd].users++;
		table->files[fd] = &streams[fd];
	}
	return table;
}

struct file_table *file_table_clone(const struct file_table *table)
{
	struct file_table *clone = pool_alloc(&table_pool);

	if (!clone)
		return NULL;
	clone->users = 1;
	clone->end = table->end;
	for (int fd = 0; fd < table->end; fd++) {
		if (!table->files[fd])
			continue;
		table->files[fd]->users++;
		clone->files[fd] = table->files[fd];
		clone->closes_on_exec[fd] = table->closes_on_exec[fd];
	}
	return clone;
}

void file_table_put(struct file_table *table)
{
	if (--table->users)
		return;
	for (int fd = 0; fd < table->end; fd++)
		if (table->files[fd])
			file_put(table->files[fd]);
	pool_free(&table_pool, table);
}

void file_table_close_on_exec(struct file_table *table)
{
	for (int fd = 0; fd < table->end; fd++)
		if (table->files[fd] && table->closes_on_exec[fd])
			file_close(table, fd);
}

struct file *file_get(const struct file_table *table, int fd)
{
	return (unsigned)fd < FD_MAX ? table->files[fd] : NULL;
}

static void file_set(struct file_table *table, int fd, struct file *file, bool closes_on_exec)
{
	table->files[fd] = file;
	table->closes_on_exec[fd] = closes_on_exec;
	if (fd >= table->end)
		table->end = fd + 1;
}

int file_install(struct file_table *table, struct file *file, int min, bool closes_on_exec)
{
	for (int fd = min; fd < FD_MAX; fd++) {
		if (table->files[fd])
			continue;
		file_set(table, fd, file, closes_on_exec);
		return fd;
	}
	return -EMFILE;
}

void file_install_at(struct file_table *table, int fd, struct file *file, bool closes_on_exec)
{
	if (table->files[fd])
		file_put(table->files[fd]);
	file_set(table, fd, file, closes_on_exec);
}

int file_close(struct file_table *table, int fd)
{
	struct file *file = file_get(table, fd);

	if (!file)
		return -EBADF;
	table->files[fd] = NULL;
	file_put(file);
	return 0;
}

struct file *file_open(struct inode *inode, uint32_t flags)
{
	struct file *file = pool_alloc(&file_pool);

	if (!file)
		return NULL;
	file->ops = inode_is_dir(inode) ? &dir_ops : &regular_ops;
	file->users = 1;
	file->flags = flags;
	file->inode = inode;
	return file;
}

void file_put(struct file *file)
{
	if (--file->users)
		return;
	if (file->inode)
		inode_put(file->inode);
	pool_free(&file_pool, file);
}
