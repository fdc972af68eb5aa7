/* SPDX-License-Identifier: MIT */
/*
 * The kernel's driver of the virtio console against the VMM's device, in one
 * process: memory is the fake machine's, an access to a register is a call, and
 * the device is served while the CPU waits.
 */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_mmio.h"
#include "tests/unit/fake/fake_process.h"
#include "tests/unit/fake/fake_space.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <lde/layout.h>

#include "guest/core/wait.h"
#include "guest/dev/tty.h"
#include "guest/dev/virtio_console.h"
#include "vmm/dev/virtio_console.h"

#define VECTOR 0x32
#define BUFFER MIB /* nobody's: below what is managed */

static struct vcon vcon;
static struct vconsole host;
static struct guestmem mem;
static int out[2], err[2];
static bool is_raised;

static void on_interrupt(void *ctx)
{
	(void)ctx;
	__atomic_store_n(&is_raised, true, __ATOMIC_RELEASE);
}

static void interrupt_driver(void)
{
	assert_true(virtio_console_interrupt(VECTOR));
	console_interrupt();
}

/* While the CPU waits: for the device, or, if that waits for the host, for a
 * test to have an idea. */
static void (*on_stuck)(void);

static void on_idle(void)
{
	vcon_serve(&vcon);
	for (unsigned i = 0; !__atomic_load_n(&is_raised, __ATOMIC_ACQUIRE); i++) {
		bool waits = vmmio_is_live(&vcon.mmio) && vcon.lines[LDE_STREAM_STDOUT].is_busy;

		if (!waits)
			fake_stop(FAKE_IDLE);
		assert_true(i < 5000);
		if (on_stuck)
			on_stuck();
		poll(NULL, 0, 1);
	}
	__atomic_store_n(&is_raised, false, __ATOMIC_RELEASE);
	interrupt_driver();
}

static void ignore_signal(uint32_t group, int sig)
{
	(void)group;
	(void)sig;
}

static const struct tty_job_ops job_ops = { .signal = ignore_signal };

static void ignore_doorbell(uint16_t port, void *request)
{
	(void)port;
	(void)request;
}

static void make_device(bool has_terminal, int out_fd)
{
	const struct vcon_config config = {
		.mem = &mem, .has_terminal = has_terminal, .interrupt = on_interrupt };
	const struct vconsole_config streams = {
		.mem = &mem,
		.front = &vcon.front,
		.fds = { -1, out_fd, err[1], -1, -1 },
		.interrupt = on_interrupt,
	};

	assert_int_equal(vcon_init(&vcon, &config), 0);
	vconsole_init(&host, &streams);
	vcon_set_console(&vcon, &host);
	vcon.is_served_by_caller = true; /* but for what has to wait */
}

/* The kernel and the device anew. tty: whether the two have a terminal. */
static const char *boot(bool guest_tty, bool host_tty, int out_fd)
{
	const struct virtio_node node = { LDE_VIRTIO_GPA, VECTOR };
	const struct console_info info = { .mode = { 0100644, 0100644, 0100644 },
					   .tty = guest_tty };

	fake_boot(4096);
	fake_processes_init(64, true);
	fake_mmio_connect(&vcon.mmio);
	fake.idle = on_idle;
	fake.doorbell = ignore_doorbell;
	mem = (struct guestmem){ (uint8_t *)fake_memory, FAKE_MEMORY_END };
	is_raised = false;
	on_stuck = NULL;
	make_device(host_tty, out_fd);
	console_init(&info);
	tty_init(&job_ops);
	return virtio_console_init(&node);
}

static void end_device(void)
{
	vconsole_fini(&host, true);
	vcon_fini(&vcon);
}

static int set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	if (pipe(out) || pipe(err))
		return -1;
	assert_null(boot(false, false, out[1]));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	end_device();
	for (int i = 0; i < 2; i++) {
		close(out[i]);
		close(err[i]);
	}
	return 0;
}

static void boot_again(bool guest_tty, bool host_tty, int out_fd)
{
	end_device();
	assert_null(boot(guest_tty, host_tty, out_fd));
}

/* ---- the start ------------------------------------------------------------- */

static void ports_are_opened_before_the_first_process(void **state)
{
	(void)state;
	assert_int_equal(vcon.space.max_nr_ports, 2);
	assert_true(vcon.is_ready[0] && vcon.is_ready[1]);
	/* Each is an exit; those of the queues are ten each. */
	assert_in_range(fake_mmio.nr_accesses, 50, 90);
	boot_again(true, true, out[1]);
	assert_true(vcon.is_ready[2]);
	assert_in_range(fake_mmio.nr_accesses, 70, 110);
	assert_false(virtio_console_interrupt(VECTOR + 1));
}

