/* SPDX-License-Identifier: MIT */
/* ext2 against the tools that define it: images made and checked by e2fsprogs. */
#include "tests/unit/fake/fake.h"

#include <linux/fs.h>
#include <stdio.h>
#include <string.h>

#include "guest/fs/ext2.h"
#include "guest/fs/ext2_fs.h"
#include "guest/fs/wanted.h"
#include "guest/lib/errno.h"
#include "guest/mm/page.h"
#include "tests/unit/fake/fake_block.h"
#include "tests/unit/fake/fake_ext2.h"

static const char *const layouts[] = { "-b 1024", "-b 2048", "-b 4096", "-b 1024 -I 128",
				       "-b 4096 -N 64 -g 4096", "-b 1024 -O ^filetype",
				       "-b 1024 -g 512 -O ^resize_inode" };

static char big[3 << 20], back[3 << 20];

/* ---- the ordinary --------------------------------------------------- */

static void an_empty_image_mounts_and_stays_clean(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(layouts); i++) {
		char names[256];

		fake_ext2_start(layouts[i]);
		assert_int_equal(t_list("", names, sizeof(names)), 0);
		assert_string_equal(names, "lost+found\n");
		fake_ext2_finish();
	}
}

static void files_of_the_tools_are_read(void **state)
{
	const char *out;

	(void)state;
	fake_ext2_make("-b 1024", "8M");
	assert_int_equal(fake_ext2_tool(&out, "for i in 1 2 3; do echo mkdir d$i; done | "
					"debugfs -w -f - %s", fake_ext2_image()), 0);
	fake_ext2_mount();
	assert_int_equal(t_create("d2/x", 0600), 0);
	fake_ext2_finish();
}

static void what_is_written_is_read_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 1023, 1024, 1025, 4095, 4096, 4097, 12 << 10,
					(12 << 10) + 1, 49152, 49153, 268 << 10, (268 << 10) + 1,
					2 << 20 };

	(void)state;
	for (unsigned l = 0; l < ARRAY_SIZE(layouts); l++) {
		fake_ext2_start(layouts[l]);
		for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
			char name[32];

			snprintf(name, sizeof(name), "f%u", i);
			fake_ext2_fill(big, sizes[i], i);
			assert_int_equal(t_create(name, 0644), 0);
			assert_int_equal(t_write(name, 0, big, sizes[i]), sizes[i]);
			fake_ext2_check_content(name, big, sizes[i]);
		}
		fake_ext2_remount();
		for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
			char name[32];

			snprintf(name, sizeof(name), "f%u", i);
			fake_ext2_fill(big, sizes[i], i);
			fake_ext2_check_content(name, big, sizes[i]);
			assert_int_equal(t_unlink(name), 0);
		}
		fake_ext2_finish();
	}
}

static void the_tools_read_what_is_written(void **state)
{
	const char *out;

	(void)state;
	fake_ext2_start("-b 1024");
	assert_int_equal(t_mkdir("a"), 0);
	assert_int_equal(t_mkdir("a/b"), 0);
	assert_int_equal(t_create("a/b/hello", 0640), 0);
	assert_int_equal(t_write("a/b/hello", 0, "hello, disk\n", 12), 12);
	assert_int_equal(t_symlink("a/b/hello", "fast"), 0);
	memset(big, 'x', 200);
	big[200] = '\0';
	assert_int_equal(t_symlink(big, "slow"), 0);
	assert_int_equal(t_link("a/b/hello", "second"), 0);
	fake_ext2_finish();
	assert_int_equal(fake_ext2_tool(&out, "debugfs -R 'cat second' %s", fake_ext2_image()), 0);
	assert_non_null(strstr(out, "hello, disk\n"));
	fake_ext2_tool(&out, "debugfs -R 'stat a/b/hello' %s", fake_ext2_image());
	assert_non_null(strstr(out, "Mode:  0640"));
	assert_non_null(strstr(out, "Links: 2"));
	fake_ext2_tool(&out, "debugfs -R 'stat fast' %s", fake_ext2_image());
	assert_non_null(strstr(out, "Fast link dest: \"a/b/hello\""));
	fake_ext2_tool(&out, "debugfs -R 'cat slow' %s", fake_ext2_image());
	assert_non_null(strstr(out, big));
}

