/* SPDX-License-Identifier: MIT */
#include "tests/unit/fake/fake.h"

#include "tests/fuzz/ext2/ext2_input.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/fs/ext2.h"
#include "guest/fs/ext2_fs.h"
#include "guest/fs/inode.h"
#include "tests/fuzz/input.h"
#include "tests/unit/fake/fake_block.h"
#include "tests/unit/fake/fake_ext2.h"

#define IMAGE_BYTES (1u << 20)
#define INPUT_MAX   65536u
#define CALLS_MAX   60

static const char *const layouts[] = { "-b 1024 -N 64", "-b 4096 -N 64", "-b 2048 -I 128 -N 64" };
#define NR_LAYOUTS (sizeof(layouts) / sizeof(layouts[0]))

static uint8_t images[NR_LAYOUTS][IMAGE_BYTES];

/* The kernel's own writing has made them, so that it can read all of it. */
static void make_image(unsigned layout)
{
	static char bytes[300000];

	fake_ext2_make(layouts[layout], "1M");
	fake_ext2_mount();
	memset(bytes, 'x', sizeof(bytes));
	t_mkdir("d");
	t_mkdir("d/e");
	t_create("d/f", 0644);
	t_write("d/f", 0, bytes, sizeof(bytes));
	t_create("g", 0644);
	t_write("g", 5000, bytes, 100);
	t_link("g", "d/e/g");
	t_symlink("d/f", "l");
	memset(bytes, 'y', 200);
	bytes[200] = '\0';
	t_symlink(bytes, "long");
	fake_ext2_finish();
	fake_ext2_mount();
	memcpy(images[layout], fake_ext2_disk.bytes, IMAGE_BYTES);
	fake_ext2_finish();
}

void ext2_input_begin(void)
{
	void *state = NULL;

	if (fake_ext2_group_set_up(&state))
		abort();
	for (unsigned i = 0; i < NR_LAYOUTS; i++)
		make_image(i);
	fake_ext2_group_tear_down(&state);
}

/* ---- input ------------------------------------------------------------- */

static void take_bytes(struct input *in, uint8_t *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)input_take(in, 1);
}

/* Where things are that others believe: superblock, groups, bitmaps, the first
 * inodes, folders; or anywhere. */
static uint32_t take_place(struct input *in)
{
	static const uint32_t parts[] = { 1024, 2048, 4096, 8192, 12288, 16384, 20480, 0 };
	uint32_t part = parts[input_take(in, 1) % (sizeof(parts) / sizeof(parts[0]))];

	if (!part)
		return input_take(in, 4) % IMAGE_BYTES;
	return (part + (input_take(in, 2) & 0xfff)) % IMAGE_BYTES;
}

static void change_image(struct input *in, uint8_t *image)
{
	for (unsigned nr = input_take(in, 1) % 32; nr; nr--) {
		uint32_t at = take_place(in);
		size_t n = 1 + input_take(in, 1) % 8;

		take_bytes(in, image + at, n < IMAGE_BYTES - at ? n : IMAGE_BYTES - at);
	}
}

/* ---- calls ------------------------------------------------------------- */

static const char *take_path(struct input *in)
{
	static const char *const paths[] = { "d", "d/e", "d/f", "g", "d/e/g", "l", "long",
					     "lost+found", "d/new", "new", "d/e/new", "d/..",
					     "l/x", "d/e/../f", "other", "" };

	return paths[input_take(in, 1) % 16];
}

/* What system calls look at before they call the file system. */
static bool has_type(const char *path, uint32_t type)
{
	struct inode *inode;
	bool has;

	if (t_lookup(path, &inode))
		return false;
	has = (inode->mode & MODE_TYPE) == type;
	inode_put(inode);
	return has;
}

static void list(const char *path)
{
	static char names[1 << 18];

	if (has_type(path, MODE_DIR))
		t_list(path, names, sizeof(names));
}

static void one_call(struct input *in)
{
	static char bytes[1 << 16];
	const char *path = take_path(in), *other;
	uint64_t offset, len;

	switch (input_take(in, 1) % 13) {
	case 0:
		list(path);
		break;
	case 1:
		offset = input_take(in, 3);
		t_read(path, offset, bytes, input_take(in, 2));
		break;
	case 2:
		offset = input_take(in, 3);
		len = input_take(in, 2);
		t_write(path, offset, bytes, len);
		break;
	case 3:
		t_create(path, 0644);
		break;
	case 4:
		t_mkdir(path);
		break;
	case 5:
		t_unlink(path);
		break;
	case 6:
		t_rmdir(path);
		break;
	case 7:
		other = take_path(in);
		t_rename(path, other, input_take(in, 1) % 3);
		break;
	case 8:
		other = take_path(in);
		if (!has_type(path, MODE_DIR))
			t_link(path, other);
		break;
	case 9:
		t_symlink("g", path);
		break;
	case 10:
		if (has_type(path, MODE_REGULAR))
			t_truncate(path, input_take(in, 4));
		break;
	case 11:
		if (has_type(path, MODE_REGULAR) || has_type(path, MODE_DIR))
			t_fsync(path);
		break;
	default:
		ext2_sync(fake_ext2_fs);
	}
}

void ext2_input_run(const uint8_t *bytes, size_t len)
{
	struct input in = { bytes, len };
	unsigned layout = input_take(&in, 1) % NR_LAYOUTS;
	const char *error;

	fake_ext2_boot(images[layout], IMAGE_BYTES);
	change_image(&in, fake_ext2_disk.bytes);
	error = fake_ext2_mount_loaded(false);
	for (unsigned nr = 0; !error && in.len && nr < CALLS_MAX; nr++)
		one_call(&in);
	if (!error) {
		inode_put(fake_ext2_root);
		ext2_unmount(fake_ext2_fs);
		ext2_close(fake_ext2_fs);
	}
}

unsigned ext2_input_run_folder(const char *path)
{
	static uint8_t bytes[INPUT_MAX];
	const struct dirent *entry;
	DIR *dir = opendir(path);
	unsigned nr = 0;

	while (dir && (entry = readdir(dir))) {
		char name[512];
		FILE *file;

		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		file = entry->d_name[0] == '.' ? NULL : fopen(name, "r");
		if (!file)
			continue;
		ext2_input_run(bytes, fread(bytes, 1, sizeof(bytes), file));
		fclose(file);
		nr++;
	}
	if (dir)
		closedir(dir);
	return nr;
}