static void a_device_with_too_few_ports_is_refused(void **state)
{
	(void)state;
	end_device();
	assert_string_equal(boot(true, false, out[1]), "it has too few ports");
}

/* ---- output ------------------------------------------------------------------ */

static int64_t results[64];

/* What process n writes, and where. */
struct written {
	unsigned stream, nr_pieces;
	uint64_t piece_len, stride;
};
static struct written written;

static void fill_user(struct space *space, unsigned nr_pages)
{
	for (unsigned i = 0; i < nr_pages * 4096; i++)
		assert_true(poke(space, AT(0) + i, (uint8_t)('a' + i / 64 % 26)));
}

static void write_pieces(void *arg)
{
	struct user_piece pieces[128];
	unsigned n = (unsigned)(uintptr_t)arg;

	for (unsigned i = 0; i < written.nr_pieces; i++)
		pieces[i] = (struct user_piece){ AT(0) + i * written.stride, written.piece_len };
	results[n] = console_write(written.stream, pieces, written.nr_pieces);
}

static struct process *spawn_with_memory(void (*body)(void *), unsigned n, unsigned nr_pages)
{
	struct process *p = spawn(body, (void *)(uintptr_t)n);

	p->space = space_create();
	assert_non_null(p->space);
	assert_int_equal(map_anon(p->space, AT(0), nr_pages, PROT_RW), 0);
	fill_user(p->space, nr_pages);
	return p;
}

static void expect_bytes(int fd, const char *expected, size_t len)
{
	char got[65536];
	size_t nr = 0;

	while (nr < len) {
		ssize_t more = read(fd, got + nr, len - nr);
		assert_true(more > 0);
		nr += (size_t)more;
	}
	assert_memory_equal(got, expected, len);
}

static void a_write_is_one_doorbell_and_no_exit(void **state)
{
	unsigned accesses = fake_mmio.nr_accesses, rung = fake_mmio.nr_rung;

	(void)state;
	written = (struct written){ LDE_STREAM_STDOUT, 1, 64, 0 };
	spawn_with_memory(write_pieces, 0, 1);
	run_processes();
	assert_int_equal(results[0], 64);
	assert_int_equal(fake_mmio.nr_rung, rung + 1);
	assert_int_equal(fake_mmio.nr_accesses, accesses + 1);
	expect_bytes(out[0], "aaaaaaaaaaaaaaaa", 16);
}

static void write_both_streams(void *arg)
{
	struct user_piece piece = { AT(0), 1 };

	(void)arg;
	for (unsigned i = 0; i < 26; i++, piece.start += 64)
		results[i] = console_write(i % 3 ? LDE_STREAM_STDOUT : LDE_STREAM_STDERR, &piece, 1);
}

static void streams_of_a_process_keep_their_order(void **state)
{
	(void)state;
	assert_true(dup2(out[1], err[1]) >= 0); /* as 2>&1 */
	boot_again(false, false, out[1]);
	spawn_with_memory(write_both_streams, 0, 1);
	run_processes();
	expect_bytes(out[0], "abcdefghijklmnopqrstuvwxyz", 26);
}

static void more_pieces_than_a_queue_holds_are_all_written(void **state)
{
	char expected[100];

	(void)state;
	written = (struct written){ LDE_STREAM_STDERR, 100, 1, 64 };
	spawn_with_memory(write_pieces, 0, 2);
	run_processes();
	assert_int_equal(results[0], 100);
	assert_int_equal(vcon.counters.nr_writes, 2);
	for (unsigned i = 0; i < 100; i++)
		expected[i] = (char)('a' + i % 26);
	expect_bytes(err[0], expected, 100);
}

static void a_failed_write_is_the_programs_error(void **state)
{
	int full = open("/dev/full", O_WRONLY);

	(void)state;
	assert_true(full >= 0);
	boot_again(false, false, full);
	written = (struct written){ LDE_STREAM_STDOUT, 1, 10, 0 };
	spawn_with_memory(write_pieces, 0, 1);
	spawn_with_memory(write_pieces, 1, 1);
	run_processes();
	assert_int_equal(results[0], -ENOSPC);
	assert_int_equal(results[1], -ENOSPC);
	close(full);
	/* And then one that succeeds. */
	close(err[0]);
	written.stream = LDE_STREAM_STDERR;
	boot_again(false, false, out[1]);
	spawn_with_memory(write_pieces, 0, 1);
	run_processes();
	assert_int_equal(results[0], -EPIPE);
	err[0] = -1;
	written.stream = LDE_STREAM_STDOUT;
	spawn_with_memory(write_pieces, 0, 1);
	run_processes();
	assert_int_equal(results[0], 10);
}