static void holes_are_zeroes_and_take_no_room(void **state)
{
	/* In reach of direct, single, double and triple numbers. */
	static const uint64_t offsets[] = { 5000, 100 << 10, 10ull << 20, 1ull << 30, 6ull << 30 };
	uint64_t free_before;
	char byte;

	(void)state;
	fake_ext2_start("-b 1024");
	free_before = fake_ext2_fs->free_blocks;
	assert_int_equal(t_create("sparse", 0644), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(offsets); i++)
		assert_int_equal(t_write("sparse", offsets[i], "x", 1), 1);
	assert_true(free_before - fake_ext2_fs->free_blocks < 20);
	for (unsigned i = 0; i < ARRAY_SIZE(offsets); i++) {
		assert_int_equal(t_read("sparse", offsets[i] - 1, back, 2), 2);
		assert_int_equal(back[0], 0);
		assert_int_equal(back[1], 'x');
	}
	fake_ext2_remount();
	assert_int_equal(t_size("sparse"), offsets[4] + 1);
	assert_int_equal(t_read("sparse", offsets[3], &byte, 1), 1);
	assert_int_equal(byte, 'x');
	assert_int_equal(t_truncate("sparse", 200000), 0);
	assert_int_equal(t_read("sparse", 100 << 10, &byte, 1), 1);
	assert_int_equal(byte, 'x');
	fake_ext2_remount();
	assert_int_equal(t_unlink("sparse"), 0);
	fake_ext2_remount();
	assert_int_equal(fake_ext2_fs->free_blocks, free_before);
	fake_ext2_finish();
}

static void a_file_that_is_cut_and_grows_is_zero_there(void **state)
{
	(void)state;
	for (unsigned l = 0; l < ARRAY_SIZE(layouts); l++) {
		fake_ext2_start(layouts[l]);
		fake_ext2_fill(big, 300000, 1);
		assert_int_equal(t_create("f", 0644), 0);
		assert_int_equal(t_write("f", 0, big, 300000), 300000);
		assert_int_equal(t_truncate("f", 5001), 0);
		assert_int_equal(t_truncate("f", 20000), 0);
		memset(big + 5001, 0, 15000 - 1);
		fake_ext2_check_content("f", big, 20000);
		fake_ext2_remount();
		fake_ext2_check_content("f", big, 20000);
		assert_int_equal(t_truncate("f", 0), 0);
		assert_int_equal(t_truncate("f", 5000), 0);
		memset(big, 0, 5000);
		fake_ext2_check_content("f", big, 5000);
		fake_ext2_finish();
	}
}

static void names_come_and_go(void **state)
{
	(void)state;
	fake_ext2_start("-b 1024");
	assert_int_equal(t_create("a", 0644), 0);
	assert_int_equal(t_create("a", 0644), -EEXIST);
	assert_int_equal(t_mkdir("a"), -EEXIST);
	assert_int_equal(t_mkdir("a/b"), -ENOTDIR);
	assert_int_equal(t_mkdir("no/b"), -ENOENT);
	assert_int_equal(t_mkdir("d"), 0);
	assert_int_equal(t_unlink("d"), -EISDIR);
	assert_int_equal(t_rmdir("a"), -ENOTDIR);
	assert_int_equal(t_create("d/x", 0644), 0);
	assert_int_equal(t_rmdir("d"), -ENOTEMPTY);
	assert_int_equal(t_unlink("d/x"), 0);
	assert_int_equal(t_unlink("d/x"), -ENOENT);
	assert_int_equal(t_rmdir("d"), 0);
	assert_int_equal(t_rmdir("d"), -ENOENT);
	assert_int_equal(t_unlink("a"), 0);
	fake_ext2_finish();
}

