/* SPDX-License-Identifier: MIT */
#include "guest/fs/stream.h"

#include <asm/poll.h>
#include <linux/fcntl.h>

#include "guest/arch/offload.h"
#include "guest/core/watch.h"
#include "guest/dev/tty.h"
#include "guest/lib/errno.h"

static struct inode *inodes[CONSOLE_NR_STREAMS];

static bool is_tty(unsigned stream)
{
	return console_info()->tty >> stream & 1;
}

static int64_t stream_read(struct file *file, vaddr_t buf, uint64_t len, uint64_t *pos)
{
	(void)pos;
	return console_read(buf, len, !(file->flags & O_NONBLOCK));
}

static int64_t stream_write(struct file *file, const struct user_piece *pieces, unsigned nr,
			    uint64_t *pos)
{
	(void)pos;
	return console_write(file->stream, pieces, nr);
}

static uint32_t stream_poll(struct file *file, struct watcher *watcher)
{
	if (file->stream != CONSOLE_STDIN)
		return POLLOUT | POLLWRNORM;
	if (watcher)
		watch_add(watcher, console_input_source());
	return console_poll_input() ? POLLIN | POLLRDNORM : 0;
}

static bool stream_has_more(struct file *file)
{
	(void)file;
	return console_has_input();
}

static int64_t stream_nr_readable(struct file *file)
{
	return file->stream == CONSOLE_STDIN ? (int64_t)console_nr_readable() : -ENOTTY;
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

/* ---- the terminal ---------------------------------------------------- */

/* Standard output or error, where what is written is tagged, if it is one. */
static unsigned output_stream(void)
{
	for (unsigned i = CONSOLE_STDOUT; i < CONSOLE_NR_STREAMS; i++)
		if (is_tty(i))
			return i;
	return LDE_STREAM_TERMINAL_OUT;
}

static int console_open(struct file *file)
{
	file->stream = output_stream();
	return tty_exists() ? 0 : -ENXIO;
}

static int tty_open(struct file *file)
{
	return tty_is_controlling(current()) ? console_open(file) : -ENXIO;
}

static int64_t terminal_read(struct file *file, vaddr_t buf, uint64_t len, uint64_t *pos)
{
	(void)pos;
	return tty_read(buf, len, !(file->flags & O_NONBLOCK));
}

static int64_t terminal_write(struct file *file, const struct user_piece *pieces, unsigned nr,
			      uint64_t *pos)
{
	(void)pos;
	return tty_write(file->stream, pieces, nr, !(file->flags & O_NONBLOCK));
}

static uint32_t terminal_poll(struct file *file, struct watcher *watcher)
{
	(void)file;
	return tty_poll(watcher);
}

static bool terminal_has_more(struct file *file)
{
	(void)file;
	return tty_has_more();
}

static int64_t terminal_nr_readable(struct file *file)
{
	(void)file;
	return tty_nr_readable();
}

#define TERMINAL_OPS(how_to_open)                                                                  \
	{                                                                                          \
		.open = how_to_open, .read = terminal_read, .write = terminal_write,               \
		.poll = terminal_poll, .has_more = terminal_has_more,                              \
		.nr_readable = terminal_nr_readable,                                               \
	}

const struct file_ops stream_console_ops = TERMINAL_OPS(console_open);
const struct file_ops stream_tty_ops = TERMINAL_OPS(tty_open);

bool stream_is_tty(const struct file *file)
{
	return file->ops == &stream_console_ops || file->ops == &stream_tty_ops;
}

static const struct inode_ops stream_inode_ops;

static struct inode *terminal; /* /dev/console */

void stream_set_terminal(struct inode *inode)
{
	terminal = inode_get(inode);
}

/* NULL without memory. */
static struct inode *create_inode(unsigned stream)
{
	struct inode *inode =
		inode_create(&stream_inode_ops, DEVICE_STREAMS, console_info()->mode[stream]);

	if (!inode)
		return NULL;
	inode->number = stream + 1;
	inode->nlink = 1; /* lives for ever */
	inode->file_ops = &stream_ops;
	inode_touch(inode, INODE_READ | INODE_WRITTEN);
	return inode;
}

void stream_init(void)
{
	for (unsigned i = 0; i < CONSOLE_NR_STREAMS; i++)
		if (console_info()->mode[i] && !inodes[i])
			inodes[i] = create_inode(i);
}

static int stream_install(struct file_table *table, unsigned stream)
{
	static const uint32_t flags[CONSOLE_NR_STREAMS] = { O_RDONLY, O_WRONLY, O_WRONLY };
	struct inode *inode = is_tty(stream) && terminal ? terminal : inodes[stream];
	struct file *file;
	int err = -ENOMEM;

	if (inode)
		err = file_open(inode, is_tty(stream) ? O_RDWR : flags[stream], &file);
	if (err)
		return err;
	if (is_tty(stream) && stream != CONSOLE_STDIN)
		file->stream = stream;
	return file_install_at(table, stream, file, false);
}

static uint64_t create_table(void *unused)
{
	struct file_table *table = file_table_create();

	(void)unused;
	for (unsigned stream = 0; table && stream < CONSOLE_NR_STREAMS; stream++) {
		if (!console_info()->mode[stream])
			continue; /* closed on the host */
		if (stream_install(table, stream) < 0) {
			file_table_put(table);
			table = NULL;
		}
	}
	return (uint64_t)table;
}

struct file_table *stream_create_table(void)
{
	return (struct file_table *)offload_call(create_table, NULL);
}

void stream_forget(void)
{
	if (terminal)
		inode_put(terminal);
	terminal = NULL;
	for (unsigned i = 0; i < CONSOLE_NR_STREAMS; i++) {
		if (!inodes[i])
			continue;
		inode_unname(inodes[i]);
		inode_put(inodes[i]); /* the first user: create_inode */
		inodes[i] = NULL;
	}
}
