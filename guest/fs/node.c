/* SPDX-License-Identifier: MIT */
#include "guest/fs/node.h"

#include "guest/arch/offload.h"
#include "guest/core/clock.h"
#include "guest/dev/block.h"
#include "guest/fs/blockdev.h"
#include "guest/fs/device.h"
#include "guest/fs/dir.h"
#include "guest/fs/pipe.h"
#include "guest/fs/proc.h"
#include "guest/fs/regular.h"
#include "guest/fs/stream.h"
#include "guest/fs/text.h"
#include "guest/lib/string.h"

static struct inode *create(uint32_t mode, uint32_t rdev)
{
	struct inode *inode;

	switch (mode & MODE_TYPE) {
	case MODE_REGULAR:
		return regular_create(mode);
	case MODE_DIR:
		return dir_create(mode);
	default:
		inode = inode_create(&device_inode_ops, DEVICE_TREE, mode);
	}
	if (!inode)
		return NULL;
	inode->rdev = rdev;
	if ((mode & MODE_TYPE) == MODE_FIFO)
		inode->file_ops = &pipe_file_ops;
	else if ((mode & MODE_TYPE) == MODE_BLOCK)
		inode->file_ops = &blockdev_file_ops;
	else /* no socket can be opened */
		inode->file_ops = device_file_ops((mode & MODE_TYPE) == MODE_CHAR ? rdev : 0);
	return inode;
}

struct creation {
	uint32_t mode, rdev;
	struct inode *inode;
};

static uint64_t create_run(void *arg)
{
	struct creation *c = arg;

	c->inode = create(c->mode, c->rdev);
	return 0;
}

struct inode *node_create(uint32_t mode, uint32_t rdev)
{
	struct creation c = { mode, rdev, NULL };

	offload_call(create_run, &c);
	return c.inode;
}

static uint64_t boot_ns; /* when these are made */

/* Gives inode, the use of which passes, that name; the entry, or NULL. What was
 * there of the name is replaced, with all that was in it. */
static struct dir_entry *put(struct inode *dir, const char *name, struct inode *inode)
{
	uint32_t len = strlen(name);
	struct dir_entry *entry = inode ? dir_find(dir, name, len) : NULL;
	const char *text;

	if (!inode)
		return NULL;
	if (entry) {
		if (inode_is_dir(entry->inode) && dir_is_kept(entry->inode))
			dir_clear(entry->inode);
		dir_replace(entry, inode);
	} else {
		text = text_keep(name, len);
		entry = text ? dir_add(dir, text, len, inode) : NULL;
	}
	inode->atime_ns = inode->mtime_ns = inode->ctime_ns = boot_ns;
	inode_put(inode);
	return entry;
}

/* The folder of that name in dir, made if need be: programs may have been put into it. */
static struct inode *standard_dir(struct inode *dir, const char *name, uint32_t mode)
{
	struct dir_entry *entry = dir_find(dir, name, strlen(name));

	if (!entry || !inode_is_dir(entry->inode))
		entry = put(dir, name, dir_create(MODE_DIR | mode));
	return entry ? entry->inode : NULL;
}

static bool put_link(struct inode *dir, const char *name, const char *target)
{
	const char *text = text_keep(target, strlen(target));

	return text && put(dir, name, link_create(text, strlen(target)));
}

static bool put_devices(struct inode *dev)
{
	static const struct {
		char name[8];
		uint32_t rdev;
	} devices[] = {
		{ "null", DEVICE_NULL },     { "zero", DEVICE_ZERO },
		{ "full", DEVICE_FULL },     { "random", DEVICE_RANDOM },
		{ "urandom", DEVICE_URANDOM }, { "tty", DEVICE_TTY },
		{ "console", DEVICE_CONSOLE },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(devices); i++) {
		bool is_console = devices[i].rdev == DEVICE_CONSOLE;
		uint32_t mode = MODE_CHAR | (is_console ? 0620 : 0666);
		struct dir_entry *entry = put(dev, devices[i].name,
					      node_create(mode, devices[i].rdev));

		if (!entry)
			return false;
		if (is_console)
			stream_set_terminal(entry->inode);
	}
	return put_link(dev, "fd", "/proc/self/fd") &&
	       put_link(dev, "stdin", "/proc/self/fd/0") &&
	       put_link(dev, "stdout", "/proc/self/fd/1") &&
	       put_link(dev, "stderr", "/proc/self/fd/2");
}

bool node_create_standard(uint64_t now_ns)
{
	struct inode *root = inode_root(), *dev;

	boot_ns = now_ns;
	dev = standard_dir(root, "dev", 0755);
	if (!root->mtime_ns)
		root->atime_ns = root->mtime_ns = root->ctime_ns = boot_ns;
	return dev && put_devices(dev) && standard_dir(dev, "shm", 01777) &&
	       standard_dir(root, "tmp", 01777) && put(root, "proc", proc_create());
}

static uint64_t create_slow_run(void *arg)
{
	struct inode *dev = standard_dir(inode_root(), "dev", 0755);

	(void)arg;
	return dev && put(dev, "slow", node_create(MODE_CHAR | 0666, DEVICE_SLOW));
}

bool node_create_slow(uint64_t ns)
{
	device_set_slow(ns);
	return offload_call(create_slow_run, NULL);
}

static uint64_t create_disks_run(void *arg)
{
	struct inode *dev = standard_dir(inode_root(), "dev", 0755);
	struct block_device *device;

	(void)arg;
	for (uint32_t i = 0; dev && (device = block_at(i)); i++)
		if (!put(dev, device->name, create(MODE_BLOCK | 0660, block_rdev(device))))
			return false;
	return dev != NULL;
}

bool node_create_disks(void)
{
	return !block_at(0) || offload_call(create_disks_run, NULL);
}