static void drain_out(void)
{
	char got[4096];

	assert_true(read(out[0], got, sizeof(got)) > 0);
}

static void compute(void *arg)
{
	(void)arg;
	fake_compute(3 * QUANTUM);
	journal_note('c');
}

static void write_and_note(void *arg)
{
	write_pieces(arg);
	journal_note('w');
}

static void a_slow_reader_blocks_the_writer_only(void **state)
{
	(void)state;
	journal_clear();
	written = (struct written){ LDE_STREAM_STDOUT, 1, 300000, 0 };
	spawn_with_memory(write_and_note, 0, 80);
	spawn(compute, NULL);
	on_stuck = drain_out;
	run_processes();
	assert_int_equal(results[0], 300000);
	assert_string_equal(journal(), "cw");
}

static void write_in_turn(void *arg)
{
	for (unsigned i = 0; i < 5; i++) {
		write_pieces(arg);
		journal_note((char)('a' + (unsigned)(uintptr_t)arg));
	}
}

static void writers_take_turns(void **state)
{
	(void)state;
	journal_clear();
	written = (struct written){ LDE_STREAM_STDOUT, 1, 10, 0 };
	for (unsigned i = 0; i < 3; i++)
		spawn_with_memory(write_in_turn, i, 1);
	run_processes();
	assert_string_equal(journal(), "abcabcabcabcabc");
}

static struct process *stopped;

static void write_and_continue(void *arg)
{
	write_and_note(arg);
	process_continue(stopped);
}

static void stop_another(void *arg)
{
	(void)arg;
	wait_stop(stopped);
}

static void who_is_stopped_in_the_queue_may_find_nobody_there(void **state)
{
	(void)state;
	journal_clear();
	written = (struct written){ LDE_STREAM_STDOUT, 1, 100, 0 };
	spawn_with_memory(write_and_continue, 0, 1);
	stopped = spawn_with_memory(write_and_note, 1, 1);
	spawn(stop_another, NULL);
	run_processes();
	assert_string_equal(journal(), "ww");
	assert_int_equal(results[1], 100);
	/* The stream is free again. */
	spawn_with_memory(write_and_note, 2, 1);
	run_processes();
	assert_int_equal(results[2], 100);
}

static struct process *writer;

/* As another process that cuts a file of which the writer has that mapped, and then
 * has the first pages that are free. */
static void take_pages_of(vaddr_t start, uint64_t nr_pages)
{
	paddr_t mine[32];

	assert_int_equal(space_unmap(writer->space, start, PAGES(nr_pages)), 0);
	for (unsigned i = 0; i < 32; i++) {
		mine[i] = page_alloc();
		assert_true(mine[i]);
		memset(direct_map(mine[i]), 'S', PAGE_SIZE);
	}
	for (unsigned i = 0; i < 32; i++)
		page_put(mine[i]);
}

static void take_two_pages(void *arg)
{
	(void)arg;
	take_pages_of(AT(0), 2);
	journal_note('t');
}

static void pages_of_a_write_in_flight_are_nobody_elses(void **state)
{
	char expected[3 * 1500];

	(void)state;
	journal_clear();
	/* The first page has all of two pieces; the third goes on in the second. */
	written = (struct written){ LDE_STREAM_STDOUT, 3, 1500, 1600 };
	for (unsigned i = 0; i < 3; i++)
		for (unsigned j = 0; j < 1500; j++)
			expected[i * 1500 + j] = (char)('a' + (i * 1600 + j) / 64 % 26);
	writer = spawn_with_memory(write_and_note, 0, 2);
	spawn(take_two_pages, NULL);
	run_processes();
	assert_string_equal(journal(), "tw");
	assert_int_equal(results[0], sizeof(expected));
	expect_bytes(out[0], expected, sizeof(expected));
	assert_false(page_is_any_pinned());
}

static void take_first_page(void)
{
	take_pages_of(AT(0), 1);
}

