/* SPDX-License-Identifier: MIT */
/*
 * The kernel's driver against the VMM's device, in one process: memory is the
 * fake machine's, an access to a register is a call, and the device is served
 * while the CPU waits.
 */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_mmio.h"
#include "tests/unit/fake/fake_process.h"

#include <errno.h>
#include <linux/virtio_mmio.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lde/layout.h>

#include "guest/core/clock.h"
#include "guest/core/logical.h"
#include "guest/dev/block.h"
#include "guest/dev/virtio_blk.h"
#include "guest/lib/ledger.h"
#include "vmm/dev/virtio_blk.h"

#define VECTOR     0x38
#define NR_SECTORS 2048
#define MEMORY     (16 * MIB) /* nobody's: below what is managed */
#define SLOTS      128        /* of the driver */

static char path[] = "/tmp/lde-virtio-blk.XXXXXX";
static struct disk image;
static struct vblk blk;
static struct guestmem mem;
static struct block_device *device;
static unsigned nr_raised;
static bool is_raised;

static void on_interrupt(void *ctx)
{
	(void)ctx;
	nr_raised++;
	is_raised = true;
}

static void sleep_us(long us)
{
	nanosleep(&(struct timespec){ .tv_nsec = us * 1000 }, NULL);
}

/* Serves the device until it interrupts. */
static void wait_for_interrupt(void)
{
	for (unsigned i = 0; !is_raised; i++) {
		assert_true(i < 100000); /* 10 s */
		vblk_serve(&blk);
		if (!is_raised)
			sleep_us(100);
	}
	is_raised = false;
	assert_true(virtio_blk_interrupt(VECTOR));
}

/* While the CPU waits: for the disk, as long as there is something to wait for. */
static void on_idle(void)
{
	vblk_serve(&blk);
	if (!is_raised && !blk.nr_in_flight)
		fake_stop(FAKE_IDLE);
	wait_for_interrupt();
}

/* Time passes while the kernel looks for an answer. */
static void let_time_pass(void)
{
	if (current()->state == LDE_STATE_BLOCKED)
		fake.tsc += 100;
}

