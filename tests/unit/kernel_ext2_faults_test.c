/* SPDX-License-Identifier: MIT */
/* ext2 on images that lie, and on disks that fail. */
#include "tests/unit/fake/fake.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "guest/fs/ext2.h"
#include "guest/fs/ext2_fs.h"
#include "guest/fs/file.h"
#include "tests/unit/fake/fake_block.h"
#include "tests/unit/fake/fake_ext2.h"

static char data[1 << 20], back[1 << 20];

/* ---- images that lie ------------------------------------------------ */

static void make_tree(const char *options)
{
	fake_ext2_make(options, "4M");
	fake_ext2_mount();
	fake_ext2_fill(data, 400000, 1);
	assert_int_equal(t_mkdir("d"), 0);
	assert_int_equal(t_mkdir("d/e"), 0);
	assert_int_equal(t_create("d/f", 0644), 0);
	assert_int_equal(t_write("d/f", 0, data, 400000), 400000);
	assert_int_equal(t_create("g", 0644), 0);
	assert_int_equal(t_write("g", 0, data, 100), 100);
	assert_int_equal(t_symlink("d/f", "l"), 0);
	fake_ext2_finish();
}

/* Walks all of it, and then changes all of it. Errors are welcome. */
static void use_everything(const char *dir, unsigned depth)
{
	static char names[4][4096];
	char *next, path[1024];

	if (depth == ARRAY_SIZE(names) || t_list(dir, names[depth], sizeof(names[depth]) - 300) < 0)
		return;
	for (char *name = names[depth]; *name; name = next) {
		struct inode *inode;

		next = strchr(name, '\n');
		*next++ = '\0';
		if (snprintf(path, sizeof(path), "%s%s%s", dir, *dir ? "/" : "", name) >=
			    (int)sizeof(path) || t_lookup(path, &inode))
			continue;
		if (inode_is_regular(inode)) {
			t_read_inode(inode, 0, back, sizeof(back));
			t_truncate(path, 3000);
			t_write_inode(inode, 20000, data, 5000);
		} else if (inode_is_dir(inode)) {
			use_everything(path, depth + 1);
		}
		inode_put(inode);
		t_unlink(path);
		t_rmdir(path);
	}
	for (unsigned i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "%.900s%snew%u", dir, *dir ? "/" : "", i);
		if (i % 2)
			t_mkdir(path);
		else if (!t_create(path, 0644))
			t_write(path, 0, data, 30000);
	}
}

static void use_image(void)
{
	if (!fake_ext2_try_mount(false)) {
		use_everything("", 0);
		ext2_sync(fake_ext2_fs);
		ext2_unmount(fake_ext2_fs);
	}
}

static void lies_cost_nothing_but_errors(void **state)
{
	static uint8_t image[4 << 20];
	uint8_t *bytes;

	(void)state;
	fake_random_start();
	for (unsigned l = 0; l < 2; l++) {
		make_tree(l ? "-b 4096 -N 128" : "-b 1024");
		fake_ext2_mount();
		memcpy(image, fake_ext2_disk.bytes, sizeof(image));
		fake_ext2_finish();
		for (unsigned i = 0; i < 80; i++) {
			unsigned nr = 1 + (unsigned)fake_random_below(30);
			uint64_t part = fake_random_below(4) ? 200 << 10 : 3 << 10;

			fake_ext2_mount(); /* for the disk alone */
			bytes = fake_ext2_disk.bytes;
			memcpy(bytes, image, sizeof(image));
			while (nr--)
				bytes[fake_random_below(part)] = (uint8_t)(
					fake_random_below(2) ? fake_random() : 255);
			fake_ext2_stop();
			use_image();
			/* So that the next mount above is of a good one. */
			memcpy(fake_ext2_disk.bytes, image, sizeof(image));
			fake_ext2_stop();
		}
	}
}

static void check_lie(const char *debugfs, const char *path, int64_t expected)
{
	int64_t result;

	make_tree("-b 1024");
	fake_ext2_tool(NULL, "debugfs -w -R '%s' %s", debugfs, fake_ext2_image());
	fake_ext2_mount();
	fake.nr_notices = 0;
	result = t_read(path, 0, back, 400000);
	if (result > 0 && result < t_size(path)) /* what came before the bad place */
		result = t_read(path, (uint64_t)result, back, 1000);
	if (result != expected)
		fail_msg("%s, %s: %d", debugfs, path, (int)result);
	ext2_sync(fake_ext2_fs);
	t_create("report", 0600); /* a line is written with the next piece of work */
	if (expected == -EIO)
		assert_true(fake.nr_notices);
	use_everything("", 0);
	ext2_unmount(fake_ext2_fs);
	fake_ext2_stop();
	fake_ext2_repair();
}

