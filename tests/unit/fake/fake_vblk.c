/* SPDX-License-Identifier: MIT */
#include "tests/unit/fake/fake_vblk.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lde/layout.h>

#include "guest/core/clock.h"
#include "guest/dev/virtio_blk.h"
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_mmio.h"
#include "tests/unit/fake/fake_process.h"

struct fake_vblk fake_vblk;
static struct guestmem mem;

static void on_interrupt(void *ctx)
{
	(void)ctx;
	fake_vblk.nr_raised++;
	fake_vblk.is_raised = true;
}

static void sleep_us(long us)
{
	nanosleep(&(struct timespec){ .tv_nsec = us * 1000 }, NULL);
}

void fake_vblk_wait(void)
{
	for (unsigned i = 0; !fake_vblk.is_raised; i++) {
		assert_true(i < 100000); /* 10 s */
		vblk_serve(&fake_vblk.blk);
		if (!fake_vblk.is_raised)
			sleep_us(100);
	}
	fake_vblk.is_raised = false;
	assert_true(virtio_blk_interrupt(FAKE_VBLK_VECTOR));
}

void fake_vblk_idle(void)
{
	vblk_serve(&fake_vblk.blk);
	if (!fake_vblk.is_raised && !fake_vblk.blk.nr_in_flight)
		fake_stop(FAKE_IDLE);
	fake_vblk_wait();
}

void fake_vblk_let_time_pass(void)
{
	if (current()->state == LDE_STATE_BLOCKED)
		fake.tsc += 100;
}

static void make_image(void)
{
	int fd;

	strcpy(fake_vblk.path, "/tmp/lde-virtio-blk.XXXXXX");
	fd = mkstemp(fake_vblk.path);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, FAKE_VBLK_SECTORS * 512), 0);
	close(fd);
}

static void start(struct disk_spec spec)
{
	const struct virtio_node node = { LDE_VIRTIO_GPA, FAKE_VBLK_VECTOR };
	char why[DISK_WHY_SIZE];

	fake_boot(1024);
	fake_processes_init(512, true);
	clock_init(1000000000);
	fake_mmio_connect(&fake_vblk.blk.mmio);
	fake.idle = fake_vblk_idle;
	fake.time = fake_vblk_let_time_pass;
	fake_vblk.nr_raised = 0;
	fake_vblk.is_raised = false;
	mem = (struct guestmem){ (uint8_t *)fake_memory, FAKE_MEMORY_END };
	make_image();
	spec.path = fake_vblk.path;
	assert_int_equal(disk_open(&fake_vblk.image, &spec, 0, why), 0);
	assert_int_equal(vblk_init(&fake_vblk.blk, &fake_vblk.image, &mem, on_interrupt, NULL), 0);
	fake_vblk.blk.is_served_by_caller = true;
	assert_null(virtio_blk_init(&node, 1));
	fake_vblk.device = block_find("vda");
	assert_non_null(fake_vblk.device);
}

int fake_vblk_set_up(void **state)
{
	(void)state;
	start((struct disk_spec){ 0 });
	return 0;
}

int fake_vblk_tear_down(void **state)
{
	(void)state;
	vblk_fini(&fake_vblk.blk);
	disk_close(&fake_vblk.image);
	unlink(fake_vblk.path);
	return 0;
}

void fake_vblk_start_again(struct disk_spec spec)
{
	fake_vblk_tear_down(NULL);
	start(spec);
}

void fake_vblk_run(void (*body)(void *), unsigned nr)
{
	fake_vblk.nr_results = 0;
	for (unsigned i = 0; i < nr; i++)
		assert_non_null(spawn(body, (void *)(uintptr_t)i));
	run_processes();
	assert_int_equal(fake_vblk.nr_results, nr);
}

void fake_vblk_read_often(void *arg)
{
	unsigned n = (unsigned)(uintptr_t)arg;

	for (unsigned i = 0; i < 20; i++) {
		fake.tsc += 100; /* what it computes */
		assert_int_equal(block_read(fake_vblk.device, n * 8, FAKE_VBLK_MEMORY + n * 4096, 4096), 0);
	}
	fake_vblk.nr_results++;
}

static void note_done(struct block_request *request)
{
	fake_vblk.results[request - fake_vblk.requests] = request->result;
	fake_vblk.nr_done++;
}

void fake_vblk_submit(unsigned n, enum block_op op, uint64_t sector, unsigned nr_segs,
		      uint32_t len)
{
	for (unsigned i = 0; i < nr_segs; i++)
		fake_vblk.segs[n][i] = (struct block_seg){ FAKE_VBLK_MEMORY + (n * 64 + i * 2) * 4096, len };
	fake_vblk.requests[n] = (struct block_request){
		.op = op, .segs = fake_vblk.segs[n], .nr_segs = nr_segs, .sector = sector,
		.nr_sectors = nr_segs ? (uint64_t)nr_segs * len / 512 : op == BLOCK_FLUSH ? 0 : 8,
		.done = note_done,
	};
	block_submit(fake_vblk.device, &fake_vblk.requests[n]);
}

void fake_vblk_finish(unsigned nr)
{
	block_kick(fake_vblk.device, NULL);
	while (fake_vblk.nr_done < nr)
		fake_vblk_wait();
	assert_int_equal(fake_vblk.nr_done, nr);
}
