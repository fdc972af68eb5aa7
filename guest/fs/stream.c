/* SPDX-License-Identifier: MIT */
#include "guest/fs/stream.h"

#include <asm/poll.h>
#include <linux/fcntl.h>

#include "guest/core/watch.h"
#include "guest/lib/errno.h"

static struct inode *inodes[CONSOLE_NR_STREAMS];

static bool is_tty(unsigned stream)
{
	return console_info()->tty >> stream & 1;
}

/* The terminal that is written to, or CONSOLE_NR_STREAMS. */
static unsigned output_tty(void)
{
	unsigned stream = CONSOLE_STDOUT;

	while (stream < CONSOLE_NR_STREAMS && !is_tty(stream))
		stream++;
	return stream;
}

static int64_t stream_read(struct file *file, vaddr_t buf, uint64_t len, uint64_t *pos)
{
	(void)pos;
	/* A terminal is one device, whichever of its numbers is used. */
	if (file->stream != CONSOLE_STDIN && !is_tty(CONSOLE_STDIN))
		return -EIO;
	return console_read(buf, len, !(file->flags & O_NONBLOCK));
}

static int64_t stream_write(struct file *file, const struct user_piece *pieces, unsigned nr,
			    uint64_t *pos)
{
	unsigned stream = file->stream;

	(void)pos;
	if (stream == CONSOLE_STDIN)
		stream = output_tty();
	if (stream == CONSOLE_NR_STREAMS)
		return -EIO;
	return console_write(stream, pieces, nr);
}

static uint32_t stream_poll(struct file *file, struct watcher *watcher)
{
	uint32_t events = 0;

	if (file->stream != CONSOLE_STDIN || is_tty(CONSOLE_STDIN))
		events |= POLLOUT | POLLWRNORM;
	if (file->stream == CONSOLE_STDIN || (is_tty(file->stream) && is_tty(CONSOLE_STDIN))) {
		if (watcher)
			watch_add(watcher, console_input_source());
		if (console_poll_input())
			events |= POLLIN | POLLRDNORM;
	}
	return events;
}

static bool stream_has_more(struct file *file)
{
	(void)file;
	return console_has_input();
}

static int64_t stream_nr_readable(struct file *file)
{
	if (file->stream != CONSOLE_STDIN && !is_tty(CONSOLE_STDIN))
		return -ENOTTY;
	return console_nr_readable();
}

/* One of the streams again, through /proc/self/fd. */
static int stream_open(struct file *file)
{
	for (unsigned i = 0; i < CONSOLE_NR_STREAMS; i++)
		if (file->inode == inodes[i])
			file->stream = i;
	return 0;
}

static const struct file_ops stream_ops = {
	.open = stream_open,
	.read = stream_read,
	.write = stream_write,
	.poll = stream_poll,
	.has_more = stream_has_more,
	.nr_readable = stream_nr_readable,
};

static int tty_open(struct file *file)
{
	file->stream = is_tty(CONSOLE_STDIN) ? CONSOLE_STDIN : output_tty();
	return file->stream == CONSOLE_NR_STREAMS ? -ENXIO : 0;
}

const struct file_ops stream_tty_ops = {
	.open = tty_open,
	.read = stream_read,
	.write = stream_write,
	.poll = stream_poll,
	.has_more = stream_has_more,
	.nr_readable = stream_nr_readable,
};

bool stream_is_tty(const struct file *file)
{
	if (file->ops == &stream_tty_ops)
		return true;
	return file->ops == &stream_ops && is_tty(file->stream);
}

static const struct inode_ops stream_inode_ops;

static struct inode *stream_inode(unsigned stream)
{
	struct inode *inode = inodes[stream];

	if (inode)
		return inode;
	inode = inode_create(&stream_inode_ops, DEVICE_STREAMS, console_info()->mode[stream]);
	if (!inode)
		return NULL;
	inode->number = stream + 1;
	inode->nlink = 1; /* lives for ever */
	inode->file_ops = &stream_ops;
	inode_touch(inode, INODE_READ | INODE_WRITTEN);
	inodes[stream] = inode;
	return inode;
}

void stream_init(void)
{
	for (unsigned i = 0; i < CONSOLE_NR_STREAMS; i++)
		if (console_info()->mode[i])
			stream_inode(i);
}

static int stream_install(struct file_table *table, unsigned stream)
{
	static const uint32_t flags[CONSOLE_NR_STREAMS] = { O_RDONLY, O_WRONLY, O_WRONLY };
	struct inode *inode = stream_inode(stream);
	struct file *file;
	int err = -ENOMEM;

	if (inode)
		err = file_open(inode, is_tty(stream) ? O_RDWR : flags[stream], &file);
	return err ? err : file_install_at(table, stream, file, false);
}

struct file_table *stream_create_table(void)
{
	struct file_table *table = file_table_create();

	for (unsigned stream = 0; table && stream < CONSOLE_NR_STREAMS; stream++) {
		if (!console_info()->mode[stream])
			continue; /* closed on the host */
		if (stream_install(table, stream) < 0) {
			file_table_put(table);
			table = NULL;
		}
	}
	return table;
}

void stream_forget(void)
{
	for (unsigned i = 0; i < CONSOLE_NR_STREAMS; i++) {
		if (!inodes[i])
			continue;
		inode_unname(inodes[i]);
		inode_put(inodes[i]); /* the first user: stream_inode */
		inodes[i] = NULL;
	}
}