static void each_lie_is_found_where_it_is(void **state)
{
	(void)state;
	check_lie("set_inode_field d/f block[IND] 99999999", "d/f", -EIO);
	check_lie("set_inode_field d/f block[DIND] 0", "d/f", 400000);
	check_lie("set_inode_field d/f block[0] 4294967295", "d/f", -EIO);
	check_lie("set_inode_field d block[0] 0", "d/f", -EIO);
	check_lie("set_inode_field d block[0] 70000", "d/f", -EIO);
	check_lie("set_inode_field d size 100", "d/f", -EIO);
	check_lie("set_inode_field d/f mode 0170644", "d/f", -EIO);
	check_lie("set_inode_field d/f links_count 0", "d/f", -EIO);
	check_lie("set_inode_field d/f flags 0x80000", "d/f", -EIO);
	check_lie("link d d/e/up", "d/e/up/f", -EIO); /* a ring */
	check_lie("link d/e twice", "d/f", 400000);
	check_lie("link <2> d/e/root", "d/e/root/g", -EIO);
	check_lie("link <1> d/bad", "d/bad", -EIO);
	check_lie("clri d/f", "d/f", -EIO);
	check_lie("freeb 20 3000", "d/f", 400000);
}

static void a_superblock_that_lies_is_refused(void **state)
{
	static const char *const lies[] = {
		"set_super_value blocks_count 9000", "set_super_value inodes_count 7",
		"set_super_value blocks_per_group 9000", "set_super_value inodes_per_group 0",
		"set_super_value log_block_size 30", "set_super_value inode_size 100",
		"set_super_value first_data_block 5", "set_super_value first_ino 99999",
		"set_bg 0 inode_table 99999", "set_bg 0 block_bitmap 0",
		"set_inode_field <2> mode 0100644", "set_inode_field <2> links_count 0",
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(lies); i++) {
		make_tree("-b 1024");
		fake_ext2_tool(NULL, "debugfs -w -R '%s' %s", lies[i], fake_ext2_image());
		if (!fake_ext2_try_mount(false))
			fail_msg("mounted: %s", lies[i]);
	}
}

/* ---- disks that fail ------------------------------------------------ */

static void a_bad_sector_is_an_error_where_it_is_needed(void **state)
{
	(void)state;
	make_tree("-b 1024");
	fake_ext2_mount();
	for (uint64_t sector = 0; sector < 1200; sector += 2) {
		char names[256];

		fake_ext2_disk.bad_sector = sector;
		cache_begin();
		cache_shrink(10000);
		t_list("", names, sizeof(names));
		t_read("d/f", 0, back, 400000);
		t_read("g", 0, back, 100);
	}
	fake_ext2_disk.bad_sector = UINT64_MAX;
	cache_begin();
	cache_shrink(10000);
	assert_int_equal(t_read("d/f", 0, back, 400000), 400000);
	fake_ext2_fill(data, 400000, 1);
	assert_memory_equal(back, data, 400000);
	fake_ext2_finish();
}

static void an_error_of_writing_is_told_once(void **state)
{
	(void)state;
	make_tree("-b 1024");
	fake_ext2_mount();
	assert_int_equal(t_write("g", 0, data, 100), 100);
	fake_ext2_disk.nr_fail = 1;
	assert_int_equal(ext2_sync(fake_ext2_fs), -EIO);
	assert_int_equal(ext2_sync(fake_ext2_fs), 0);
	fake_ext2_finish();
}

static struct file *open_file(const char *path)
{
	struct inode *inode;
	struct file *file;

	assert_int_equal(t_lookup(path, &inode), 0);
	assert_int_equal(file_open(inode, O_RDWR, &file), 0);
	inode_put(inode);
	return file;
}

static int sync_open(struct file *file)
{
	return file->ops->sync(file);
}

