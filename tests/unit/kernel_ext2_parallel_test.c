/* SPDX-License-Identifier: MIT */
/* Several processes on one ext2. */
#include "tests/unit/fake/fake.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_wait_for_the_disk_and_others_run),
	};

	return cmocka_run_group_tests(tests, fake_ext2_group_set_up, fake_ext2_group_tear_down);
}