static void renaming_follows_its_rules(void **state)
{
	(void)state;
	fake_ext2_start("-b 1024");
	assert_int_equal(t_mkdir("d"), 0);
	assert_int_equal(t_mkdir("d/sub"), 0);
	assert_int_equal(t_mkdir("e"), 0);
	assert_int_equal(t_create("f", 0644), 0);
	assert_int_equal(t_write("f", 0, "f", 1), 1);
	assert_int_equal(t_create("g", 0644), 0);
	assert_int_equal(t_rename("d", "d/sub/x", 0), -EINVAL);
	assert_int_equal(t_rename("d", "d", 0), 0);
	assert_int_equal(t_rename("f", "d", 0), -EISDIR);
	assert_int_equal(t_rename("e", "f", 0), -ENOTDIR);
	assert_int_equal(t_rename("e", "d", 0), -ENOTEMPTY);
	assert_int_equal(t_rename("d/sub", "d", 0), -ENOTEMPTY);
	assert_int_equal(t_rename("none", "x", 0), -ENOENT);
	assert_int_equal(t_rename("f", "g", RENAME_NOREPLACE), -EEXIST);
	assert_int_equal(t_rename("f", "x", RENAME_EXCHANGE), -ENOENT);
	assert_int_equal(t_rename("f", "g", 0), 0);
	assert_int_equal(t_lookup("f", &(struct inode *){ NULL }), -ENOENT);
	assert_int_equal(t_read("g", 0, back, 1), 1);
	assert_int_equal(t_rename("d/sub", "e/moved", 0), 0); /* .. and two counts change */
	assert_int_equal(t_rename("g", "e/moved/g", 0), 0);
	assert_int_equal(t_rename("d", "e", RENAME_EXCHANGE), 0);
	assert_int_equal(t_rename("d/moved", "e", RENAME_EXCHANGE), 0);
	assert_int_equal(t_read("e/g", 0, back, 1), 1);
	assert_int_equal(t_rename("e", "d/moved", 0), 0);
	fake_ext2_finish();
}

static void big_folders_hold(void **state)
{
	enum { NR = 3000 };
	char name[64];

	(void)state;
	fake_ext2_make("-b 1024 -N 4000", "16M");
	fake_ext2_mount();
	assert_int_equal(t_mkdir("big"), 0);
	for (unsigned i = 0; i < NR; i++) {
		snprintf(name, sizeof(name), "big/file-with-a-longer-name-%u", i);
		assert_int_equal(t_create(name, 0644), 0);
	}
	fake_ext2_remount();
	for (unsigned i = 0; i < NR; i += 2) {
		snprintf(name, sizeof(name), "big/file-with-a-longer-name-%u", i);
		assert_int_equal(t_unlink(name), 0);
	}
	fake_ext2_remount();
	for (unsigned i = 0; i < NR; i++) {
		struct inode *inode;

		snprintf(name, sizeof(name), "big/file-with-a-longer-name-%u", i);
		assert_int_equal(t_lookup(name, &inode), i % 2 ? 0 : -ENOENT);
		if (i % 2)
			inode_put(inode);
	}
	fake_ext2_finish();
}

static void long_names_and_links_fit_or_are_refused(void **state)
{
	char name[256], target[1100];
	int n;

	(void)state;
	fake_ext2_start("-b 1024");
	memset(name, 'n', 255);
	name[255] = '\0';
	assert_int_equal(t_create(name, 0644), 0);
	for (unsigned len = 58; len < 62; len++) {
		char link[16];

		memset(target, 't', len);
		target[len] = '\0';
		snprintf(link, sizeof(link), "l%u", len);
		assert_int_equal(t_symlink(target, link), 0);
	}
	memset(target, 't', 1024);
	target[1024] = '\0';
	assert_int_equal(t_symlink(target, "toolong"), -ENAMETOOLONG);
	target[1023] = '\0';
	assert_int_equal(t_symlink(target, "longest"), 0);
	fake_ext2_remount();
	for (unsigned len = 58; len < 62; len++) {
		struct inode *inode;
		const char *text;
		char link[16];

		snprintf(link, sizeof(link), "l%u", len);
		assert_int_equal(t_lookup(link, &inode), 0);
		do
			n = (int)inode->ops->read_link(inode, back, &text);
		while (wanted_bring_for(&n));
		assert_int_equal(n, len);
		assert_memory_equal(text, target, len);
		inode_put(inode);
	}
	fake_ext2_finish();
}

