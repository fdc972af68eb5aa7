/* SPDX-License-Identifier: MIT */
/*
 * The kernel's driver against the VMM's device, in one process (fake_vblk.h). When it
 * looks for answers: kernel_virtio_blk_look_test.
 */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_mmio.h"
#include "tests/unit/fake/fake_process.h"
#include "tests/unit/fake/fake_vblk.h"

#include <errno.h>
#include <linux/virtio_mmio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lde/layout.h>

#include "guest/dev/virtio_blk.h"

#define SLOTS 128 /* of the driver */

static void the_disk_is_what_the_device_says(void **state)
{
	(void)state;
	assert_int_equal(fake_vblk.device->nr_sectors, FAKE_VBLK_SECTORS);
	assert_false(fake_vblk.device->is_read_only);
	assert_true(fake_vblk.device->has_discard && fake_vblk.device->has_write_zeroes);
	fake_vblk_start_again((struct disk_spec){ .is_read_only = true });
	assert_true(fake_vblk.device->is_read_only);
	assert_false(fake_vblk.device->has_discard);
	assert_false(virtio_blk_interrupt(FAKE_VBLK_VECTOR + 1));
}

/* ---- processes ------------------------------------------------------------- */

static void pattern(uint8_t *bytes, uint64_t len, unsigned n)
{
	for (uint64_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(n * 7 + i / 256);
}

/* Writes 4 KiB of its own, and reads them back into other memory. */
static void write_and_read(void *arg)
{
	unsigned n = (unsigned)(uintptr_t)arg;
	paddr_t pa = FAKE_VBLK_MEMORY + n * 8192;
	uint8_t expected[4096];

	pattern(expected, sizeof(expected), n);
	memcpy(direct_map(pa), expected, sizeof(expected));
	assert_int_equal(block_write(fake_vblk.device, n * 8, pa, 4096), 0);
	memset(direct_map(pa), 0, 8192);
	assert_int_equal(block_read(fake_vblk.device, n * 8, pa + 4000, 4096), 0);
	assert_memory_equal((char *)direct_map(pa) + 4000, expected, sizeof(expected));
	fake_vblk.nr_results++;
}

static void what_is_written_is_in_the_image_and_read_back(void **state)
{
	uint8_t bytes[4096], expected[4096];
	FILE *file;

	(void)state;
	fake_vblk_run(write_and_read, 3);
	file = fopen(fake_vblk.path, "rb");
	for (unsigned i = 0; i < 3; i++) {
		pattern(expected, sizeof(expected), i);
		assert_int_equal(fread(bytes, 1, sizeof(bytes), file), sizeof(bytes));
		assert_memory_equal(bytes, expected, sizeof(bytes));
	}
	fclose(file);
}

static void processes_that_come_back_share_doorbells(void **state)
{
	(void)state;
	fake_mmio.nr_rung = fake_vblk.nr_raised = 0;
	fake_vblk_run(fake_vblk_read_often, 32);
	assert_int_equal(fake_vblk.blk.counters.nr_requests, 32 * 20);
	assert_in_range(fake_mmio.nr_rung, 20, 32 * 20 / 4);
	assert_in_range(fake_vblk.nr_raised, 20, 32 * 20 / 4);
	assert_int_equal(fake_vblk.blk.counters.nr_in_flight_max, 32);
}

static void compute_until_readers_end(void *arg)
{
	(void)arg;
	while (fake_vblk.nr_results < 2) {
		fake_compute(QUANTUM);
		vblk_serve(&fake_vblk.blk); /* the disk goes on by itself */
		if (fake_vblk.is_raised) {
			fake_vblk.is_raised = false;
			virtio_blk_interrupt(FAKE_VBLK_VECTOR);
		}
	}
	fake_vblk.nr_results++;
}

static void nobody_waits_for_the_doorbell_while_others_compute(void **state)
{
	(void)state;
	fake_mmio.nr_rung = fake_vblk.nr_results = 0;
	spawn(fake_vblk_read_often, (void *)0);
	spawn(fake_vblk_read_often, (void *)1);
	spawn(compute_until_readers_end, NULL);
	run_processes();
	assert_int_equal(fake_vblk.nr_results, 3);
	/* Each at once, but those for which the device was looking anyway. */
	assert_in_range(fake_mmio.nr_rung, 15, 40);
}

/* ---- requests without a process ---------------------------------------------- */

static void one_doorbell_and_one_interrupt_do_for_many_requests(void **state)
{
	unsigned accesses = fake_mmio.nr_accesses;

	(void)state;
	fake_vblk.nr_done = fake_mmio.nr_rung = fake_vblk.nr_raised = 0;
	for (unsigned i = 0; i < 32; i++)
		fake_vblk_submit(i, BLOCK_READ, i * 8, 1, 4096);
	assert_int_equal(fake_mmio.nr_rung, 0);
	fake_vblk_finish(32);
	assert_int_equal(fake_mmio.nr_rung, 1);
	/* The image has just been written: it is in the host's memory. */
	assert_int_equal(fake_vblk.nr_raised, 1);
	assert_int_equal(fake_mmio.nr_accesses, accesses + 1);
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(fake_vblk.results[i], 0);
}

static void more_requests_than_slots_all_complete(void **state)
{
	(void)state;
	fake_vblk.nr_done = 0;
	for (unsigned i = 0; i < 400; i++)
		fake_vblk_submit(i, i % 3 ? BLOCK_READ : BLOCK_WRITE, i % 256 * 8, 1, 4096);
	fake_vblk_finish(400);
	for (unsigned i = 0; i < 400; i++)
		assert_int_equal(fake_vblk.results[i], 0);
	assert_int_equal(fake_vblk.blk.counters.nr_requests, 400);
	assert_in_range(fake_vblk.blk.counters.nr_in_flight_max, 1, SLOTS);
	assert_int_equal(fake_vblk.blk.nr_in_flight, 0);
}

static void requests_of_many_segments(void **state)
{
	(void)state;
	fake_vblk.nr_done = 0;
	for (unsigned i = 0; i < BLOCK_SEGS_MAX; i++)
		memset(direct_map(FAKE_VBLK_MEMORY + i * 8192), (int)i + 1, 512);
	fake_vblk_submit(0, BLOCK_WRITE, 5, BLOCK_SEGS_MAX, 512);
	fake_vblk_finish(1);
	fake_vblk_submit(1, BLOCK_READ, 5 + 7, 3, 512);
	fake_vblk_finish(2);
	assert_int_equal(fake_vblk.results[0] | fake_vblk.results[1], 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(*(uint8_t *)direct_map(fake_vblk.segs[1][i].pa), 8 + i);
}

static void flush_discard_and_zeroes(void **state)
{
	uint8_t *memory = direct_map(FAKE_VBLK_MEMORY);

	(void)state;
	fake_vblk.nr_done = 0;
	memset(memory, 0xff, 4096);
	fake_vblk_submit(0, BLOCK_WRITE, 8, 1, 4096);
	fake_vblk_finish(1);
	fake_vblk_submit(1, BLOCK_WRITE_ZEROES, 8, 0, 0);
	fake_vblk_submit(2, BLOCK_DISCARD, 16, 0, 0);
	fake_vblk_submit(3, BLOCK_FLUSH, 0, 0, 0);
	fake_vblk_finish(4);
	/* The slot of the flush has data again. */
	fake_vblk_submit(0, BLOCK_READ, 8, 1, 4096);
	fake_vblk_submit(4, BLOCK_READ, 8, 1, 4096);
	fake_vblk_submit(5, BLOCK_READ, 8, 1, 4096);
	fake_vblk_submit(6, BLOCK_READ, 8, 1, 4096);
	fake_vblk_finish(8);
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(fake_vblk.results[i], 0);
	for (unsigned i = 0; i < 4096; i++)
		assert_int_equal(memory[i], 0);
	assert_int_equal(fake_vblk.blk.counters.nr_flushes, 1);
}

static void errors_of_the_image_come_up(void **state)
{
	(void)state;
	fake_vblk_start_again((struct disk_spec){ .fault_ppm = 1000000, .has_fault_seed = true });
	fake_vblk.nr_done = 0;
	fake_vblk_submit(0, BLOCK_READ, 0, 1, 4096);
	fake_vblk_submit(1, BLOCK_WRITE, 0, 1, 4096);
	fake_vblk_submit(2, BLOCK_FLUSH, 0, 0, 0);
	fake_vblk_finish(3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(fake_vblk.results[i], -EIO);
	assert_int_equal(fake_vblk.device->nr_errors, 3);
	assert_int_equal(truncate(fake_vblk.path, 4096), 0);
	fake_vblk.image.spec.fault_ppm = 0;
	fake_vblk_submit(3, BLOCK_READ, 16, 1, 4096);
	fake_vblk_finish(4);
	assert_int_equal(fake_vblk.results[3], -EIO);
}

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void latency_holds_up_nobody_else(void **state)
{
	double start_ms;

	(void)state;
	fake_vblk_start_again((struct disk_spec){ .latency_ns = 30000000 });
	fake_vblk.nr_done = 0;
	start_ms = now_ms();
	for (unsigned i = 0; i < 20; i++)
		fake_vblk_submit(i, BLOCK_READ, i, 1, 512);
	fake_vblk_finish(20);
	assert_true(now_ms() - start_ms >= 30);
	assert_true(now_ms() - start_ms < 300); /* and not 20 times 30 */
}

static void iops_space_requests_out(void **state)
{
	double start_ms;

	(void)state;
	fake_vblk_start_again((struct disk_spec){ .iops = 1000 });
	fake_vblk.nr_done = 0;
	start_ms = now_ms();
	for (unsigned i = 0; i < 30; i++)
		fake_vblk_submit(i, BLOCK_READ, i, 1, 512);
	fake_vblk_finish(30);
	assert_true(now_ms() - start_ms >= 29);
}

static void who_polls_gets_no_interrupts(void **state)
{
	(void)state;
	fake_vblk.nr_raised = 0;
	block_set_holding(true);
	for (unsigned i = 0; i < 50; i++) {
		struct block_request *r = &fake_vblk.requests[0];

		fake_vblk.nr_done = 0;
		fake_vblk_submit(0, BLOCK_READ, i, 1, 512);
		block_kick(fake_vblk.device, NULL);
		while (block_is_pending(r)) {
			fake_vblk.device->ops->poll(fake_vblk.device);
			vblk_serve(&fake_vblk.blk);
		}
	}
	assert_in_range(fake_vblk.nr_raised, 0, 1);
	fake_vblk.is_raised = false;
	/* And after that interrupts come again. */
	fake_vblk.nr_done = 0;
	fake_vblk_submit(0, BLOCK_READ, 0, 1, 512);
	fake_vblk_finish(1);
}

/* ---- devices that are broken ----------------------------------------------------- */

static void an_answer_that_nobody_waits_for_fails_everybody(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct virtq *queue = &fake_vblk.blk.mmio.queues[0];

		fake_vblk_start_again((struct disk_spec){ 0 });
		fake_vblk.nr_done = 0;
		for (unsigned n = 0; n < 3; n++)
			fake_vblk_submit(n, BLOCK_READ, n, 1, 512);
		virtq_push(queue, i ? 100 : 60000, 512);
		assert_true(virtq_publish(queue));
		assert_true(virtio_blk_interrupt(FAKE_VBLK_VECTOR));
		assert_int_equal(fake_vblk.nr_done, 3);
		for (unsigned n = 0; n < 3; n++)
			assert_int_equal(fake_vblk.results[n], -EIO);
		fake_vblk_submit(3, BLOCK_READ, 0, 1, 512);
		assert_int_equal(fake_vblk.results[3], -EIO);
	}
}

static void a_device_that_gives_up_fails_everybody(void **state)
{
	(void)state;
	fake_vblk.nr_done = 0;
	for (unsigned i = 0; i < 200; i++)
		fake_vblk_submit(i, BLOCK_READ, i, 1, 512);
	pthread_mutex_lock(&fake_vblk.blk.mmio.lock);
	vmmio_need_reset(&fake_vblk.blk.mmio, "a test");
	pthread_mutex_unlock(&fake_vblk.blk.mmio.lock);
	fake_vblk_finish(200);
	for (unsigned i = 0; i < 200; i++)
		assert_int_equal(fake_vblk.results[i], -EIO);
	fake_vblk_submit(200, BLOCK_READ, 0, 1, 512);
	assert_int_equal(fake_vblk.results[200], -EIO);
}

static uint32_t wrong_register, wrong_value;

static uint32_t read_wrong_register(paddr_t pa)
{
	return pa - LDE_VIRTIO_GPA == wrong_register ? wrong_value : fake_mmio_read(pa);
}

static void devices_that_are_not_are_refused(void **state)
{
	static const struct {
		uint32_t reg, value;
	} wrong[] = {
		{ VIRTIO_MMIO_MAGIC_VALUE, 0 }, { VIRTIO_MMIO_VERSION, 1 },
		{ VIRTIO_MMIO_DEVICE_ID, 1 },   { VIRTIO_MMIO_STATUS, 0 },
		{ VIRTIO_MMIO_QUEUE_NUM_MAX, 64 }, { VIRTIO_MMIO_DEVICE_FEATURES, 0 },
	};
	const struct virtio_node node = { LDE_VIRTIO_GPA, FAKE_VBLK_VECTOR };

	(void)state;
	fake.mmio_read = read_wrong_register;
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		wrong_register = wrong[i].reg;
		wrong_value = wrong[i].value;
		assert_non_null(virtio_blk_init(&node, 1));
	}
}

/* Requests of all kinds at random moments, checked against a copy. */
static void random_requests_give_what_a_copy_gives(void **state)
{
	static uint8_t copy[FAKE_VBLK_SECTORS * 512];
	uint8_t *memory = direct_map(FAKE_VBLK_MEMORY);

	(void)state;
	fake_random_start();
	memset(copy, 0, sizeof(copy));
	for (unsigned round = 0; round < 300; round++) {
		unsigned nr = 1 + fake_random_below(30);

		fake_vblk.nr_done = 0;
		for (unsigned i = 0; i < nr; i++) { /* places apart, for they may overtake */
			uint64_t sector = i * 64 + fake_random_below(20);
			unsigned nr_segs = 1 + fake_random_below(4);
			enum block_op op = fake_random_below(2) ? BLOCK_WRITE : BLOCK_READ;

			for (unsigned j = 0; j < nr_segs && op == BLOCK_WRITE; j++) {
				uint8_t *seg = memory + (i * 64 + j * 2) * 4096;

				memset(seg, (int)fake_random(), 2048);
				memcpy(copy + sector * 512 + j * 2048, seg, 2048);
			}
			fake_vblk_submit(i, op, sector, nr_segs, 2048);
		}
		fake_vblk_finish(nr);
		for (unsigned i = 0; i < nr; i++) {
			assert_int_equal(fake_vblk.results[i], 0);
			for (unsigned j = 0; j < fake_vblk.requests[i].nr_segs; j++)
				assert_memory_equal(direct_map(fake_vblk.segs[i][j].pa),
						    copy + fake_vblk.requests[i].sector * 512 + j * 2048, 2048);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, fake_vblk_set_up, fake_vblk_tear_down)
		T(the_disk_is_what_the_device_says),
		T(what_is_written_is_in_the_image_and_read_back),
		T(processes_that_come_back_share_doorbells),
		T(nobody_waits_for_the_doorbell_while_others_compute),
		T(one_doorbell_and_one_interrupt_do_for_many_requests),
		T(more_requests_than_slots_all_complete),
		T(requests_of_many_segments),
		T(flush_discard_and_zeroes),
		T(errors_of_the_image_come_up),
		T(latency_holds_up_nobody_else),
		T(iops_space_requests_out),
		T(who_polls_gets_no_interrupts),
		T(an_answer_that_nobody_waits_for_fails_everybody),
		T(a_device_that_gives_up_fails_everybody),
		T(devices_that_are_not_are_refused),
		T(random_requests_give_what_a_copy_gives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
