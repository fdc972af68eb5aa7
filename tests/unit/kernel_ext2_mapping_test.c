/* SPDX-License-Identifier: MIT */
/* Files of ext2 that are mapped: pages come when they are touched, and go to the disk. */
#include "tests/unit/fake/fake.h"

#include <string.h>

#include "guest/fs/ext2.h"
#include "guest/fs/ext2_fs.h"
#include "guest/lib/errno.h"
#include "guest/mm/page.h"
#include "tests/unit/fake/fake_block.h"
#include "tests/unit/fake/fake_ext2.h"
#include "tests/unit/fake/fake_process.h"

static char data[1 << 20], back[1 << 20];
static unsigned nr_running;

static struct inode *mapped;

/* A page of it, as a page fault gets it: brought if it must be; 0 with *err. */
static paddr_t touch(uint64_t index, bool is_shared, int *err)
{
	const struct memory_object_ops *ops = mapped->object.ops;
	paddr_t pa;

	*err = 0;
	while (!(pa = ops->page(&mapped->object, index, is_shared)) && !*err)
		*err = ops->bring(&mapped->object, index, is_shared);
	return pa;
}

static void check_touched(uint64_t index)
{
	int err;
	paddr_t pa = touch(index, false, &err);

	assert_true(pa);
	assert_memory_equal(direct_map(pa), data + index * PAGE_SIZE, PAGE_SIZE);
	page_put(pa);
}

/* A file of 100 pages, nothing of which is in memory, as if it were mapped. */
static void start_mapping(bool is_writable)
{
	fake_ext2_make("-b 1024", "2M");
	fake_ext2_mount();
	fake_ext2_fill(data, 100 * PAGE_SIZE, 5);
	assert_int_equal(t_create("f", 0644), 0);
	assert_int_equal(t_write("f", 0, data, 100 * PAGE_SIZE), 100 * PAGE_SIZE);
	fake_ext2_finish();
	fake_ext2_mount();
	assert_int_equal(t_lookup("f", &mapped), 0);
	mapped->object.ops->get(&mapped->object);
	if (is_writable)
		mapped->ops->tree->map_for_writing(mapped);
}

static void end_mapping(void)
{
	mapped->object.ops->put(&mapped->object);
	inode_put(mapped);
	fake_ext2_disk.delay_ticks = 0;
	fake_ext2_finish();
}

static void a_mapped_page_that_cannot_be_read_is_an_error(void **state)
{
	int err;

	(void)state;
	start_mapping(false);
	check_touched(3);
	fake_ext2_disk.nr_fail = 2;
	assert_int_equal(touch(50, false, &err), 0);
	assert_int_equal(err, -EIO);
	fake_ext2_disk.nr_fail = 0;
	check_touched(50);
	assert_int_equal(touch(100, false, &err), 0);
	assert_int_equal(err, -ENODATA);
	end_mapping();
}

static void a_hole_needs_room_only_to_be_written_to(void **state)
{
	paddr_t pa;
	int err;

	(void)state;
	start_mapping(false);
	assert_int_equal(t_create("full", 0644), 0);
	assert_int_equal(t_truncate("f", 200 * PAGE_SIZE), 0);
	while (t_write("full", (uint64_t)t_size("full"), data, sizeof(data)) > 0)
		;
	pa = touch(150, true, &err); /* as of a file that is not open for writing */
	assert_true(pa);
	page_put(pa);
	mapped->ops->tree->map_for_writing(mapped);
	assert_int_equal(touch(150, true, &err), 0);
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(t_unlink("full"), 0);
	pa = touch(150, true, &err);
	assert_true(pa);
	memcpy(direct_map(pa), "written", 8);
	page_put(pa);
	assert_int_equal(ext2_sync(fake_ext2_fs), 0);
	cache_begin();
	assert_int_equal(t_read("f", 150 * PAGE_SIZE, back, 8), 8);
	assert_string_equal(back, "written");
	end_mapping();
}

/* As a program writes to the rest of the last page. */
static void write_behind_end(uint64_t size)
{
	int err;
	paddr_t pa = touch(size / PAGE_SIZE, true, &err);

	assert_true(pa);
	memset((char *)direct_map(pa) + size % PAGE_SIZE, 'x', PAGE_SIZE - size % PAGE_SIZE);
	page_put(pa);
}

static void check_zeroes(uint64_t from, uint64_t to)
{
	cache_begin();
	assert_int_equal(t_read("f", from, back, to - from), to - from);
	for (uint64_t i = 0; i < to - from; i++)
		assert_int_equal(back[i], 0);
}