static void an_open_file_lives_without_a_name(void **state)
{
	uint64_t free_before;
	struct inode *inode;

	(void)state;
	fake_ext2_start("-b 1024");
	free_before = fake_ext2_fs->free_blocks;
	fake_ext2_fill(big, 100000, 3);
	assert_int_equal(t_create("f", 0644), 0);
	assert_int_equal(t_write("f", 0, big, 50000), 50000);
	assert_int_equal(t_lookup("f", &inode), 0);
	assert_int_equal(t_unlink("f"), 0);
	assert_int_equal(t_create("f", 0644), 0);
	assert_int_equal(ext2_sync(fake_ext2_fs), 0);
	assert_int_equal(t_write_inode(inode, 50000, big + 50000, 50000), 50000);
	assert_int_equal(t_read_inode(inode, 0, back, 100000), 100000);
	assert_memory_equal(back, big, 100000);
	assert_int_equal(t_unlink("f"), 0);
	assert_int_equal(ext2_unmount(fake_ext2_fs), -EBUSY);
	inode_put(inode);
	assert_int_equal(ext2_sync(fake_ext2_fs), 0);
	assert_int_equal(fake_ext2_fs->free_blocks, free_before);
	fake_ext2_finish();
}

static void modes_owners_and_times_are_kept(void **state)
{
	struct inode *inode;

	(void)state;
	for (unsigned l = 0; l < ARRAY_SIZE(layouts); l++) {
		bool has_ns = !strstr(layouts[l], "-I 128");

		fake_ext2_start(layouts[l]);
		assert_int_equal(t_create("f", 0644), 0);
		assert_int_equal(t_lookup("f", &inode), 0);
		inode->mode = MODE_REGULAR | 04751;
		inode->uid = 70000;
		inode->gid = 80001;
		inode->atime_ns = 1234567890123456789;
		inode->mtime_ns = 999999999;
		inode_changed(inode);
		inode_put(inode);
		fake_ext2_remount();
		assert_int_equal(t_lookup("f", &inode), 0);
		assert_int_equal(inode->mode, MODE_REGULAR | 04751);
		assert_int_equal(inode->uid, 70000);
		assert_int_equal(inode->gid, 80001);
		assert_int_equal(inode->atime_ns, has_ns ? 1234567890123456789 : 1234567890000000000);
		assert_int_equal(inode->mtime_ns, has_ns ? 999999999 : 0);
		inode->mtime_ns = 5000000000ull * 1000000000; /* in 2128 */
		inode_changed(inode);
		inode_put(inode);
		fake_ext2_remount();
		assert_int_equal(t_lookup("f", &inode), 0);
		assert_int_equal(inode->mtime_ns / 1000000000, has_ns ? 5000000000 : INT32_MAX);
		inode_put(inode);
		fake_ext2_finish();
	}
}

static void device_files_are_kept(void **state)
{
	static const uint32_t devices[] = { 0x103, 0x10304, 0xfff00 | 0xff00000 };
	struct inode *inode;

	(void)state;
	fake_ext2_start("-b 1024");
	for (unsigned i = 0; i < ARRAY_SIZE(devices); i++) {
		char name[8];

		snprintf(name, sizeof(name), "c%u", i);
		assert_int_equal(fake_ext2_root->ops->tree->create(fake_ext2_root, name, 2,
			MODE_CHAR | 0600, devices[i], NULL, &inode), 0);
		inode_put(inode);
	}
	assert_int_equal(fake_ext2_root->ops->tree->create(fake_ext2_root, "p", 1,
		MODE_FIFO | 0600, 0, NULL, &inode), 0);
	inode_put(inode);
	fake_ext2_remount();
	for (unsigned i = 0; i < ARRAY_SIZE(devices); i++) {
		char name[8];

		snprintf(name, sizeof(name), "c%u", i);
		assert_int_equal(t_lookup(name, &inode), 0);
		assert_int_equal(inode->rdev, devices[i]);
		inode_put(inode);
		assert_int_equal(t_unlink(name), 0);
	}
	assert_int_equal(t_unlink("p"), 0);
	fake_ext2_finish();
}

