/* SPDX-License-Identifier: MIT */
/* Several processes on one ext2. */
#include "tests/unit/fake/fake.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "guest/core/sched.h"
#include "guest/fs/ext2.h"
#include "guest/fs/ext2_fs.h"
#include "tests/unit/fake/fake_block.h"
#include "tests/unit/fake/fake_ext2.h"
#include "tests/unit/fake/fake_process.h"

static unsigned nr_running;

static void life_of_one(void *arg)
{
	unsigned number = (unsigned)(uintptr_t)arg;
	char dir[16], path[32];

	sprintf(dir, "p%u", number);
	assert_int_equal(t_mkdir(dir), 0);
	for (unsigned i = 0; i < 30; i++) {
		char text[64];
		struct inode *inode;

		sprintf(path, "%s/f%u", dir, i % 7);
		sprintf(text, "process %u, step %u", number, i);
		if (i >= 7)
			assert_int_equal(t_unlink(path), 0);
		assert_int_equal(t_create(path, 0644), 0);
		assert_int_equal(t_lookup(path, &inode), 0);
		inode->mtime_ns = i;
		inode_changed(inode);
		inode_put(inode);
		if (i % 10 == number)
			assert_int_equal(ext2_sync(fake_ext2_fs), 0);
		if (number % 2)
			assert_int_equal(t_create("shared", 0644), i || number > 1 ? -EEXIST : 0);
	}
	if (!--nr_running)
		fake_stop("all done");
}

static void processes_wait_for_the_disk_and_others_run(void **state)
{
	(void)state;
	fake_ext2_make("-b 1024", "4M");
	fake_ext2_mount();
	fake_ext2_finish();
	fake_ext2_make("-b 1024", "4M");
	fake_ext2_mount();
	assert_int_equal(t_create("shared0", 0644), 0);
	fake_ext2_disk.delay_ticks = 500;
	nr_running = 3;
	for (unsigned i = 0; i < 3; i++)
		assert_non_null(spawn(life_of_one, (void *)(uintptr_t)(i * 2)));
	assert_string_equal(run_processes(), "all done");
	assert_true(fake.nr_switches > 10);
	fake_ext2_disk.delay_ticks = 0;
	fake_ext2_finish();
}

#define NR_OTHERS (EXT2_NODES_MAX + 50)
#define OLD_TEXT  "what the disk has"
#define NEW_TEXT  "what was written!"

static bool is_synced;

static void sync_all(void *unused)
{
	(void)unused;
	assert_int_equal(ext2_sync(fake_ext2_fs), 0);
	is_synced = true;
}

static void other_name(char name[16], unsigned number)
{
	sprintf(name, "d%u/f%u", number / 100, number % 100);
}

/* The disk has the file's page, and takes its time; other requests overtake that. */
static void look_at_others(void *unused)
{
	char name[16], text[sizeof(NEW_TEXT)] = "";
	struct inode *inode;

	(void)unused;
	fake_ext2_make_memory();
	assert_false(is_synced);
	assert_int_equal(fake_ext2_disk.nr_in_flight, 1);
	fake_ext2_disk.delay_ticks = 0;
	for (unsigned i = 0; i < NR_OTHERS; i++) {
		other_name(name, i);
		assert_int_equal(t_lookup(name, &inode), 0);
		inode_put(inode);
	}
	for (unsigned i = 0; i < 4; i++)
		ext2_trim_nodes(fake_ext2_fs);
	assert_in_range(fake_ext2_fs->nr_nodes, 1, EXT2_NODES_MAX);
	assert_false(is_synced);
	assert_int_equal(t_read("file", 0, text, sizeof(text)), sizeof(text));
	assert_string_equal(text, NEW_TEXT);
	assert_int_equal(t_write("file", 4, "", 1), 1);
	while (!is_synced)
		fake_compute(100000);
	assert_int_equal(ext2_sync(fake_ext2_fs), 0);
	fake_stop("all done");
}

static void an_inode_whose_page_is_written_is_not_forgotten(void **state)
{
	char name[16], expected[] = NEW_TEXT;

	(void)state;
	fake_ext2_make("-b 1024 -N 4096", "8M");
	fake_ext2_mount();
	assert_int_equal(t_create("file", 0644), 0);
	assert_int_equal(t_write("file", 0, OLD_TEXT, sizeof(OLD_TEXT)), sizeof(OLD_TEXT));
	for (unsigned i = 0; i < NR_OTHERS; i++) {
		other_name(name, i);
		if (i % 100 == 0) {
			char dir[16];

			sprintf(dir, "d%u", i / 100);
			assert_int_equal(t_mkdir(dir), 0);
		}
		assert_int_equal(t_create(name, 0644), 0);
	}
	assert_int_equal(ext2_sync(fake_ext2_fs), 0);
	assert_int_equal(t_write("file", 0, NEW_TEXT, sizeof(NEW_TEXT)), sizeof(NEW_TEXT));
	is_synced = false;
	fake_ext2_disk.delay_ticks = 1ull << 40;
	assert_non_null(spawn(sync_all, NULL));
	assert_non_null(spawn(look_at_others, NULL));
	assert_string_equal(run_processes(), "all done");
	fake_ext2_stop();
	fake_ext2_mount();
	expected[4] = 0;
	fake_ext2_check_content("file", expected, sizeof(expected));
	fake_ext2_finish();
}

#define NR_TURNS 20

static unsigned nr_synced[3], nr_at_first_end[3];

static void sync_in_turn(void *arg)
{
	unsigned number = (unsigned)(uintptr_t)arg;
	char path[16];

	fake_ext2_make_memory();
	sprintf(path, "f%u", number);
	assert_int_equal(t_create(path, 0644), 0);
	for (unsigned i = 0; i < NR_TURNS; i++) {
		assert_int_equal(t_write(path, i, "x", 1), 1);
		assert_int_equal(t_fsync(path), 0);
		nr_synced[number]++;
	}
	if (nr_running == ARRAY_SIZE(nr_synced))
		memcpy(nr_at_first_end, nr_synced, sizeof(nr_synced));
	if (!--nr_running)
		fake_stop("all done");
}

/* Who has the disk written comes back for more before the others have run. */
static void all_who_sync_get_their_turns(void **state)
{
	(void)state;
	fake_ext2_make("-b 1024", "4M");
	fake_ext2_mount();
	fake_ext2_disk.delay_ticks = 500;
	memset(nr_synced, 0, sizeof(nr_synced));
	nr_running = ARRAY_SIZE(nr_synced);
	for (uintptr_t i = 0; i < ARRAY_SIZE(nr_synced); i++)
		assert_non_null(spawn(sync_in_turn, (void *)i));
	assert_string_equal(run_processes(), "all done");
	for (unsigned i = 0; i < ARRAY_SIZE(nr_synced); i++)
		assert_in_range(nr_at_first_end[i], NR_TURNS - 2, NR_TURNS);
	fake_ext2_disk.delay_ticks = 0;
	fake_ext2_finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_wait_for_the_disk_and_others_run),
		cmocka_unit_test(an_inode_whose_page_is_written_is_not_forgotten),
		cmocka_unit_test(all_who_sync_get_their_turns),
	};

	return cmocka_run_group_tests(tests, fake_ext2_group_set_up, fake_ext2_group_tear_down);
}
