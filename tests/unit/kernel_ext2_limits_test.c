/* SPDX-License-Identifier: MIT */
/* ext2 when there is not enough, and what must not be mounted or written to. */
#include "tests/unit/fake/fake.h"

#include <linux/fs.h>
#include <stdio.h>
#include <string.h>

#include "guest/fs/ext2.h"
#include "guest/fs/ext2_fs.h"
#include "guest/lib/errno.h"
#include "guest/mm/page.h"
#include "tests/unit/fake/fake_block.h"
#include "tests/unit/fake/fake_ext2.h"

static const char *const layouts[] = { "-b 1024", "-b 2048", "-b 4096", "-b 1024 -I 128",
				       "-b 4096 -N 64 -g 4096", "-b 1024 -O ^filetype",
				       "-b 1024 -g 512 -O ^resize_inode" };

static char big[3 << 20];

/* ---- when there is not enough --------------------------------------- */

static void a_full_disk_says_so_and_stays_right(void **state)
{
	unsigned nr = 0;
	char name[32];
	int64_t n;

	(void)state;
	for (unsigned l = 0; l < 3; l++) {
		fake_ext2_start(layouts[l]);
		fake_ext2_fill(big, sizeof(big), 9);
		for (nr = 0;; nr++) {
			snprintf(name, sizeof(name), "f%u", nr);
			assert_int_equal(t_create(name, 0644), 0);
			n = t_write(name, 0, big, sizeof(big));
			if (n != sizeof(big))
				break;
		}
		assert_int_equal(t_write(name, (uint64_t)t_size(name), big, 4096), -ENOSPC);
		for (unsigned i = 0, err = 0; !err; i++) { /* what is too little for a file */
			char dir[32];

			snprintf(dir, sizeof(dir), "d%u", i);
			err = (unsigned)t_mkdir(dir);
			assert_true(!err || err == (unsigned)-ENOSPC);
		}
		assert_int_equal(fake_ext2_fs->free_blocks, 0);
		n = t_size(name);
		fake_ext2_remount();
		assert_int_equal(t_size(name), n);
		fake_ext2_check_content(name, big, (size_t)n);
		/* What is removed is room at once. */
		assert_int_equal(t_unlink("f0"), 0);
		assert_int_equal(t_mkdir("d"), 0);
		fake_ext2_finish();
	}
}

static void inodes_run_out_too(void **state)
{
	char name[32];
	unsigned i;
	int err = 0;

	(void)state;
	fake_ext2_start("-b 1024 -N 32");
	for (i = 0; !err; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		err = t_create(name, 0644);
	}
	assert_int_equal(err, -ENOSPC);
	assert_true(i >= 16 && i <= 32);
	assert_int_equal(t_unlink("f0"), 0);
	assert_int_equal(t_create("again", 0644), 0);
	fake_ext2_finish();
}

static void little_memory_is_enough(void **state)
{
	(void)state;
	fake_ext2_make("-b 1024", "8M");
	fake_ext2_mount();
	/* Nearly all is gone: the cache must live of what it gives back itself. */
	while (page_nr_free() > 160)
		page_alloc();
	fake_ext2_fill(big, sizeof(big), 5);
	assert_int_equal(t_create("f", 0644), 0);
	assert_int_equal(t_write("f", 0, big, sizeof(big)), sizeof(big));
	fake_ext2_check_content("f", big, sizeof(big));
	fake_ext2_finish();
}

/* ---- what must not be mounted --------------------------------------- */

static void check_refusal(const char *options, const char *text)
{
	const char *error;

	fake_ext2_make(options, "8M");
	error = fake_ext2_try_mount(false);
	if (!error || !strstr(error, text))
		fail_msg("%s: %s", options, error ? error : "mounted");
}

static void features_that_are_not_known_are_refused(void **state)
{
	(void)state;
	check_refusal("-O extents", "ext4 (feature extents)");
	check_refusal("-O 64bit,extents", "ext4");
	check_refusal("-O flex_bg", "flex_bg");
	check_refusal("-O meta_bg,^resize_inode", "meta_bg");
	check_refusal("-O metadata_csum", "only allows reading");
	check_refusal("-O inline_data", "feature inline_data");
	check_refusal("-O ea_inode", "feature ea_inode");
	check_refusal("-O large_dir", "feature large_dir");
	check_refusal("-O encrypt", "feature encrypt");
	check_refusal("-O casefold", "feature casefold");
	check_refusal("-O metadata_csum,metadata_csum_seed", "feature metadata_csum_seed");
	check_refusal("-r 0", "revision");
	fake_ext2_make("-O metadata_csum", "8M");
	assert_null(fake_ext2_try_mount(true));
	assert_int_equal(t_create("x", 0644), -EROFS);
}

static void a_disk_of_zeroes_is_no_file_system(void **state)
{
	(void)state;
	fake_ext2_make("-b 1024", "8M");
	fake_ext2_tool(NULL, "dd if=/dev/zero of=%s bs=1024 seek=1 count=1 "
		       "conv=notrunc", fake_ext2_image());
	assert_non_null(strstr(fake_ext2_try_mount(false), "no ext2 file system"));
}

static void a_read_only_disk_is_not_written_to(void **state)
{
	struct inode *inode;
	char byte;

	(void)state;
	fake_ext2_start("-b 1024");
	assert_int_equal(t_create("f", 0644), 0);
	assert_int_equal(t_write("f", 0, "x", 1), 1);
	fake_ext2_finish();
	assert_null(fake_ext2_try_mount(true));
	assert_int_equal(t_read("f", 0, &byte, 1), 1);
	assert_int_equal(t_create("f", 0644), -EEXIST);
	assert_int_equal(t_create("g", 0644), -EROFS);
	assert_int_equal(t_mkdir("g"), -EROFS);
	assert_int_equal(t_unlink("f"), -EROFS);
	assert_int_equal(t_rename("f", "g", 0), -EROFS);
	assert_int_equal(t_truncate("f", 0), -EROFS);
	assert_int_equal(t_lookup("f", &inode), 0);
	assert_true(inode_is_read_only(inode));
	inode_put(inode);
	assert_int_equal(ext2_unmount(fake_ext2_fs), 0);
	assert_int_equal(fake_ext2_disk.nr_ops[BLOCK_WRITE], 0);
	fake_ext2_stop();
	fake_ext2_check();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_disk_says_so_and_stays_right),
		cmocka_unit_test(inodes_run_out_too),
		cmocka_unit_test(little_memory_is_enough),
		cmocka_unit_test(features_that_are_not_known_are_refused),
		cmocka_unit_test(a_disk_of_zeroes_is_no_file_system),
		cmocka_unit_test(a_read_only_disk_is_not_written_to),
	};

	return cmocka_run_group_tests(tests, fake_ext2_group_set_up, fake_ext2_group_tear_down);
}
