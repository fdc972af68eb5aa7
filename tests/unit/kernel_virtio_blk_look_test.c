/* SPDX-License-Identifier: MIT */
/*
 * When the kernel's driver of a disk looks for its answers, and when it is interrupted:
 * against the VMM's device (fake_vblk.h), which answers at chosen moments.
 */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_mmio.h"
#include "tests/unit/fake/fake_process.h"
#include "tests/unit/fake/fake_vblk.h"

#include <errno.h>
#include <linux/virtio_mmio.h>

#include <lde/layout.h>

#include "guest/core/logical.h"
#include "guest/dev/virtio_blk.h"
#include "guest/lib/ledger.h"

static void (*write_register)(paddr_t pa, uint32_t value);

/* The host lets the disk's thread run at once. */
static void serve_at_doorbell(paddr_t pa, uint32_t value)
{
	write_register(pa, value);
	if (pa == LDE_VIRTIO_GPA + VIRTIO_MMIO_QUEUE_NOTIFY)
		vblk_serve(&fake_vblk.blk);
}

static void answer_at_doorbells(void)
{
	write_register = fake.mmio_write;
	fake.mmio_write = serve_at_doorbell;
	fake_mmio.nr_rung = fake_mmio.nr_accesses = fake_vblk.nr_raised = 0;
}

static void serve_now(void)
{
	vblk_serve(&fake_vblk.blk);
}

static void an_answer_at_the_doorbell_blocks_nobody(void **state)
{
	struct process *p;

	(void)state;
	answer_at_doorbells();
	fake_vblk.nr_results = 0;
	p = spawn(fake_vblk_read_often, NULL);
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_int_equal(fake_vblk.nr_results, 1);
	assert_int_equal(fake_mmio.nr_accesses, 20);
	assert_int_equal(fake_mmio.nr_rung, 20);
	assert_int_equal(fake_vblk.nr_raised, 0);
	assert_int_equal(ledger.idle_entries, 1); /* at the end */
	assert_int_equal(p->record->state_tsc[LDE_STATE_BLOCKED], 0);
}

static void read_once(void *arg)
{
	journal_note('r');
	assert_int_equal(block_read(fake_vblk.device, 0, FAKE_VBLK_MEMORY, 512), 0);
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
	fake_vblk_submit(1, BLOCK_READ, 8, 1, 512);
}

static void read_and_compute(void *arg)
{
	(void)arg;
	fake_vblk.nr_done = 0;
	fake_vblk.requests[0].done = ask_for_more;
	block_submit(fake_vblk.device, &fake_vblk.requests[0]);
	assert_int_equal(block_wait(fake_vblk.device, &fake_vblk.requests[0]), 0);
	vblk_serve(&fake_vblk.blk);
	assert_true(fake_vblk.is_raised); /* though the CPU does not idle */
	fake_vblk.nr_results++;
}

static void what_is_asked_for_meanwhile_interrupts(void **state)
{
	(void)state;
	fake_vblk.nr_done = 0;
	fake_vblk_submit(0, BLOCK_READ, 0, 1, 512);
	fake_vblk_finish(1);
	answer_at_doorbells();
	fake_vblk_run(read_and_compute, 1);
	assert_int_equal(fake_vblk.nr_done, 1);
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
	assert_int_equal(fake_vblk.nr_raised, 1);
}

static void serve_before_idle(void)
{
	if (current()->state == LDE_STATE_BLOCKED)
		vblk_serve(&fake_vblk.blk);
}

static void read_five_times(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(block_read(fake_vblk.device, i, FAKE_VBLK_MEMORY, 512), 0);
}

static void an_answer_as_the_cpu_is_about_to_idle_is_not_waited_for(void **state)
{
	(void)state;
	fake.barrier = serve_before_idle;
	fake_mmio.nr_accesses = fake_mmio.nr_rung = fake_vblk.nr_raised = 0;
	spawn(read_five_times, NULL);
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_int_equal(ledger.idle_entries, 6);
	/* The device has seen the wish, and its interrupt comes when all is done: it has
	 * found nothing, and was not taken for that of one that has given up... */
	assert_int_equal(fake_vblk.nr_raised, 5);
	assert_false(fake_vblk.is_raised);
	assert_int_equal(fake_mmio.nr_accesses, 5);
	assert_int_equal(fake_mmio.nr_rung, 5);
	/* ...which the next one is. */
	assert_true(virtio_blk_interrupt(FAKE_VBLK_VECTOR));
	assert_int_equal(fake_mmio.nr_accesses, 6);
}

