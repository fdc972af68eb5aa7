/* SPDX-License-Identifier: MIT */
/* The block layer: what it refuses, who waits, who is told. */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_block.h"
#include "tests/unit/fake/fake_process.h"

#include <errno.h>
#include <string.h>

#define NR_SECTORS 1024
#define MEMORY     (16 * MIB) /* nobody's: below what is managed */

static struct fake_block disk;
static struct block_device *const device = &disk.device;

static int set_up(void **state)
{
	(void)state;
	fake_boot(1024);
	fake_random_start();
	fake_processes_init(16, true);
	fake_block_create(&disk, NR_SECTORS);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_block_destroy(&disk);
	return 0;
}

static int execute(enum block_op op, uint64_t sector, uint64_t nr_sectors, uint32_t len)
{
	const struct block_seg seg = { MEMORY, len };
	struct block_request request = {
		.op = op, .segs = &seg, .nr_segs = len ? 1 : 0,
		.sector = sector, .nr_sectors = nr_sectors,
	};

	return block_execute(device, &request);
}

static void devices_have_names_and_numbers(void **state)
{
	struct fake_block others[BLOCK_DEVICES_MAX];

	(void)state;
	for (unsigned i = 1; i < BLOCK_DEVICES_MAX; i++)
		fake_block_create(&others[i], 8);
	assert_false(block_register(&others[0].device));
	assert_string_equal(block_at(0)->name, "vda");
	assert_ptr_equal(block_find("vdb"), &others[1].device);
	assert_ptr_equal(block_find("/dev/vdh"), &others[7].device);
	assert_null(block_find("/dev/vdi"));
	assert_null(block_find("/dev/"));
	assert_null(block_find("sda"));
	assert_null(block_at(BLOCK_DEVICES_MAX));
	assert_int_equal(block_rdev(&others[2].device), 254 << 8 | 32);
	for (unsigned i = 1; i < BLOCK_DEVICES_MAX; i++)
		fake_block_destroy(&others[i]);
}

static void what_is_written_is_read(void **state)
{
	char *memory = direct_map(MEMORY);

	(void)state;
	memset(memory, 'x', 4096);
	assert_int_equal(block_write(device, NR_SECTORS - 8, MEMORY, 4096), 0);
	memset(memory, 0, 8192);
	assert_int_equal(block_read(device, NR_SECTORS - 8, MEMORY + 100, 4096), 0);
	assert_int_equal(memory[99], 0);
	assert_int_equal(memory[100], 'x');
	assert_int_equal(memory[4195], 'x');
	assert_int_equal(memory[4196], 0);
}

static void requests_beyond_the_end_are_refused(void **state)
{
	(void)state;
	assert_int_equal(execute(BLOCK_READ, NR_SECTORS, 1, 512), -EIO);
	assert_int_equal(execute(BLOCK_READ, NR_SECTORS - 1, 2, 1024), -EIO);
	assert_int_equal(execute(BLOCK_READ, UINT64_MAX, 1, 512), -EIO);
	assert_int_equal(execute(BLOCK_READ, 1, UINT64_MAX, 512), -EIO);
	assert_int_equal(execute(BLOCK_DISCARD, NR_SECTORS - 1, 2, 0), -EIO);
	assert_int_equal(execute(BLOCK_READ, 0, 0, 0), -EIO);
	assert_int_equal(disk.nr_kicks, 0);
	assert_int_equal(device->nr_errors, 6);
}

static void lengths_that_do_not_add_up_are_refused(void **state)
{
	(void)state;
	assert_int_equal(execute(BLOCK_READ, 0, 2, 512), -EIO);
	assert_int_equal(execute(BLOCK_READ, 0, 1, 511), -EIO);
	assert_int_equal(execute(BLOCK_WRITE, 0, 1, 0), -EIO);
	assert_int_equal(disk.nr_kicks, 0);
}

static void read_only_disks_are_only_read(void **state)
{
	(void)state;
	device->is_read_only = true;
	assert_int_equal(execute(BLOCK_WRITE, 0, 1, 512), -EROFS);
	assert_int_equal(execute(BLOCK_DISCARD, 0, 1, 0), -EROFS);
	assert_int_equal(execute(BLOCK_WRITE_ZEROES, 0, 1, 0), -EROFS);
	assert_int_equal(execute(BLOCK_READ, 0, 1, 512), 0);
	assert_int_equal(block_flush(device), 0);
}

static void what_the_disk_cannot_do_is_refused(void **state)
{
	(void)state;
	assert_int_equal(execute(BLOCK_DISCARD, 0, 1, 0), 0);
	device->has_discard = device->has_write_zeroes = false;
	assert_int_equal(execute(BLOCK_DISCARD, 0, 1, 0), -EOPNOTSUPP);
	assert_int_equal(execute(BLOCK_WRITE_ZEROES, 0, 1, 0), -EOPNOTSUPP);
}