static void a_page_that_has_to_be_waited_for_begins_a_request(void **state)
{
	static struct fake_file file;
	char expected[2 * 4096];

	(void)state;
	fake_file_init(&file, BUFFER, 4096);
	fake_file_take_away(&file);
	file.meanwhile = take_first_page;
	written = (struct written){ LDE_STREAM_STDOUT, 1, sizeof(expected), 0 };
	writer = spawn_with_memory(write_pieces, 0, 1);
	assert_int_equal(map_file(writer->space, &file, AT(1), 1, PROT_R, 0, 0), 0);
	for (unsigned i = 0; i < 4096; i++) {
		expected[i] = (char)('a' + i / 64 % 26);
		expected[4096 + i] = (char)fake_file_byte(i);
	}
	run_processes();
	assert_int_equal(file.nr_brought, 1);
	assert_int_equal(results[0], sizeof(expected));
	expect_bytes(out[0], expected, sizeof(expected));
	assert_int_equal(vcon.counters.nr_writes, 2);
}

/* ---- input -------------------------------------------------------------------- */

static void type(const char *text)
{
	struct iovec room = keyboard_room(&host.keyboard);

	memcpy(room.iov_base, text, strlen(text));
	keyboard_add(&host.keyboard, strlen(text), 0);
}

static void what_is_typed_comes_by_the_interrupt(void **state)
{
	const struct lde_console_seg seg = { BUFFER, 4096 };
	unsigned accesses;
	int64_t len;

	(void)state;
	boot_again(true, true, out[1]);
	accesses = fake_mmio.nr_accesses;
	type("hello\n");
	assert_true(console_begin(LDE_STREAM_TERMINAL_IN, &seg, 1));
	assert_false(console_finish(LDE_STREAM_TERMINAL_IN, &len));
	assert_int_equal(fake_mmio.nr_accesses, accesses + 1);
	vcon_serve(&vcon);
	assert_true(is_raised);
	interrupt_driver();
	assert_true(console_finish(LDE_STREAM_TERMINAL_IN, &len));
	assert_int_equal(len, 6);
	assert_memory_equal(direct_map(BUFFER), "hello\n", 6);
}

static void the_end_and_errors_of_input_are_told(void **state)
{
	const struct lde_console_seg seg = { BUFFER, 4096 };
	int64_t len;

	(void)state;
	boot_again(true, true, out[1]);
	assert_true(console_begin(LDE_STREAM_TERMINAL_IN, &seg, 1));
	vcon_serve(&vcon); /* there is no terminal */
	interrupt_driver();
	assert_true(console_finish(LDE_STREAM_TERMINAL_IN, &len));
	assert_int_equal(len, -EBADF);
	host.keyboard.has_ended = true;
	assert_true(console_begin(LDE_STREAM_TERMINAL_IN, &seg, 1));
	vcon_serve(&vcon);
	interrupt_driver();
	assert_true(console_finish(LDE_STREAM_TERMINAL_IN, &len));
	assert_int_equal(len, 0);
}

static void the_window_has_the_size_that_it_is_given(void **state)
{
	struct winsize size;

	(void)state;
	boot_again(true, true, out[1]);
	for (uint32_t i = 0; i < 40; i++) { /* more than there are buffers */
		vcon_resize(&vcon, 24 + i, 80);
		vcon_serve(&vcon);
		interrupt_driver();
		tty_get_size(&size);
		assert_int_equal(size.ws_row, 24 + i);
		assert_int_equal(size.ws_col, 80);
	}
}

/* ---- a device that breaks off --------------------------------------------------- */

static void break_device(void)
{
	pthread_mutex_lock(&vcon.mmio.lock);
	vmmio_need_reset(&vcon.mmio, "a test");
	pthread_mutex_unlock(&vcon.mmio.lock);
}

static void everybody_gets_an_error_when_the_device_gives_up(void **state)
{
	(void)state;
	written = (struct written){ LDE_STREAM_STDOUT, 1, 300000, 0 };
	for (unsigned i = 0; i < 3; i++)
		spawn_with_memory(write_pieces, i, 80);
	on_stuck = break_device;
	run_processes();
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(results[i], -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		T(ports_are_opened_before_the_first_process),
		T(a_device_with_too_few_ports_is_refused),
		T(a_write_is_one_doorbell_and_no_exit),
		T(streams_of_a_process_keep_their_order),
		T(more_pieces_than_a_queue_holds_are_all_written),
		T(a_failed_write_is_the_programs_error),
		T(a_slow_reader_blocks_the_writer_only),
		T(writers_take_turns),
		T(who_is_stopped_in_the_queue_may_find_nobody_there),
		T(pages_of_a_write_in_flight_are_nobody_elses),
		T(a_page_that_has_to_be_waited_for_begins_a_request),
		T(what_is_typed_comes_by_the_interrupt),
		T(the_end_and_errors_of_input_are_told),
		T(the_window_has_the_size_that_it_is_given),
		T(everybody_gets_an_error_when_the_device_gives_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