static void serve_as_time_passes(void)
{
	fake_vblk_let_time_pass();
	serve_before_idle();
}

static void an_answer_that_comes_soon_interrupts_nobody(void **state)
{
	struct process *p;

	(void)state;
	fake.time = serve_as_time_passes;
	fake_mmio.nr_accesses = fake_mmio.nr_rung = fake_vblk.nr_results = 0;
	p = spawn(fake_vblk_read_often, NULL);
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_int_equal(fake_vblk.nr_results, 1);
	assert_int_equal(fake_vblk.nr_raised, 0);
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
	fake_vblk_idle();
}

static void read_and_note(unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		looked_from = fake.tsc;
		assert_int_equal(block_read(fake_vblk.device, 0, FAKE_VBLK_MEMORY, 512), 0);
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
	fake_vblk.nr_raised = 0;
	read_and_note(64);
	assert_int_equal(fake_vblk.nr_raised, 64);
	read_and_note(100);
	assert_int_equal(fake_vblk.nr_raised, 64);
	assert_int_equal(nr_vain, 9 + 10);
	fake_vblk.nr_results++;
}

static void a_slow_disk_is_not_looked_for_each_time(void **state)
{
	(void)state;
	fake.idle = note_vain_looks;
	nr_vain = 0;
	fake_vblk_run(read_from_the_slow_then_the_quick, 1);
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
	spawn(fake_vblk_read_often, NULL);
	fake.idle = stop_here;
	assert_string_equal(run_processes(), "the CPU waits");
	assert_in_range(fake.tsc - start, 500, 600);
}

static void serve_perhaps(void)
{
	if (!fake_random_below(3))
		vblk_serve(&fake_vblk.blk);
}

static void serve_perhaps_as_time_passes(void)
{
	fake_vblk_let_time_pass();
	if (!fake_random_below(1000))
		vblk_serve(&fake_vblk.blk);
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
	if (fake_vblk.is_raised) {
		fake_vblk.is_raised = false;
		virtio_blk_interrupt(FAKE_VBLK_VECTOR);
	}
}

static void read_at_random_moments(void *arg)
{
	unsigned n = (unsigned)(uintptr_t)arg;

	for (unsigned i = 0; i < 100; i++) {
		compute_a_little();
		assert_int_equal(block_read(fake_vblk.device, fake_random_below(FAKE_VBLK_SECTORS - 8),
					    FAKE_VBLK_MEMORY + n * 4096, 4096), 0);
	}
	fake_vblk.nr_results++;
}

/* The device answers, or does not, at every moment that can matter; a wake-up that is
 * lost leaves somebody who has waited in vain when the CPU idles for good. */
static void no_answer_is_lost_whenever_it_comes(void **state)
{
	(void)state;
	fake_random_start();
	for (unsigned nr = 1; nr <= 12; nr++) {
		fake_vblk_start_again((struct disk_spec){ 0 });
		write_register = fake.mmio_write;
		fake.mmio_write = ring_perhaps;
		fake.barrier = serve_perhaps;
		fake.time = serve_perhaps_as_time_passes;
		fake_vblk_run(read_at_random_moments, nr);
		assert_int_equal(fake_vblk.blk.counters.nr_requests, nr * 100);
		assert_int_equal(fake_vblk.blk.nr_in_flight, 0);
	}
}

static void wait_for_the_last(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 70000; i++)
		assert_int_equal(block_read(fake_vblk.device, 0, FAKE_VBLK_MEMORY, 512), 0);
	fake.mmio_write = write_register;
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(block_read(fake_vblk.device, 0, FAKE_VBLK_MEMORY, 512), 0);
	fake_vblk.nr_results++;
}

static void indices_that_come_round_lose_nothing(void **state)
{
	(void)state;
	answer_at_doorbells();
	fake_vblk_run(wait_for_the_last, 1);
	assert_in_range(fake_vblk.nr_raised, 5, 6);
}

static void by_the_logical_clock_everybody_waits_however_quick_it_is(void **state)
{
	struct process *p;

	(void)state;
	logical_init(1000000);
	answer_at_doorbells();
	fake.barrier = serve_now;
	fake_vblk.nr_results = 0;
	p = spawn(fake_vblk_read_often, NULL);
	assert_string_equal(run_processes(), FAKE_IDLE);
	assert_int_equal(fake_vblk.nr_results, 1);
	assert_int_equal(fake_vblk.nr_raised, 20);
	assert_int_equal(p->record->switches_voluntary, 21); /* its end is one */
	assert_int_equal(ledger.idle_entries, 21);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, fake_vblk_set_up, fake_vblk_tear_down)
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