static void errors_of_the_disk_come_up(void **state)
{
	(void)state;
	disk.fail_after = 1;
	disk.nr_fail = 1;
	assert_int_equal(execute(BLOCK_READ, 0, 1, 512), 0);
	assert_int_equal(execute(BLOCK_READ, 0, 1, 512), -EIO);
	assert_int_equal(execute(BLOCK_READ, 0, 1, 512), 0);
	disk.bad_sector = 9;
	assert_int_equal(execute(BLOCK_READ, 8, 2, 1024), -EIO);
	assert_int_equal(execute(BLOCK_READ, 10, 1, 512), 0);
}

static void reader(void *arg)
{
	(void)arg;
	journal_note('r');
	assert_int_equal(execute(BLOCK_READ, 0, 1, 512), 0);
	journal_note('R');
}

static void computer(void *arg)
{
	(void)arg;
	journal_note('c');
	fake_compute(100);
	journal_note('C');
}

static void another_runs_while_one_waits(void **state)
{
	struct process *p;

	(void)state;
	disk.delay_ticks = 5000;
	p = spawn(reader, NULL);
	spawn(computer, NULL);
	run_processes();
	assert_string_equal(journal(), "rcCR");
	assert_int_equal(p->record->state_tsc[LDE_STATE_BLOCKED], 5000);
	assert_int_equal(disk.nr_polls, 0);
}

static void without_blocking_the_cpu_is_held(void **state)
{
	struct process *p;

	(void)state;
	disk.delay_ticks = 5000;
	block_set_holding(true);
	p = spawn(reader, NULL);
	spawn(computer, NULL);
	run_processes();
	assert_string_equal(journal(), "rRcC");
	assert_int_equal(p->record->state_tsc[LDE_STATE_BLOCKED], 0);
	assert_int_equal(p->record->state_tsc[LDE_STATE_RUNNING], 5000);
}

static void many_readers_wait_at_once(void **state)
{
	(void)state;
	disk.delay_ticks = 5000;
	disk.completes_backwards = true;
	for (unsigned i = 0; i < 10; i++)
		spawn(reader, NULL);
	run_processes();
	assert_string_equal(journal(), "rrrrrrrrrrRRRRRRRRRR");
	assert_int_equal(disk.max_in_flight, 10);
}

static struct block_request requests[4];
static const struct block_seg one_sector = { MEMORY, BLOCK_SECTOR_SIZE };

static void note_done(struct block_request *request)
{
	assert_int_equal(request->result, 0);
	journal_note('0' + (request - requests));
}

static void nothing_begins_before_the_kick(void **state)
{
	(void)state;
	disk.completes_backwards = true;
	for (unsigned i = 0; i < 4; i++) {
		requests[i] = (struct block_request){
			.op = BLOCK_READ, .segs = &one_sector, .nr_segs = 1,
			.sector = i, .nr_sectors = 1, .done = note_done,
		};
		block_submit(device, &requests[i]);
		assert_true(block_is_pending(&requests[i]));
	}
	assert_string_equal(journal(), "");
	block_kick(device, NULL);
	assert_string_equal(journal(), "3210");
	assert_int_equal(block_wait(device, &requests[2]), 0);
	assert_int_equal(disk.nr_kicks, 1);
}

static void a_cut_of_power_keeps_what_was_flushed(void **state)
{
	unsigned nr_lost = 0;

	(void)state;
	memset(direct_map(MEMORY), 1, BLOCK_SECTOR_SIZE);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(block_write(device, i, MEMORY, BLOCK_SECTOR_SIZE), 0);
	assert_int_equal(block_flush(device), 0);
	memset(direct_map(MEMORY), 2, BLOCK_SECTOR_SIZE);
	for (unsigned i = 32; i < 96; i++)
		assert_int_equal(block_write(device, i, MEMORY, BLOCK_SECTOR_SIZE), 0);
	fake_block_cut_power(&disk);
	for (unsigned i = 0; i < 96; i++) {
		uint8_t byte = disk.bytes[i * BLOCK_SECTOR_SIZE];

		assert_true(i < 32 ? byte == 1 : byte == 2 || byte == (i < 64));
		nr_lost += i >= 32 && byte != 2;
	}
	assert_in_range(nr_lost, 1, 63);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		T(devices_have_names_and_numbers),
		T(what_is_written_is_read),
		T(requests_beyond_the_end_are_refused),
		T(lengths_that_do_not_add_up_are_refused),
		T(read_only_disks_are_only_read),
		T(what_the_disk_cannot_do_is_refused),
		T(errors_of_the_disk_come_up),
		T(another_runs_while_one_waits),
		T(without_blocking_the_cpu_is_held),
		T(many_readers_wait_at_once),
		T(nothing_begins_before_the_kick),
		T(a_cut_of_power_keeps_what_was_flushed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
