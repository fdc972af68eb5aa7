/* SPDX-License-Identifier: MIT */
#include "guest/fs/file.h"

#include <linux/fcntl.h>

#include "guest/lib/errno.h"
#include "guest/mm/pool.h"

/* A file that was opened for its name only has none of its kind's operations. */
static const struct file_ops path_ops;

static struct pool file_pool = POOL_INIT(file_pool, struct file);

static bool is_writer(const struct file *file)
{
	return (file->flags & O_ACCMODE) != O_RDONLY && !(file->flags & O_PATH);
}

int file_open(struct inode *inode, uint32_t flags, struct file **opened)
{
	struct file *file = pool_alloc(&file_pool);
	int err = 0;

	if (!file)
		return -ENOMEM;
	file->ops = flags & O_PATH ? &path_ops : inode->file_ops;
	file->users = 1;
	file->flags = flags;
	file->inode = inode_get(inode);
	inode->nr_writers += is_writer(file);
	if (file->ops->open)
		err = file->ops->open(file);
	if (err) {
		inode->nr_writers -= is_writer(file);
		inode_put(inode);
		pool_free(&file_pool, file);
		return err;
	}
	*opened = file;
	return 0;
}

void file_release(struct file *file)
{
	if (file->ops->close)
		file->ops->close(file);
	file->inode->nr_writers -= is_writer(file);
	inode_put(file->inode);
	pool_free(&file_pool, file);
}

uint64_t file_write_start(const struct file *file, uint64_t pos)
{
	return file->flags & O_APPEND || pos == FILE_POS_END ? file->inode->object.size : pos;
}
