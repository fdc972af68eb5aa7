/* SPDX-License-Identifier: MIT */
/* What the superblock of ext2 says while it is mounted, afterwards, and when the end
 * came between. With blocks of 2048 bytes and more it lies in block 0. */
#include "tests/unit/fake/fake.h"

#include <stdio.h>
#include <string.h>

#include "guest/fs/ext2.h"
#include "guest/fs/ext2_fs.h"
#include "guest/lib/errno.h"
#include "tests/unit/fake/fake_block.h"
#include "tests/unit/fake/fake_ext2.h"

#define NOW         1700000000u /* of fake_ext2_mount */
#define BLOCK_0_MAX 4096
#define FILE_BYTES  300000
#define NS_PER_SEC  1000000000ull

static const char *const layouts[] = { "-b 1024", "-b 2048", "-b 4096", "-b 1024 -g 1024",
				       "-b 2048 -g 512", "-b 4096 -g 256",
				       "-b 4096 -g 256 -O ^sparse_super,^resize_inode" };

static char data[FILE_BYTES];

static const struct ext2_super *super_on_disk(void)
{
	return (const struct ext2_super *)(fake_ext2_disk.bytes + EXT2_SUPER_OFFSET);
}

static uint32_t block_bytes(void)
{
	return 1024u << super_on_disk()->log_block_size;
}

/* The copy of the superblock in group 1. */
static const struct ext2_super *copy_on_disk(void)
{
	const struct ext2_super *s = super_on_disk();
	uint64_t block = s->first_data_block + s->blocks_per_group;

	assert_true(block < s->blocks_count);
	return (const struct ext2_super *)(fake_ext2_disk.bytes + block * block_bytes());
}

/* What is before the superblock is a boot loader's. */
static void write_boot_sectors(void)
{
	FILE *file = fopen(fake_ext2_image(), "r+b");

	assert_non_null(file);
	fake_ext2_fill(data, EXT2_SUPER_OFFSET, 99);
	assert_int_equal(fwrite(data, EXT2_SUPER_OFFSET, 1, file), 1);
	assert_int_equal(fclose(file), 0);
}

static void write_file(const char *name)
{
	fake_ext2_fill(data, sizeof(data), 1);
	assert_int_equal(t_create(name, 0644), 0);
	assert_int_equal(t_write(name, 0, data, sizeof(data)), sizeof(data));
}

/* So many ticks that the host is asked again. */
static void pass_seconds(uint64_t n)
{
	fake.clock.real_ns += n * NS_PER_SEC;
	fake.tsc += 1ull << 40;
}

static void check_totals(void)
{
	const struct ext2_super *s = super_on_disk();
	const struct ext2_group *groups =
		(const struct ext2_group *)(fake_ext2_disk.bytes +
					    (s->first_data_block + 1) * block_bytes());
	uint64_t blocks = 0, inodes = 0;

	for (uint32_t i = 0; i < fake_ext2_fs->nr_groups; i++) {
		blocks += groups[i].free_blocks;
		inodes += groups[i].free_inodes;
	}
	assert_int_equal(s->free_blocks_count, blocks);
	assert_int_equal(s->free_inodes_count, inodes);
	assert_int_equal(fake_ext2_fs->free_blocks, blocks);
	assert_int_equal(fake_ext2_fs->free_inodes, inodes);
}

static void check_state(const char *state)
{
	const char *out;

	assert_int_equal(fake_ext2_tool(&out, "dumpe2fs -h %s 2>/dev/null | grep 'Filesystem state:'",
					fake_ext2_image()), 0);
	out = strrchr(out, ':') + 1;
	out += strspn(out, " ");
	if (strncmp(out, state, strlen(state)) || out[strlen(state)] != '\n')
		fail_msg("state: %s, expected %s", out, state);
}