static void paths_lead_back_to_the_root(void **state)
{
	struct inode *inode;
	char path[256];

	(void)state;
	fake_ext2_start("-b 1024");
	assert_int_equal(t_mkdir("a"), 0);
	assert_int_equal(t_mkdir("a/b"), 0);
	assert_int_equal(t_lookup("a/b/../../a/b/..", &inode), 0);
	assert_int_equal(inode->ops->name(inode, path, &(const char *){ NULL }), 1);
	assert_ptr_equal(inode->parent, fake_ext2_root);
	inode_put(inode);
	fake_ext2_finish();
}

/* ---- mapping -------------------------------------------------------- */

static void fsync_leaves_what_others_have_written(void **state)
{
	struct inode *other;
	char name[8];

	(void)state;
	fake_ext2_start("-b 1024 -I 256");
	fake_ext2_fill(back, sizeof(back), 1);
	assert_int_equal(t_create("big", 0644), 0);
	for (unsigned i = 0; i < 8; i++) {
		sprintf(name, "s%u", i);
		assert_int_equal(t_create(name, 0644), 0);
	}
	assert_int_equal(ext2_sync(fake_ext2_fs), 0);
	assert_int_equal(t_write("big", 0, back, sizeof(back)), sizeof(back));
	assert_int_equal(t_write("s7", 0, "text", 4), 4);
	assert_int_equal(t_lookup("big", &other), 0);
	fake_ext2_disk.nr_ops[BLOCK_WRITE] = 0;
	assert_int_equal(t_fsync("s7"), 0);
	assert_true(fake_ext2_disk.nr_ops[BLOCK_WRITE] <= 6);
	assert_int_equal(ext2_node_of(other)->pages.nr_dirty, sizeof(back) / PAGE_SIZE);
	inode_put(other);
	fake_ext2_finish();
}

/* As a page fault gets it. */
static paddr_t object_page(struct inode *inode, uint64_t index)
{
	paddr_t pa = inode->object.ops->page(&inode->object, index, true);

	if (!pa) {
		assert_int_equal(inode->object.ops->bring(&inode->object, index, true), 0);
		pa = inode->object.ops->page(&inode->object, index, true);
	}
	assert_true(pa);
	return pa;
}

static void a_mapped_file_is_written_back(void **state)
{
	struct inode *inode;
	paddr_t pa;

	(void)state;
	fake_ext2_start("-b 1024");
	fake_ext2_fill(big, 20000, 2);
	assert_int_equal(t_create("f", 0644), 0);
	assert_int_equal(t_write("f", 0, big, 20000), 20000);
	fake_ext2_remount();
	assert_int_equal(t_lookup("f", &inode), 0);
	inode->object.ops->get(&inode->object);
	inode->ops->tree->map_for_writing(inode);
	pa = object_page(inode, 4);
	assert_memory_equal(direct_map(pa), big + 16384, 20000 - 16384);
	memcpy(direct_map(pa), "mapped", 6);
	memcpy(big + 16384, "mapped", 6);
	page_put(pa);
	assert_int_equal(ext2_sync(fake_ext2_fs), 0);
	pa = object_page(inode, 0);
	memcpy(direct_map(pa), "first", 5);
	memcpy(big, "first", 5);
	page_put(pa);
	inode->object.ops->put(&inode->object);
	inode_put(inode);
	fake_ext2_remount();
	fake_ext2_check_content("f", big, 20000);
	fake_ext2_finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_image_mounts_and_stays_clean),
		cmocka_unit_test(files_of_the_tools_are_read),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(the_tools_read_what_is_written),
		cmocka_unit_test(holes_are_zeroes_and_take_no_room),
		cmocka_unit_test(a_file_that_is_cut_and_grows_is_zero_there),
		cmocka_unit_test(names_come_and_go),
		cmocka_unit_test(renaming_follows_its_rules),
		cmocka_unit_test(big_folders_hold),
		cmocka_unit_test(long_names_and_links_fit_or_are_refused),
		cmocka_unit_test(an_open_file_lives_without_a_name),
		cmocka_unit_test(modes_owners_and_times_are_kept),
		cmocka_unit_test(device_files_are_kept),
		cmocka_unit_test(paths_lead_back_to_the_root),
		cmocka_unit_test(fsync_leaves_what_others_have_written),
		cmocka_unit_test(a_mapped_file_is_written_back),
	};

	return cmocka_run_group_tests(tests, fake_ext2_group_set_up, fake_ext2_group_tear_down);
}