static void what_is_written_behind_the_end_never_belongs_to_the_file(void **state)
{
	const uint64_t size = 20 * PAGE_SIZE + 100;

	(void)state;
	start_mapping(true);
	assert_int_equal(t_truncate("f", size), 0);
	write_behind_end(size); /* the file grows by itself, */
	assert_int_equal(t_truncate("f", size + 1000), 0);
	check_zeroes(size, size + 1000);
	write_behind_end(size + 1000); /* by a write near, */
	assert_int_equal(t_write("f", size + 1200, "y", 1), 1);
	check_zeroes(size + 1000, size + 1200);
	write_behind_end(size + 1201); /* by one far away, */
	assert_int_equal(t_write("f", 30 * PAGE_SIZE, "y", 1), 1);
	check_zeroes(size + 1201, 30 * PAGE_SIZE);
	write_behind_end(30 * PAGE_SIZE + 1); /* or another time */
	end_mapping();
	fake_ext2_mount();
	assert_int_equal(t_truncate("f", 31 * PAGE_SIZE), 0);
	check_zeroes(30 * PAGE_SIZE + 1, 31 * PAGE_SIZE);
	fake_ext2_finish();
}

static void pages_in_page_tables_are_not_given_up(void **state)
{
	paddr_t pa;
	int err;

	(void)state;
	start_mapping(false);
	pa = touch(7, false, &err);
	check_touched(9);
	cache_begin();
	cache_shrink(10000);
	assert_true(mapped->object.ops->page(&mapped->object, 7, false) == pa);
	assert_int_equal(mapped->object.ops->page(&mapped->object, 9, false), 0);
	page_put(pa);
	page_put(pa);
	cache_begin();
	cache_shrink(10000);
	assert_int_equal(mapped->object.ops->page(&mapped->object, 7, false), 0);
	end_mapping();
}

/* One reads what another has mapped to be written to, and a third syncs meanwhile. */
static void touch_all(void *arg)
{
	for (uint64_t i = (uintptr_t)arg; i < 100; i += 2)
		check_touched(i);
	if (!--nr_running)
		fake_stop("all done");
}

static void sync_often(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 30; i++)
		assert_int_equal(ext2_sync(fake_ext2_fs), 0);
	if (!--nr_running)
		fake_stop("all done");
}

static void what_is_being_read_is_not_written(void **state)
{
	(void)state;
	start_mapping(true);
	fake_ext2_disk.delay_ticks = 300;
	fake_ext2_disk.completes_backwards = true;
	nr_running = 3;
	assert_non_null(spawn(touch_all, (void *)0));
	assert_non_null(spawn(touch_all, (void *)1));
	assert_non_null(spawn(sync_often, NULL));
	assert_string_equal(run_processes(), "all done");
	end_mapping();
	fake_ext2_mount();
	assert_int_equal(t_read("f", 0, back, sizeof(back)), 100 * PAGE_SIZE);
	assert_memory_equal(back, data, 100 * PAGE_SIZE);
	fake_ext2_finish();
}

static void touch_and_be_cut(void *arg)
{
	paddr_t pa;
	int err;

	(void)arg;
	for (uint64_t i = 99; i > 10; i -= 8) {
		pa = touch(i, false, &err);
		assert_true(pa || err == -ENODATA);
		if (pa)
			page_put(pa);
	}
	if (!--nr_running)
		fake_stop("all done");
}

static void cut_often(void *arg)
{
	(void)arg;
	for (uint64_t i = 99; i > 20; i -= 7)
		assert_int_equal(t_truncate("f", i * PAGE_SIZE + 5), 0);
	if (!--nr_running)
		fake_stop("all done");
}

static void a_file_may_be_cut_while_a_page_is_waited_for(void **state)
{
	int err;

	(void)state;
	start_mapping(false);
	fake_ext2_disk.delay_ticks = 300;
	nr_running = 3;
	assert_non_null(spawn(touch_and_be_cut, NULL));
	assert_non_null(spawn(touch_and_be_cut, NULL));
	assert_non_null(spawn(cut_often, NULL));
	assert_string_equal(run_processes(), "all done");
	assert_int_equal(touch(60, false, &err), 0);
	assert_int_equal(err, -ENODATA);
	end_mapping();
}

int main(void)
{
#define TEST(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
		TEST(a_mapped_page_that_cannot_be_read_is_an_error),
		TEST(a_hole_needs_room_only_to_be_written_to),
		TEST(what_is_written_behind_the_end_never_belongs_to_the_file),
		TEST(pages_in_page_tables_are_not_given_up),
		TEST(what_is_being_read_is_not_written),
		TEST(a_file_may_be_cut_while_a_page_is_waited_for),
	};

	return cmocka_run_group_tests(tests, fake_ext2_group_set_up, fake_ext2_group_tear_down);
}