static void it_says_what_has_been(void **state)
{
	static uint8_t before[BLOCK_0_MAX];

	(void)state;
	for (unsigned l = 0; l < ARRAY_SIZE(layouts); l++) {
		uint32_t behind = EXT2_SUPER_OFFSET + sizeof(struct ext2_super);
		struct ext2_super copy = { 0 };
		bool has_copy = strstr(layouts[l], "-g");

		fake_ext2_make(layouts[l], "8M");
		write_boot_sectors();
		fake_ext2_mount();
		memcpy(before, fake_ext2_disk.bytes, sizeof(before));
		if (has_copy)
			copy = *copy_on_disk();
		assert_false(super_on_disk()->state & EXT2_STATE_VALID);
		assert_int_equal(super_on_disk()->mnt_count, 1);
		assert_int_equal(super_on_disk()->mtime, NOW);
		assert_int_equal(super_on_disk()->wtime, NOW);
		write_file("f");
		pass_seconds(5);
		assert_int_equal(ext2_unmount(fake_ext2_fs), 0);
		assert_int_equal(super_on_disk()->state, EXT2_STATE_VALID);
		assert_int_equal(super_on_disk()->mnt_count, 1);
		assert_int_equal(super_on_disk()->mtime, NOW);
		assert_int_equal(super_on_disk()->wtime, NOW + 5);
		check_totals();
		assert_memory_equal(fake_ext2_disk.bytes, before, EXT2_SUPER_OFFSET);
		if (block_bytes() > behind)
			assert_memory_equal(fake_ext2_disk.bytes + behind, before + behind,
					    block_bytes() - behind);
		if (has_copy)
			assert_memory_equal(copy_on_disk(), &copy, sizeof(copy));
		fake_ext2_stop();
		check_state("clean");
		fake_ext2_check();
		fake_ext2_mount();
		assert_int_equal(super_on_disk()->mnt_count, 2);
		fake_ext2_check_content("f", data, sizeof(data));
		fake_ext2_finish();
	}
}

/* Files were written, and the end came: who looks at the state alone must see it. */
static void the_end_leaves_it_not_clean(void **state)
{
	const char *out;

	(void)state;
	for (unsigned l = 0; l < ARRAY_SIZE(layouts); l++) {
		fake_ext2_start(layouts[l]);
		write_file("f");
		assert_int_equal(ext2_sync(fake_ext2_fs), 0);
		write_file("g");
		fake_ext2_stop();
		check_state("not clean");
		if (fake_ext2_tool(&out, "e2fsck -p %s", fake_ext2_image()) > 1 ||
		    strstr(out, ": clean,"))
			fail_msg("%s: e2fsck -p: %s", layouts[l], out);
		check_state("clean");
		fake_ext2_check();
		fake_ext2_mount();
		fake_ext2_fill(data, sizeof(data), 1);
		fake_ext2_check_content("f", data, sizeof(data));
		fake_ext2_finish();
	}
}

static void an_error_is_noted(void **state)
{
	(void)state;
	for (unsigned l = 0; l < ARRAY_SIZE(layouts); l++) {
		fake_ext2_start(layouts[l]);
		write_file("f");
		fake_ext2_finish();
		fake_ext2_tool(NULL, "debugfs -w -R 'set_inode_field f block[IND] 99999999' %s",
			       fake_ext2_image());
		fake_ext2_mount();
		assert_int_equal(t_read("f", 200000, data, 1), -EIO);
		assert_int_equal(ext2_unmount(fake_ext2_fs), 0);
		assert_int_equal(super_on_disk()->state, EXT2_STATE_VALID | EXT2_STATE_ERROR);
		fake_ext2_stop();
		fake_ext2_repair();
	}
}

static void a_large_file_is_noted(void **state)
{
	char options[128];

	(void)state;
	for (unsigned l = 0; l < ARRAY_SIZE(layouts); l++) {
		snprintf(options, sizeof(options), "%s -O ^large_file", layouts[l]);
		fake_ext2_start(options);
		assert_int_equal(t_create("f", 0644), 0);
		assert_int_equal(t_truncate("f", 3ull << 30), 0);
		assert_int_equal(ext2_unmount(fake_ext2_fs), 0);
		assert_true(super_on_disk()->feature_ro_compat & EXT2_RO_COMPAT_LARGE_FILE);
		fake_ext2_stop();
		fake_ext2_check();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_what_has_been),
		cmocka_unit_test(the_end_leaves_it_not_clean),
		cmocka_unit_test(an_error_is_noted),
		cmocka_unit_test(a_large_file_is_noted),
	};

	return cmocka_run_group_tests(tests, fake_ext2_group_set_up, fake_ext2_group_tear_down);
}
