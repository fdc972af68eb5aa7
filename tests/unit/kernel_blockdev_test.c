/* SPDX-License-Identifier: MIT */
/* Block devices as files: the program's pages while a transfer is on its way. */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_block.h"
#include "tests/unit/fake/fake_process.h"
#include "tests/unit/fake/fake_space.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>

#include "guest/fs/blockdev.h"
#include "guest/mm/usercopy.h"

#define NR_PAGES 4
#define ON_DISK  0xaa
#define OTHERS   0x5a

static struct fake_block disk;
static struct space *space;
static paddr_t taken[NR_PAGES];
static struct { uint64_t from, len; int64_t result; } transfer;

static int set_up(void **state)
{
	(void)state;
	fake_boot(1024);
	fake_processes_init(16, true);
	fake_block_create(&disk, 1024);
	memset(disk.bytes, ON_DISK, 1024 * BLOCK_SECTOR_SIZE);
	disk.delay_ticks = 5000;
	space = space_create();
	assert_non_null(space);
	assert_int_equal(map_anon(space, AT(0), NR_PAGES, PROT_RW), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_block_destroy(&disk);
	return 0;
}

static void reader(void *arg)
{
	struct inode inode = { .rdev = block_rdev(&disk.device) };
	struct file file = { .inode = &inode };
	uint64_t pos = 0;

	(void)arg;
	current()->space = space;
	transfer.result = blockdev_file_ops.read(&file, AT(0) + transfer.from, transfer.len, &pos);
	current()->space = NULL;
}

/* Who takes the memory away, as one does who cuts a mapped file, and gets it. */
static void taker(void *arg)
{
	(void)arg;
	space_unmap(space, AT(0), PAGES(NR_PAGES));
	for (unsigned i = 0; i < NR_PAGES; i++) {
		taken[i] = page_alloc();
		memset(direct_map(taken[i]), OTHERS, PAGE_SIZE);
	}
}

/* Reads so much to there, while all of the memory is taken away. */
static void read_into_what_goes(uint64_t from, uint64_t len)
{
	uint64_t free_before;

	transfer.from = from;
	transfer.len = len;
	spawn(reader, NULL);
	spawn(taker, NULL);
	free_before = page_nr_free();
	run_processes();
	assert_int_equal(transfer.result, len);
	assert_int_equal(disk.nr_in_flight, 0);
	for (unsigned i = 0; i < NR_PAGES; i++) {
		const uint8_t *byte = direct_map(taken[i]);

		for (unsigned j = 0; j < PAGE_SIZE; j++)
			assert_int_equal(byte[j], OTHERS);
		page_put(taken[i]);
	}
	assert_false(page_is_any_pinned());
	assert_int_equal(page_nr_free(), free_before);
}

static void page_is_kept_for_the_device(void **state)
{
	(void)state;
	read_into_what_goes(0, PAGE_SIZE);
}

static void pages_are_kept_for_the_device(void **state)
{
	(void)state;
	read_into_what_goes(0, PAGES(NR_PAGES));
}

static void parts_of_pages_are_kept_for_the_device(void **state)
{
	(void)state;
	read_into_what_goes(512, PAGES(2));
	assert_int_equal(disk.nr_ops[BLOCK_READ], 1);
}

static void write_part(void *arg)
{
	struct inode inode = { .rdev = block_rdev(&disk.device) };
	struct file file = { .inode = &inode, .flags = O_RDWR };
	const struct user_piece piece = { AT(0), 1 };
	uint64_t pos = 0;

	(void)arg;
	current()->space = space;
	transfer.result = blockdev_file_ops.write(&file, &piece, 1, &pos);
	current()->space = NULL;
}

static void write_zeroes(void *arg)
{
	struct inode inode = { .rdev = block_rdev(&disk.device) };
	struct file file = { .inode = &inode, .flags = O_RDWR };
	const uint64_t range[2] = { 0, BLOCK_SECTOR_SIZE };

	(void)arg;
	current()->space = space;
	assert_int_equal(user_write(space, AT(1), range, sizeof(range)), 0);
	assert_int_equal(blockdev_file_ops.ioctl(&file, BLKZEROOUT, AT(1)), 0);
	current()->space = NULL;
}

/* Whichever comes first: what the part's writer has read of the sector is no more. */
static void zeroes_are_not_undone_by_who_writes_a_part_of_a_sector(void **state)
{
	(void)state;
	disk.device.has_write_zeroes = true;
	spawn(write_part, NULL);
	spawn(write_zeroes, NULL);
	run_processes();
	assert_int_equal(transfer.result, 1);
	for (unsigned i = 1; i < BLOCK_SECTOR_SIZE; i++)
		assert_int_equal(disk.bytes[i], 0);
}

static bool is_part_written;

/* Sectors apart from that, until it is; they never all rest at the same time. */
static void write_sectors(void *arg)
{
	struct inode inode = { .rdev = block_rdev(&disk.device) };
	struct file file = { .inode = &inode, .flags = O_RDWR };
	const struct user_piece piece = { AT(0), BLOCK_SECTOR_SIZE };

	current()->space = space;
	for (unsigned i = 0; i < 100 && !is_part_written; i++) {
		uint64_t pos = (uintptr_t)arg * BLOCK_SECTOR_SIZE;

		disk.delay_ticks = 4000 + fake_random_below(4000);
		assert_int_equal(blockdev_file_ops.write(&file, &piece, 1, &pos),
				 BLOCK_SECTOR_SIZE);
	}
	assert_true(is_part_written);
	current()->space = NULL;
}

static void write_a_part(void *arg)
{
	write_part(arg);
	is_part_written = true;
}

static void who_writes_a_part_of_a_sector_gets_through_among_others(void **state)
{
	(void)state;
	fake_random_start();
	is_part_written = false;
	for (uintptr_t i = 1; i < 6; i++)
		spawn(write_sectors, (void *)i);
	spawn(write_a_part, NULL);
	run_processes();
	assert_int_equal(transfer.result, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(page_is_kept_for_the_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pages_are_kept_for_the_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(parts_of_pages_are_kept_for_the_device, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			zeroes_are_not_undone_by_who_writes_a_part_of_a_sector, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			who_writes_a_part_of_a_sector_gets_through_among_others, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