static void a_loss_is_told_to_each_who_syncs_the_file(void **state)
{
	struct file *first, *second, *other;

	(void)state;
	make_tree("-b 1024");
	fake_ext2_mount();
	first = open_file("g");
	second = open_file("g");
	other = open_file("d/f");
	assert_int_equal(t_write("g", 0, data, 100), 100);
	fake_ext2_disk.nr_fail = 1;
	assert_int_equal(ext2_write_back(fake_ext2_fs), 0); /* sync(2) tells nobody */
	assert_int_equal(sync_open(other), 0);
	assert_int_equal(sync_open(first), -EIO);
	assert_int_equal(sync_open(first), 0);
	assert_int_equal(sync_open(second), -EIO);
	file_put(second);
	second = open_file("g"); /* by then it is known */
	assert_int_equal(sync_open(second), 0);
	assert_int_equal(ext2_sync(fake_ext2_fs), -EIO);
	assert_int_equal(ext2_sync(fake_ext2_fs), 0);
	file_put(first);
	file_put(second);
	file_put(other);
	fake_ext2_finish();
}

static void a_loss_that_nobody_knows_of_is_told_to_who_opens_the_file_then(void **state)
{
	struct file *file;

	(void)state;
	make_tree("-b 1024");
	fake_ext2_mount();
	assert_int_equal(t_write("g", 0, data, 100), 100);
	fake_ext2_disk.nr_fail = 1;
	assert_int_equal(ext2_write_back(fake_ext2_fs), 0);
	file = open_file("g");
	assert_int_equal(sync_open(file), -EIO);
	file_put(file);
	fake_ext2_finish();
}

static void a_loss_that_nobody_was_told_of_makes_no_clean_end(void **state)
{
	(void)state;
	make_tree("-b 1024");
	fake_ext2_mount();
	assert_int_equal(t_write("g", 0, data, 100), 100);
	fake_ext2_disk.nr_fail = 1;
	assert_int_equal(ext2_write_back(fake_ext2_fs), 0);
	assert_int_equal(ext2_unmount(fake_ext2_fs), -EIO);
	fake_ext2_stop();
}

/* Whichever request it is: the content of a file alone is not written once more. */
static void what_fails_once_of_the_structure_is_made_up_for(void **state)
{
	unsigned nr_failed = 0;

	(void)state;
	for (unsigned nth = 0; nth < 40; nth++) {
		int err;

		make_tree("-b 1024");
		fake_ext2_mount();
		assert_int_equal(t_create("d/new", 0644), 0);
		assert_int_equal(t_write("d/new", 0, data, 30000), 30000);
		assert_int_equal(t_rename("d/f", "d/e/f", 0), 0);
		assert_int_equal(t_unlink("g"), 0);
		assert_int_equal(t_mkdir("d/e/h"), 0);
		fake_ext2_disk.fail_after = nth;
		fake_ext2_disk.nr_fail = 1;
		err = ext2_sync(fake_ext2_fs);
		nr_failed += err != 0;
		assert_int_equal(err, fake_ext2_disk.nr_fail ? 0 : -EIO);
		fake_ext2_disk.nr_fail = 0;
		assert_int_equal(ext2_sync(fake_ext2_fs), 0);
		fake_ext2_remount();
		assert_int_equal(t_size("d/new"), 30000);
		assert_int_equal(t_size("d/e/f"), 400000);
		assert_int_equal(t_size("d/f"), -ENOENT);
		assert_int_equal(t_size("g"), -ENOENT);
		fake_ext2_finish();
	}
	assert_in_range(nr_failed, 10, 39); /* so it is more than all of its writes */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lies_cost_nothing_but_errors),
		cmocka_unit_test(each_lie_is_found_where_it_is),
		cmocka_unit_test(a_superblock_that_lies_is_refused),
		cmocka_unit_test(a_bad_sector_is_an_error_where_it_is_needed),
		cmocka_unit_test(an_error_of_writing_is_told_once),
		cmocka_unit_test(a_loss_is_told_to_each_who_syncs_the_file),
		cmocka_unit_test(a_loss_that_nobody_knows_of_is_told_to_who_opens_the_file_then),
		cmocka_unit_test(a_loss_that_nobody_was_told_of_makes_no_clean_end),
		cmocka_unit_test(what_fails_once_of_the_structure_is_made_up_for),
	};

	return cmocka_run_group_tests(tests, fake_ext2_group_set_up, fake_ext2_group_tear_down);
}
