/* SPDX-License-Identifier: MIT */
#include "tests/unit/fake/fake_ext2.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest/fs/ext2.h"
#include "guest/fs/ext2_fs.h"
#include "guest/fs/file.h"
#include "guest/fs/path.h"
#include "guest/fs/wanted.h"
#include "guest/lib/errno.h"
#include "guest/mm/usercopy.h"
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_block.h"
#include "tests/unit/fake/fake_ext2.h"
#include "tests/unit/fake/fake_process.h"
#include "tests/unit/fake/fake_space.h"

#define USER_PAGES 64
#define OUTPUT_MAX 65536

struct fake_block fake_ext2_disk;
struct ext2 *fake_ext2_fs;
struct inode *fake_ext2_root;

static char folder[64], image[96];
static char output[OUTPUT_MAX];

int fake_ext2_group_set_up(void **state)
{
	(void)state;
	setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", 1);
	strcpy(folder, "/tmp/lde-ext2-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(image, sizeof(image), "%s/image", folder);
	return 0;
}

int fake_ext2_group_tear_down(void **state)
{
	(void)state;
	unlink(image);
	return rmdir(folder);
}

const char *fake_ext2_image(void)
{
	return image;
}

int fake_ext2_tool(const char **out, const char *format, ...)
{
	char command[1024];
	size_t len = 0, n;
	va_list args;
	FILE *pipe;
	int status;

	va_start(args, format);
	vsnprintf(command, sizeof(command) - 6, format, args);
	va_end(args);
	strcat(command, " 2>&1");
	pipe = popen(command, "r");
	assert_non_null(pipe);
	while (len < OUTPUT_MAX - 1 && (n = fread(output + len, 1, OUTPUT_MAX - 1 - len, pipe)))
		len += n;
	output[len] = '\0';
	status = pclose(pipe);
	if (out)
		*out = output;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

void fake_ext2_make(const char *options, const char *size)
{
	int status;

	unlink(image);
	status = fake_ext2_tool(NULL, "mke2fs -q -t ext2 %s %s %s", options, image, size);
	if (status)
		fail_msg("mke2fs %s: %d: %s", options, status, output);
}

void fake_ext2_make_memory(void)
{
	struct space *space = space_create();

	assert_non_null(space);
	current()->space = space;
	assert_int_equal(map_anon(space, AT(0), USER_PAGES, PROT_RW), 0);
}

static void boot(void)
{
	fake_boot(8192);
	fake_processes_init(64, true);
	become_process();
	fake_ext2_make_memory();
	if (fake_ext2_disk.bytes)
		fake_block_destroy(&fake_ext2_disk);
	fake.clock.real_ns = 1700000000000000000ull;
}

void fake_ext2_boot(const void *bytes, size_t len)
{
	boot();
	fake_block_create(&fake_ext2_disk, len / BLOCK_SECTOR_SIZE);
	memcpy(fake_ext2_disk.bytes, bytes, len);
}

const char *fake_ext2_try_mount(bool is_read_only)
{
	boot();
	fake_block_load(&fake_ext2_disk, image);
	return fake_ext2_mount_loaded(is_read_only);
}

const char *fake_ext2_mount_loaded(bool is_read_only)
{
	const char *error = ext2_mount(&fake_ext2_disk.device, is_read_only, &fake_ext2_fs);
	fake_ext2_root = error ? NULL : ext2_root(fake_ext2_fs);
	return error;
}

void fake_ext2_mount(void)
{
	const char *error = fake_ext2_try_mount(false);

	if (error)
		fail_msg("mount: %s", error);
}

void fake_ext2_stop(void)
{
	fake_block_save(&fake_ext2_disk, image);
	fake_block_destroy(&fake_ext2_disk);
}

/* Where totals alone are wrong its status is 0, but it asks whether to mend them. */
void fake_ext2_check(void)
{
	if (fake_ext2_tool(NULL, "e2fsck -fn %s", image) || strstr(output, "? no"))
		fail_msg("e2fsck -fn: %s", output);
}

void fake_ext2_finish(void)
{
	int err = ext2_unmount(fake_ext2_fs);

	if (err)
		fail_msg("unmount: %d", err);
	fake_ext2_stop();
	fake_ext2_check();
}

void fake_ext2_repair(void)
{
	int status = fake_ext2_tool(NULL, "e2fsck -fy %s", image);

	if (status > 2)
		fail_msg("e2fsck -fy: %d: %s", status, output);
	fake_ext2_check();
}

void fake_ext2_dump(const char *dir)
{
	if (fake_ext2_tool(NULL, "debugfs -R 'rdump / %s' %s", dir, image))
		fail_msg("debugfs rdump: %s", output);
}

/* ---- system calls ------------------------------------------------------ */

int t_lookup(const char *path, struct inode **found)
{
	return inode_lookup(fake_ext2_root, *path ? path : ".", false, found);
}

/* Calls change with the folder that path's last name is in. */
static int in_parent(const char *path, int (*change)(struct inode *dir, const char *name,
						     uint32_t len, const void *arg),
		     const void *arg)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char parent[4096] = ".";
	struct inode *dir;
	int err;

	if (slash)
		snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
	err = inode_lookup(fake_ext2_root, parent, true, &dir);
	if (err)
		return err;
	err = inode_is_dir(dir) ? change(dir, name, (uint32_t)strlen(name), arg) : -ENOTDIR;
	inode_put(dir);
	return err;
}

struct creation {
	uint32_t mode;
	const char *target;
};

static int create(struct inode *dir, const char *name, uint32_t len, const void *arg)
{
	const struct creation *c = arg;
	struct inode *inode;
	int err = dir->ops->tree->create(dir, name, len, c->mode, 0, c->target, &inode);

	if (!err)
		inode_put(inode);
	return err;
}

int t_create(const char *path, uint32_t mode)
{
	struct creation c = { MODE_REGULAR | mode, NULL };

	return in_parent(path, create, &c);
}

int t_mkdir(const char *path)
{
	struct creation c = { MODE_DIR | 0755, NULL };

	return in_parent(path, create, &c);
}

int t_symlink(const char *target, const char *path)
{
	struct creation c = { MODE_SYMLINK | 0777, target };

	return in_parent(path, create, &c);
}

static int link_to(struct inode *dir, const char *name, uint32_t len, const void *arg)
{
	return dir->ops->tree->link(dir, name, len, (struct inode *)(uintptr_t)arg);
}

int t_link(const char *old, const char *new)
{
	struct inode *inode;
	int err = t_lookup(old, &inode);

	if (err)
		return err;
	err = in_parent(new, link_to, inode);
	inode_put(inode);
	return err;
}

static int remove_it(struct inode *dir, const char *name, uint32_t len, const void *arg)
{
	return dir->ops->tree->remove(dir, name, len, *(const bool *)arg, false);
}

int t_unlink(const char *path)
{
	static const bool is_rmdir = false;

	return in_parent(path, remove_it, &is_rmdir);
}

int t_rmdir(const char *path)
{
	static const bool is_rmdir = true;

	return in_parent(path, remove_it, &is_rmdir);
}

struct renaming {
	const char *new;
	unsigned flags;
	struct tree_name old;
};

static int rename_to(struct inode *dir, const char *name, uint32_t len, const void *arg)
{
	const struct renaming *r = arg;
	struct tree_name new = { dir, name, len, false };

	return dir->ops->tree->rename(&r->old, &new, r->flags);
}

static int rename_from(struct inode *dir, const char *name, uint32_t len, const void *arg)
{
	struct renaming r = *(const struct renaming *)arg;

	r.old = (struct tree_name){ dir, name, len, false };
	return in_parent(r.new, rename_to, &r);
}

int t_rename(const char *old, const char *new, unsigned flags)
{
	struct renaming r = { .new = new, .flags = flags };

	return in_parent(old, rename_from, &r);
}

int t_truncate(const char *path, uint64_t size)
{
	struct inode *inode;
	int err = t_lookup(path, &inode);

	if (err)
		return err;
	err = inode->ops->tree->resize(inode, size);
	if (!err)
		inode_touch(inode, INODE_WRITTEN);
	inode_put(inode);
	return err;
}

int t_fsync(const char *path)
{
	struct inode *inode;
	int err = t_lookup(path, &inode);

	if (err)
		return err;
	err = inode->ops->tree->sync(inode);
	inode_put(inode);
	return err;
}

int64_t t_write_inode(struct inode *inode, uint64_t offset, const void *data, uint64_t len)
{
	struct file *file;
	uint64_t done = 0;
	int64_t n = 0;

	assert_int_equal(file_open(inode, O_RDWR, &file), 0);
	while (done < len) {
		uint64_t pos = offset + done;
		struct user_piece piece = { AT(0), min_u64(len - done, PAGES(USER_PAGES)) };

		assert_int_equal(user_write(current()->space, AT(0), (const char *)data + done,
					    piece.len), 0);
		n = file->ops->write(file, &piece, 1, &pos);
		if (n <= 0)
			break;
		done += (uint64_t)n;
	}
	file_put(file);
	return done ? (int64_t)done : n;
}

int64_t t_read_inode(struct inode *inode, uint64_t offset, void *data, uint64_t len)
{
	struct file *file;
	uint64_t done = 0;
	int64_t n = 0;

	assert_int_equal(file_open(inode, O_RDONLY, &file), 0);
	while (done < len) {
		uint64_t pos = offset + done;

		n = file->ops->read(file, AT(0), min_u64(len - done, PAGES(USER_PAGES)), &pos);
		if (n <= 0)
			break;
		assert_int_equal(user_read(current()->space, (char *)data + done, AT(0),
					   (uint64_t)n), 0);
		done += (uint64_t)n;
	}
	file_put(file);
	return done ? (int64_t)done : n;
}

int64_t t_write(const char *path, uint64_t offset, const void *data, uint64_t len)
{
	struct inode *inode;
	int64_t n = t_lookup(path, &inode);

	if (n)
		return n;
	n = inode_is_regular(inode) ? t_write_inode(inode, offset, data, len) : -EISDIR;
	inode_put(inode);
	return n;
}

int64_t t_read(const char *path, uint64_t offset, void *data, uint64_t len)
{
	struct inode *inode;
	int64_t n = t_lookup(path, &inode);

	if (n)
		return n;
	n = inode_is_regular(inode) ? t_read_inode(inode, offset, data, len) : -EISDIR;
	inode_put(inode);
	return n;
}

int64_t t_size(const char *path)
{
	struct inode *inode;
	int64_t size = t_lookup(path, &inode);

	if (size)
		return size;
	size = (int64_t)inode->object.size;
	inode_put(inode);
	return size;
}

int t_list(const char *path, char *out, size_t size)
{
	struct dir_cursor cursor = { 0 };
	struct dir_item item;
	struct inode *dir;
	uint64_t pos = 2;
	int err = t_lookup(path, &dir), found = 0;

	*out = '\0';
	if (err)
		return err;
	for (;;) {
		do
			found = dir->ops->list(dir, pos, &cursor, &item);
		while (wanted_bring_for(&found));
		if (found <= 0)
			break;
		assert_true(strlen(out) + item.len + 2 < size);
		strncat(out, item.name, item.len);
		strcat(out, "\n");
		pos = item.next;
	}
	inode_put(dir);
	return found;
}

void fake_ext2_fill(char *to, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (char)(i * 13 + seed + i / 509);
}

const char *fake_ext2_any_options(void)
{
	static const char *const options[] = { "-b 1024", "-b 4096 -N 512", "-b 2048 -I 128" };

	return options[fake_random_below(ARRAY_SIZE(options))];
}

void fake_ext2_start(const char *options)
{
	fake_ext2_make(options, "8M");
	fake_ext2_mount();
}

void fake_ext2_remount(void)
{
	fake_ext2_finish();
	fake_ext2_mount();
}

void fake_ext2_check_content(const char *path, const char *data, size_t len)
{
	static char back[3 << 20];

	assert_true(len <= sizeof(back));
	assert_int_equal(t_size(path), len);
	memset(back, 0x55, len);
	assert_int_equal(t_read(path, 0, back, len + 1 > sizeof(back) ? len : len + 1), len);
	assert_memory_equal(back, data, len);
}