static void make_image(void)
{
	int fd;

	strcpy(path + strlen(path) - 6, "XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, NR_SECTORS * 512), 0);
	close(fd);
}

static void start(struct disk_spec spec)
{
	const struct virtio_node node = { LDE_VIRTIO_GPA, VECTOR };
	char why[DISK_WHY_SIZE];

	fake_boot(1024);
	fake_processes_init(512, true);
	clock_init(1000000000);
	fake_mmio_connect(&blk.mmio);
	fake.idle = on_idle;
	fake.time = let_time_pass;
	nr_raised = 0;
	is_raised = false;
	mem = (struct guestmem){ (uint8_t *)fake_memory, FAKE_MEMORY_END };
	make_image();
	spec.path = path;
	assert_int_equal(disk_open(&image, &spec, 0, why), 0);
	assert_int_equal(vblk_init(&blk, &image, &mem, on_interrupt, NULL), 0);
	blk.is_served_by_caller = true;
	assert_null(virtio_blk_init(&node, 1));
	device = block_find("vda");
	assert_non_null(device);
}

static int set_up(void **state)
{
	(void)state;
	start((struct disk_spec){ 0 });
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	vblk_fini(&blk);
	disk_close(&image);
	unlink(path);
	return 0;
}

static void start_again(struct disk_spec spec)
{
	tear_down(NULL);
	start(spec);
}

static void the_disk_is_what_the_device_says(void **state)
{
	(void)state;
	assert_int_equal(device->nr_sectors, NR_SECTORS);
	assert_false(device->is_read_only);
	assert_true(device->has_discard && device->has_write_zeroes);
	start_again((struct disk_spec){ .is_read_only = true });
	assert_true(device->is_read_only);
	assert_false(device->has_discard);
	assert_false(virtio_blk_interrupt(VECTOR + 1));
}

/* ---- processes ------------------------------------------------------------- */

static int results[512];
static unsigned nr_results;

static void pattern(uint8_t *bytes, uint64_t len, unsigned n)
{
	for (uint64_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(n * 7 + i / 256);
}

/* Writes 4 KiB of its own, and reads them back into other memory. */
static void write_and_read(void *arg)
{
	unsigned n = (unsigned)(uintptr_t)arg;
	paddr_t pa = MEMORY + n * 8192;
	uint8_t expected[4096];

	pattern(expected, sizeof(expected), n);
	memcpy(direct_map(pa), expected, sizeof(expected));
	assert_int_equal(block_write(device, n * 8, pa, 4096), 0);
	memset(direct_map(pa), 0, 8192);
	assert_int_equal(block_read(device, n * 8, pa + 4000, 4096), 0);
	assert_memory_equal((char *)direct_map(pa) + 4000, expected, sizeof(expected));
	nr_results++;
}

static void run(void (*body)(void *), unsigned nr)
{
	nr_results = 0;
	for (unsigned i = 0; i < nr; i++)
		assert_non_null(spawn(body, (void *)(uintptr_t)i));
	run_processes();
	assert_int_equal(nr_results, nr);
}

static void what_is_written_is_in_the_image_and_read_back(void **state)
{
	uint8_t bytes[4096], expected[4096];
	FILE *file;

	(void)state;
	run(write_and_read, 3);
	file = fopen(path, "rb");
	for (unsigned i = 0; i < 3; i++) {
		pattern(expected, sizeof(expected), i);
		assert_int_equal(fread(bytes, 1, sizeof(bytes), file), sizeof(bytes));
		assert_memory_equal(bytes, expected, sizeof(bytes));
	}
	fclose(file);
}

static void read_often(void *arg)
{
	unsigned n = (unsigned)(uintptr_t)arg;

	for (unsigned i = 0; i < 20; i++) {
		fake.tsc += 100; /* what it computes */
		assert_int_equal(block_read(device, n * 8, MEMORY + n * 4096, 4096), 0);
	}
	nr_results++;
}

static void processes_that_come_back_share_doorbells(void **state)
{
	(void)state;
	fake_mmio.nr_rung = nr_raised = 0;
	run(read_often, 32);
	assert_int_equal(blk.counters.nr_requests, 32 * 20);
	assert_in_range(fake_mmio.nr_rung, 20, 32 * 20 / 4);
	assert_in_range(nr_raised, 20, 32 * 20 / 4);
	assert_int_equal(blk.counters.nr_in_flight_max, 32);
}

static void compute_until_readers_end(void *arg)
{
	(void)arg;
	while (nr_results < 2) {
		fake_compute(QUANTUM);
		vblk_serve(&blk); /* the disk goes on by itself */
		if (is_raised) {
			is_raised = false;
			virtio_blk_interrupt(VECTOR);
		}
	}
	nr_results++;
}

static void nobody_waits_for_the_doorbell_while_others_compute(void **state)
{
	(void)state;
	fake_mmio.nr_rung = nr_results = 0;
	spawn(read_often, (void *)0);
	spawn(read_often, (void *)1);
	spawn(compute_until_readers_end, NULL);
	run_processes();
	assert_int_equal(nr_results, 3);
	/* Each at once, but those for which the device was looking anyway. */
	assert_in_range(fake_mmio.nr_rung, 15, 40);
}

/* ---- requests without a process ---------------------------------------------- */

static struct block_request requests[400];
static struct block_seg segs[400][BLOCK_SEGS_MAX];
static unsigned nr_done;

static void note_done(struct block_request *request)
{
	results[request - requests] = request->result;
	nr_done++;
}

static void submit(unsigned n, enum block_op op, uint64_t sector, unsigned nr_segs, uint32_t len)
{
	for (unsigned i = 0; i < nr_segs; i++)
		segs[n][i] = (struct block_seg){ MEMORY + (n * 64 + i * 2) * 4096, len };
	requests[n] = (struct block_request){
		.op = op, .segs = segs[n], .nr_segs = nr_segs, .sector = sector,
		.nr_sectors = nr_segs ? (uint64_t)nr_segs * len / 512 : op == BLOCK_FLUSH ? 0 : 8,
		.done = note_done,
	};
	block_submit(device, &requests[n]);
}

static void finish(unsigned nr)
{
	block_kick(device, NULL);
	while (nr_done < nr)
		wait_for_interrupt();
	assert_int_equal(nr_done, nr);
}

static void one_doorbell_and_one_interrupt_do_for_many_requests(void **state)
{
	unsigned accesses = fake_mmio.nr_accesses;

	(void)state;
	nr_done = fake_mmio.nr_rung = nr_raised = 0;
	for (unsigned i = 0; i < 32; i++)
		submit(i, BLOCK_READ, i * 8, 1, 4096);
	assert_int_equal(fake_mmio.nr_rung, 0);
	finish(32);
	assert_int_equal(fake_mmio.nr_rung, 1);
	/* The image has just been written: it is in the host's memory. */
	assert_int_equal(nr_raised, 1);
	assert_int_equal(fake_mmio.nr_accesses, accesses + 1);
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(results[i], 0);
}

static void more_requests_than_slots_all_complete(void **state)
{
	(void)state;
	nr_done = 0;
	for (unsigned i = 0; i < 400; i++)
		submit(i, i % 3 ? BLOCK_READ : BLOCK_WRITE, i % 256 * 8, 1, 4096);
	finish(400);
	for (unsigned i = 0; i < 400; i++)
		assert_int_equal(results[i], 0);
	assert_int_equal(blk.counters.nr_requests, 400);
	assert_in_range(blk.counters.nr_in_flight_max, 1, SLOTS);
	assert_int_equal(blk.nr_in_flight, 0);
}

static void requests_of_many_segments(void **state)
{
	(void)state;
	nr_done = 0;
	for (unsigned i = 0; i < BLOCK_SEGS_MAX; i++)
		memset(direct_map(MEMORY + i * 8192), (int)i + 1, 512);
	submit(0, BLOCK_WRITE, 5, BLOCK_SEGS_MAX, 512);
	finish(1);
	submit(1, BLOCK_READ, 5 + 7, 3, 512);
	finish(2);
	assert_int_equal(results[0] | results[1], 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(*(uint8_t *)direct_map(segs[1][i].pa), 8 + i);
}

static void flush_discard_and_zeroes(void **state)
{
	uint8_t *memory = direct_map(MEMORY);

	(void)state;
	nr_done = 0;
	memset(memory, 0xff, 4096);
	submit(0, BLOCK_WRITE, 8, 1, 4096);
	finish(1);
	submit(1, BLOCK_WRITE_ZEROES, 8, 0, 0);
	submit(2, BLOCK_DISCARD, 16, 0, 0);
	submit(3, BLOCK_FLUSH, 0, 0, 0);
	finish(4);
	/* The slot of the flush has data again. */
	submit(0, BLOCK_READ, 8, 1, 4096);
	submit(4, BLOCK_READ, 8, 1, 4096);
	submit(5, BLOCK_READ, 8, 1, 4096);
	submit(6, BLOCK_READ, 8, 1, 4096);
	finish(8);
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(results[i], 0);
	for (unsigned i = 0; i < 4096; i++)
		assert_int_equal(memory[i], 0);
	assert_int_equal(blk.counters.nr_flushes, 1);
}

static void errors_of_the_image_come_up(void **state)
{
	(void)state;
	start_again((struct disk_spec){ .fault_ppm = 1000000, .has_fault_seed = true });
	nr_done = 0;
	submit(0, BLOCK_READ, 0, 1, 4096);
	submit(1, BLOCK_WRITE, 0, 1, 4096);
	submit(2, BLOCK_FLUSH, 0, 0, 0);
	finish(3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(results[i], -EIO);
	assert_int_equal(device->nr_errors, 3);
	assert_int_equal(truncate(path, 4096), 0);
	image.spec.fault_ppm = 0;
	submit(3, BLOCK_READ, 16, 1, 4096);
	finish(4);
	assert_int_equal(results[3], -EIO);
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
	start_again((struct disk_spec){ .latency_ns = 30000000 });
	nr_done = 0;
	start_ms = now_ms();
	for (unsigned i = 0; i < 20; i++)
		submit(i, BLOCK_READ, i, 1, 512);
	finish(20);
	assert_true(now_ms() - start_ms >= 30);
	assert_true(now_ms() - start_ms < 300); /* and not 20 times 30 */
}

static void iops_space_requests_out(void **state)
{
	double start_ms;

	(void)state;
	start_again((struct disk_spec){ .iops = 1000 });
	nr_done = 0;
	start_ms = now_ms();
	for (unsigned i = 0; i < 30; i++)
		submit(i, BLOCK_READ, i, 1, 512);
	finish(30);
	assert_true(now_ms() - start_ms >= 29);
}

static void who_polls_gets_no_interrupts(void **state)
{
	(void)state;
	nr_raised = 0;
	block_set_holding(true);
	for (unsigned i = 0; i < 50; i++) {
		struct block_request *r = &requests[0];

		nr_done = 0;
		submit(0, BLOCK_READ, i, 1, 512);
		block_kick(device, NULL);
		while (block_is_pending(r)) {
			device->ops->poll(device);
			vblk_serve(&blk);
		}
	}
	assert_in_range(nr_raised, 0, 1);
	is_raised = false;
	/* And after that interrupts come again. */
	nr_done = 0;
	submit(0, BLOCK_READ, 0, 1, 512);
	finish(1);
}

/* ---- when the answer comes ---------------------------------------------------- */

static void (*write_register)(paddr_t pa, uint32_t value);

/* The host lets the disk's thread run at once. */
static void serve_at_doorbell(paddr_t pa, uint32_t value)
{
	write_register(pa, value);
	if (pa == LDE_VIRTIO_GPA + VIRTIO_MMIO_QUEUE_NOTIFY)
		vblk_serve(&blk);
}

static void answer_at_doorbells(void)
{
	write_register = fake.mmio_write;
	fake.mmio_write = serve_at_doorbell;
	fake_mmio.nr_rung = fake_mmio.nr_accesses = nr_raised = 0;
}

static void serve_now(void)
{
	vblk_serve(&blk);
}

static void an_answer_at_the_doorbell_blocks_nobody(void **state)
{
	struct process *p;

	(void)state;
	answer_at_doorbells();
	nr_results = 0;
	p = spawn(read_often, NULL);
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_int_equal(nr_results, 1);
	assert_int_equal(fake_mmio.nr_accesses, 20);
	assert_int_equal(fake_mmio.nr_rung, 20);
	assert_int_equal(nr_raised, 0);
	assert_int_equal(ledger.idle_entries, 1); /* at the end */
	assert_int_equal(p->record->state_tsc[LDE_STATE_BLOCKED], 0);
}

static void read_once(void *arg)
{
	journal_note('r');
	assert_int_equal(block_read(device, 0, MEMORY, 512), 0);
	journal_note('R');
	(void)arg;
}

static void run_meanwhile(void *arg)
{
	(void)arg;
	journal_note('m');
}

static void ask_for_more(struct block_request *request)
{
	(void)request;
	fake.mmio_write = write_register; /* and that is not answered at once */
	submit(1, BLOCK_READ, 8, 1, 512);
}

static void read_and_compute(void *arg)
{
	(void)arg;
	nr_done = 0;
	requests[0].done = ask_for_more;
	block_submit(device, &requests[0]);
	assert_int_equal(block_wait(device, &requests[0]), 0);
	vblk_serve(&blk);
	assert_true(is_raised); /* though the CPU does not idle */
	nr_results++;
}

static void what_is_asked_for_meanwhile_interrupts(void **state)
{
	(void)state;
	nr_done = 0;
	submit(0, BLOCK_READ, 0, 1, 512);
	finish(1);
	answer_at_doorbells();
	run(read_and_compute, 1);
	assert_int_equal(nr_done, 1);
}

static void others_who_are_ready_go_first(void **state)
{
	(void)state;
	answer_at_doorbells();
	fake.barrier = serve_now;
	spawn(read_once, NULL);
	spawn(run_meanwhile, NULL);
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_string_equal(journal(), "rmR");
	assert_int_equal(nr_raised, 1);
}

static void serve_before_idle(void)
{
	if (current()->state == LDE_STATE_BLOCKED)
		vblk_serve(&blk);
}

static void read_five_times(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(block_read(device, i, MEMORY, 512), 0);
}

static void an_answer_as_the_cpu_is_about_to_idle_is_not_waited_for(void **state)
{
	(void)state;
	fake.barrier = serve_before_idle;
	fake_mmio.nr_accesses = fake_mmio.nr_rung = nr_raised = 0;
	spawn(read_five_times, NULL);
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_int_equal(ledger.idle_entries, 6);
	/* The device has seen the wish, and its interrupt comes when all is done: it has
	 * found nothing, and was not taken for that of one that has given up... */
	assert_int_equal(nr_raised, 5);
	assert_false(is_raised);
	assert_int_equal(fake_mmio.nr_accesses, 5);
	assert_int_equal(fake_mmio.nr_rung, 5);
	/* ...which the next one is. */
	assert_true(virtio_blk_interrupt(VECTOR));
	assert_int_equal(fake_mmio.nr_accesses, 6);
}

static void serve_as_time_passes(void)
{
	let_time_pass();
	serve_before_idle();
}

static void an_answer_that_comes_soon_interrupts_nobody(void **state)
{
	struct process *p;

	(void)state;
	fake.time = serve_as_time_passes;
	fake_mmio.nr_accesses = fake_mmio.nr_rung = nr_results = 0;
	p = spawn(read_often, NULL);
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_int_equal(nr_results, 1);
	assert_int_equal(nr_raised, 0);
	assert_int_equal(fake_mmio.nr_accesses, 20);
	assert_int_equal(fake_mmio.nr_rung, 20);
	assert_int_equal(ledger.idle_entries, 21);
	assert_true(p->record->state_tsc[LDE_STATE_BLOCKED] >= 20 * 100);
}

static uint64_t looked_from, nr_vain;

/* By how much time has passed when the CPU waits. */
static void note_vain_looks(void)
{
	nr_vain += fake.tsc - looked_from >= 100000;
	on_idle();
}

static void read_and_note(unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		looked_from = fake.tsc;
		assert_int_equal(block_read(device, 0, MEMORY, 512), 0);
	}
}

static void read_from_the_slow_then_the_quick(void *arg)
{
	(void)arg;
	read_and_note(9);
	assert_int_equal(nr_vain, 9);
	read_and_note(10 * 65);
	assert_int_equal(nr_vain, 9 + 10);
	fake.time = serve_as_time_passes;
	nr_raised = 0;
	read_and_note(64);
	assert_int_equal(nr_raised, 64);
	read_and_note(100);
	assert_int_equal(nr_raised, 64);
	assert_int_equal(nr_vain, 9 + 10);
	nr_results++;
}

static void a_slow_disk_is_not_looked_for_each_time(void **state)
{
	(void)state;
	fake.idle = note_vain_looks;
	nr_vain = 0;
	run(read_from_the_slow_then_the_quick, 1);
}

static void sleep_a_little(void *arg)
{
	(void)arg;
	assert_int_equal(wait_on(NULL, fake.tsc + 500), -EINTR);
}

static void stop_here(void)
{
	fake_stop("the CPU waits");
}

static void nobody_looks_while_another_waits_as_well(void **state)
{
	uint64_t start = fake.tsc;

	(void)state;
	spawn(read_once, NULL);
	spawn(read_once, NULL);
	fake.idle = stop_here;
	assert_string_equal(run_processes(), "the CPU waits");
	assert_string_equal(journal(), "rr");
	assert_in_range(fake.tsc - start, 0, 500);
}

static void no_timer_waits_for_a_disk(void **state)
{
	uint64_t start = fake.tsc;

	(void)state;
	spawn(sleep_a_little, NULL);
	spawn(read_often, NULL);
	fake.idle = stop_here;
	assert_string_equal(run_processes(), "the CPU waits");
	assert_in_range(fake.tsc - start, 500, 600);
}

static void serve_perhaps(void)
{
	if (!fake_random_below(3))
		vblk_serve(&blk);
}

static void serve_perhaps_as_time_passes(void)
{
	let_time_pass();
	if (!fake_random_below(1000))
		vblk_serve(&blk);
}

static void ring_perhaps(paddr_t pa, uint32_t value)
{
	write_register(pa, value);
	serve_perhaps();
}

/* In ring 3: interrupts come. */
static void compute_a_little(void)
{
	fake_compute(fake_random_below(2 * QUANTUM));
	serve_perhaps();
	if (is_raised) {
		is_raised = false;
		virtio_blk_interrupt(VECTOR);
	}
}

static void read_at_random_moments(void *arg)
{
	unsigned n = (unsigned)(uintptr_t)arg;

	for (unsigned i = 0; i < 100; i++) {
		compute_a_little();
		assert_int_equal(block_read(device, fake_random_below(NR_SECTORS - 8),
					    MEMORY + n * 4096, 4096), 0);
	}
	nr_results++;
}

/* The device answers, or does not, at every moment that can matter; a wake-up that is
 * lost leaves somebody who has waited in vain when the CPU idles for good. */
static void no_answer_is_lost_whenever_it_comes(void **state)
{
	(void)state;
	fake_random_start();
	for (unsigned nr = 1; nr <= 12; nr++) {
		start_again((struct disk_spec){ 0 });
		write_register = fake.mmio_write;
		fake.mmio_write = ring_perhaps;
		fake.barrier = serve_perhaps;
		fake.time = serve_perhaps_as_time_passes;
		run(read_at_random_moments, nr);
		assert_int_equal(blk.counters.nr_requests, nr * 100);
		assert_int_equal(blk.nr_in_flight, 0);
	}
}

static void wait_for_the_last(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 70000; i++)
		assert_int_equal(block_read(device, 0, MEMORY, 512), 0);
	fake.mmio_write = write_register;
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(block_read(device, 0, MEMORY, 512), 0);
	nr_results++;
}

static void indices_that_come_round_lose_nothing(void **state)
{
	(void)state;
	answer_at_doorbells();
	run(wait_for_the_last, 1);
	assert_in_range(nr_raised, 5, 6);
}

static void by_the_logical_clock_everybody_waits_however_quick_it_is(void **state)
{
	struct process *p;

	(void)state;
	logical_init(1000000);
	answer_at_doorbells();
	fake.barrier = serve_now;
	nr_results = 0;
	p = spawn(read_often, NULL);
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_int_equal(nr_results, 1);
	assert_int_equal(nr_raised, 20);
	assert_int_equal(p->record->switches_voluntary, 21); /* its end is one */
	assert_int_equal(ledger.idle_entries, 21);
}

/* ---- devices that are broken ----------------------------------------------------- */

static void an_answer_that_nobody_waits_for_fails_everybody(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct virtq *queue = &blk.mmio.queues[0];

		start_again((struct disk_spec){ 0 });
		nr_done = 0;
		for (unsigned n = 0; n < 3; n++)
			submit(n, BLOCK_READ, n, 1, 512);
		virtq_push(queue, i ? 100 : 60000, 512);
		assert_true(virtq_publish(queue));
		assert_true(virtio_blk_interrupt(VECTOR));
		assert_int_equal(nr_done, 3);
		for (unsigned n = 0; n < 3; n++)
			assert_int_equal(results[n], -EIO);
		submit(3, BLOCK_READ, 0, 1, 512);
		assert_int_equal(results[3], -EIO);
	}
}

static void a_device_that_gives_up_fails_everybody(void **state)
{
	(void)state;
	nr_done = 0;
	for (unsigned i = 0; i < 200; i++)
		submit(i, BLOCK_READ, i, 1, 512);
	pthread_mutex_lock(&blk.mmio.lock);
	vmmio_need_reset(&blk.mmio, "a test");
	pthread_mutex_unlock(&blk.mmio.lock);
	finish(200);
	for (unsigned i = 0; i < 200; i++)
		assert_int_equal(results[i], -EIO);
	submit(200, BLOCK_READ, 0, 1, 512);
	assert_int_equal(results[200], -EIO);
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
	const struct virtio_node node = { LDE_VIRTIO_GPA, VECTOR };

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
	static uint8_t copy[NR_SECTORS * 512];
	uint8_t *memory = direct_map(MEMORY);

	(void)state;
	fake_random_start();
	memset(copy, 0, sizeof(copy));
	for (unsigned round = 0; round < 300; round++) {
		unsigned nr = 1 + fake_random_below(30);

		nr_done = 0;
		for (unsigned i = 0; i < nr; i++) { /* places apart, for they may overtake */
			uint64_t sector = i * 64 + fake_random_below(20);
			unsigned nr_segs = 1 + fake_random_below(4);
			enum block_op op = fake_random_below(2) ? BLOCK_WRITE : BLOCK_READ;

			for (unsigned j = 0; j < nr_segs && op == BLOCK_WRITE; j++) {
				uint8_t *seg = memory + (i * 64 + j * 2) * 4096;

				memset(seg, (int)fake_random(), 2048);
				memcpy(copy + sector * 512 + j * 2048, seg, 2048);
			}
			submit(i, op, sector, nr_segs, 2048);
		}
		finish(nr);
		for (unsigned i = 0; i < nr; i++) {
			assert_int_equal(results[i], 0);
			for (unsigned j = 0; j < requests[i].nr_segs; j++)
				assert_memory_equal(direct_map(segs[i][j].pa),
						    copy + requests[i].sector * 512 + j * 2048, 2048);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
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
		T(an_answer_at_the_doorbell_blocks_nobody),
		T(what_is_asked_for_meanwhile_interrupts),
		T(others_who_are_ready_go_first),
		T(an_answer_as_the_cpu_is_about_to_idle_is_not_waited_for),
		T(an_answer_that_comes_soon_interrupts_nobody),
		T(a_slow_disk_is_not_looked_for_each_time),
		T(nobody_looks_while_another_waits_as_well),
		T(no_timer_waits_for_a_disk),
		T(no_answer_is_lost_whenever_it_comes),
		T(indices_that_come_round_lose_nothing),
		T(by_the_logical_clock_everybody_waits_however_quick_it_is),
		T(an_answer_that_nobody_waits_for_fails_everybody),
		T(a_device_that_gives_up_fails_everybody),
		T(devices_that_are_not_are_refused),
		T(random_requests_give_what_a_copy_gives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
