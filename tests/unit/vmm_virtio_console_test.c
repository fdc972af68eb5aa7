/* SPDX-License-Identifier: MIT */
/*
 * The console device of virtio, against a driver that says each word by itself,
 * and with pipes and files for the host's side. What the kernel's driver makes of
 * it: kernel_virtio_console_test.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/fuzz/virtio/virtio_input.h"
#include "tests/unit/console/host_side.h"
#include "vmm/dev/virtio_console.h"

#define MEMORY_BYTES (4u << 20)
#define QUEUE_SIZE   16
#define QUEUES_GPA   0x1000 /* a page for each */
#define MESSAGES_GPA 0x10000
#define DATA_GPA     0x100000
#define AVAIL        0x400
#define USED         0x800

#define NEXT  VRING_DESC_F_NEXT
#define WRITE VRING_DESC_F_WRITE

enum { RX0, TX0, TO_DRIVER, FROM_DRIVER, RX1, TX1, RX2, TX2 };

#define F(bit) (1ull << (bit))
#define F_PORTS (F(VIRTIO_F_VERSION_1) | F(VIRTIO_CONSOLE_F_SIZE) | F(VIRTIO_CONSOLE_F_MULTIPORT))

static struct vcon vcon;
static struct vconsole console;
static uint16_t seen[VCON_QUEUES]; /* of the used rings */

static void open_device(bool has_terminal)
{
	const struct vcon_config config = {
		.mem = &mem, .has_terminal = has_terminal, .interrupt = on_interrupt};
	const struct vconsole_config streams = {
		.mem = &mem,
		.front = &vcon.front,
		.fds = {host[IN], host[OUT], host[ERR], -1, -1},
		.interrupt = on_interrupt,
	};

	assert_int_equal(vcon_init(&vcon, &config), 0);
	vconsole_init(&console, &streams);
	vcon_set_console(&vcon, &console);
}

static void close_device(void)
{
	vconsole_fini(&console, true);
	vcon_fini(&vcon);
}

static int set_up(void **state)
{
	(void)state;
	if (host_open(MEMORY_BYTES, EFD_NONBLOCK))
		return -1;
	open_device(false);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close_device();
	host_close();
	return 0;
}

static void use_path(int stream, const char *path)
{
	close_device();
	close_end(&host[stream]);
	host[stream] = path ? open(path, stream ? O_WRONLY : O_RDONLY) : -1;
	assert_true(!path || host[stream] >= 0);
	open_device(false);
}

/* ---- a driver --------------------------------------------------------- */

static uint32_t get(uint32_t reg)
{
	return (uint32_t)vmmio_read(&vcon.mmio, reg, 4);
}

static void set(uint32_t reg, uint32_t value)
{
	vmmio_write(&vcon.mmio, reg, 4, value);
}

static uint32_t queue_gpa(unsigned int queue)
{
	return QUEUES_GPA * (queue + 1);
}

static void set_queue(unsigned int queue)
{
	set(VIRTIO_MMIO_QUEUE_SEL, queue);
	set(VIRTIO_MMIO_QUEUE_NUM, QUEUE_SIZE);
	set(VIRTIO_MMIO_QUEUE_DESC_LOW, queue_gpa(queue));
	set(VIRTIO_MMIO_QUEUE_AVAIL_LOW, queue_gpa(queue) + AVAIL);
	set(VIRTIO_MMIO_QUEUE_USED_LOW, queue_gpa(queue) + USED);
	set(VIRTIO_MMIO_QUEUE_READY, 1);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 1);
}

static void start(uint64_t features, unsigned int nr_queues)
{
	memset(mem.base, 0, DATA_GPA);
	memset(seen, 0, sizeof(seen));
	set(VIRTIO_MMIO_STATUS, 0);
	set(VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	for (uint32_t half = 0; half < 2; half++) {
		set(VIRTIO_MMIO_DRIVER_FEATURES_SEL, half);
		set(VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(features >> 32 * half));
	}
	set(VIRTIO_MMIO_STATUS, 0xb);
	for (unsigned int i = 0; i < nr_queues; i++)
		set_queue(i);
	set(VIRTIO_MMIO_STATUS, 0xf);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 0xf);
}

static void set_desc(unsigned int queue, unsigned int i, uint64_t addr, uint32_t len,
		     uint16_t flags, uint16_t next)
{
	struct vring_desc *desc = guestmem_at(&mem, gpa_of(queue_gpa(queue)), 4096);

	desc[i] = (struct vring_desc){addr, len, flags, next};
}

/* Makes the chain available and rings. */
static void offer(unsigned int queue, uint16_t head)
{
	struct vring_avail *avail = guestmem_at(&mem, gpa_of(queue_gpa(queue) + AVAIL), 64);

	avail->ring[avail->idx % QUEUE_SIZE] = head;
	__atomic_store_n(&avail->idx, (uint16_t)(avail->idx + 1), __ATOMIC_SEQ_CST);
	set(VIRTIO_MMIO_QUEUE_NOTIFY, queue);
}

static struct vring_used *used(unsigned int queue)
{
	return guestmem_at(&mem, gpa_of(queue_gpa(queue) + USED), 256);
}

static bool has_used(unsigned int queue)
{
	return __atomic_load_n(&used(queue)->idx, __ATOMIC_ACQUIRE) != seen[queue];
}

/* Waits for the next used entry of the queue. */
static struct vring_used_elem take_used(unsigned int queue)
{
	struct pollfd pollfd = {.fd = interrupts, .events = POLLIN};
	uint64_t count;

	while (!has_used(queue)) {
		assert_int_equal(poll(&pollfd, 1, WAIT_MS), 1);
		assert_int_equal(read(interrupts, &count, sizeof(count)), sizeof(count));
	}
	return used(queue)->ring[seen[queue]++ % QUEUE_SIZE];
}

static char *data(void)
{
	return guestmem_at(&mem, gpa_of(DATA_GPA), MEMORY_BYTES - DATA_GPA);
}

static void send_text(unsigned int queue, uint16_t i, const char *text)
{
	const uint32_t offset = (queue * QUEUE_SIZE + i) * 256;

	strcpy(data() + offset, text);
	set_desc(queue, i, DATA_GPA + offset, (uint32_t)strlen(text), 0, 0);
	offer(queue, i);
}

/* ---- control ----------------------------------------------------------- */

static void offer_message(uint16_t i)
{
	set_desc(TO_DRIVER, i, MESSAGES_GPA + i * 64u, 64, WRITE, 0);
	offer(TO_DRIVER, i);
}

static void say(uint32_t port, uint16_t event, uint16_t value)
{
	struct virtio_console_control *said = guestmem_at(&mem, gpa_of(MESSAGES_GPA + 0x1000), 64);

	*said = (struct virtio_console_control){port, event, value};
	set_desc(FROM_DRIVER, 0, MESSAGES_GPA + 0x1000, sizeof(*said), 0, 0);
	offer(FROM_DRIVER, 0);
	assert_int_equal(take_used(FROM_DRIVER).len, 0);
}

/* The next message; its place is offered again. */
static const void *hear(uint32_t *len)
{
	static char message[64];
	struct vring_used_elem elem = take_used(TO_DRIVER);

	assert_in_range(elem.id, 0, QUEUE_SIZE - 1);
	assert_in_range(elem.len, 8, 64);
	memcpy(message, guestmem_at(&mem, gpa_of(MESSAGES_GPA + elem.id * 64), 64), 64);
	if (len)
		*len = elem.len;
	offer_message((uint16_t)elem.id);
	return message;
}

static void expect_event(uint32_t port, uint16_t event, uint16_t value)
{
	const struct virtio_console_control *control = hear(NULL);

	assert_int_equal(control->id, port);
	assert_int_equal(control->event, event);
	assert_int_equal(control->value, value);
}

static void expect_name(uint32_t port, const char *name)
{
	uint32_t len;
	const struct virtio_console_control *control = hear(&len);

	assert_int_equal(control->id, port);
	assert_int_equal(control->event, VIRTIO_CONSOLE_PORT_NAME);
	assert_int_equal(len, sizeof(*control) + strlen(name));
	assert_memory_equal(control + 1, name, strlen(name));
}

static void expect_result(uint32_t port, bool is_in, int64_t result)
{
	uint32_t len;
	const struct lde_virtio_console_result *message = hear(&len);

	assert_int_equal(len, sizeof(*message));
	assert_int_equal(message->port, port);
	assert_int_equal(message->event, LDE_VIRTIO_CONSOLE_RESULT);
	assert_int_equal(message->is_input, is_in);
	assert_int_equal(message->result, result);
}

static void expect_size(uint32_t port, uint16_t rows, uint16_t columns)
{
	uint32_t len;
	const struct virtio_console_control *control = hear(&len);
	const uint16_t size[2] = {columns, rows};

	assert_int_equal(control->id, port);
	assert_int_equal(control->event, VIRTIO_CONSOLE_RESIZE);
	assert_int_equal(len, sizeof(*control) + sizeof(size));
	assert_memory_equal(control + 1, size, sizeof(size));
}

/* With nr buffers for messages. */
static void start_ports(uint16_t nr)
{
	start(F_PORTS, 6);
	for (uint16_t i = 0; i < nr; i++)
		offer_message(i);
	say(0, VIRTIO_CONSOLE_DEVICE_READY, 1);
	expect_event(0, VIRTIO_CONSOLE_PORT_ADD, 1);
	expect_event(1, VIRTIO_CONSOLE_PORT_ADD, 1);
	say(0, VIRTIO_CONSOLE_PORT_READY, 1);
	expect_event(0, VIRTIO_CONSOLE_CONSOLE_PORT, 1);
	expect_name(0, "stdio");
	expect_event(0, VIRTIO_CONSOLE_PORT_OPEN, 1);
	say(1, VIRTIO_CONSOLE_PORT_READY, 1);
	expect_name(1, "stderr");
	expect_event(1, VIRTIO_CONSOLE_PORT_OPEN, 1);
}

/* ---- what it is -------------------------------------------------------- */

static unsigned int nr_queues(void)
{
	unsigned int nr = 0;

	do
		set(VIRTIO_MMIO_QUEUE_SEL, nr);
	while (get(VIRTIO_MMIO_QUEUE_NUM_MAX) && ++nr);
	return nr;
}

static void the_device_says_what_it_is(void **state)
{
	(void)state;
	assert_int_equal(get(VIRTIO_MMIO_DEVICE_ID), 3);
	assert_int_equal(get(VIRTIO_MMIO_DEVICE_FEATURES) & 7, 7);
	assert_int_equal(nr_queues(), 6);
	assert_int_equal(get(VIRTIO_MMIO_CONFIG + 4), 2);
	close_device();
	open_device(true);
	assert_int_equal(nr_queues(), 8);
	assert_int_equal(get(VIRTIO_MMIO_CONFIG + 4), 3);
}

static void ports_are_announced_when_there_is_room(void **state)
{
	(void)state;
	start_ports(8);
	start_ports(1);
	/* What makes no sense is passed over. */
	say(2, VIRTIO_CONSOLE_PORT_READY, 1);
	say(UINT32_MAX, VIRTIO_CONSOLE_PORT_READY, 1);
	say(0, VIRTIO_CONSOLE_PORT_READY, 0);
	say(0, 77, 1);
	say(0, VIRTIO_CONSOLE_DEVICE_READY, 0);
	set_desc(FROM_DRIVER, 0, MESSAGES_GPA, 7, 0, 0);
	offer(FROM_DRIVER, 0);
	take_used(FROM_DRIVER);
	assert_false(has_used(TO_DRIVER));
}

static void messages_are_cut_to_their_buffers(void **state)
{
	(void)state;
	start(F_PORTS, 6);
	set_desc(TO_DRIVER, 0, MESSAGES_GPA, 5, WRITE, 0);
	set_desc(TO_DRIVER, 1, MESSAGES_GPA + 64, 3, NEXT | WRITE, 2);
	set_desc(TO_DRIVER, 2, MESSAGES_GPA + 128, 100, WRITE, 0);
	offer(TO_DRIVER, 0);
	offer(TO_DRIVER, 1);
	say(0, VIRTIO_CONSOLE_DEVICE_READY, 1);
	assert_int_equal(take_used(TO_DRIVER).len, 5);
	assert_int_equal(take_used(TO_DRIVER).len, 8);
	assert_int_equal(*(uint8_t *)guestmem_at(&mem, gpa_of(MESSAGES_GPA + 64), 1), 1);
	assert_int_equal(*(uint8_t *)guestmem_at(&mem, gpa_of(MESSAGES_GPA + 129), 1), 1);
}

static void a_driver_of_one_port_has_standard_input_and_output(void **state)
{
	(void)state;
	start(F(VIRTIO_F_VERSION_1), 2);
	send_text(TX0, 0, "hello\n");
	assert_int_equal(take_used(TX0).len, 0);
	expect_output(OUT, "hello\n");
	set_desc(RX0, 3, DATA_GPA + 4096, 100, WRITE, 0);
	offer(RX0, 3);
	assert_int_equal(write(remote[IN], "typed", 5), 5);
	struct vring_used_elem elem = take_used(RX0);
	assert_int_equal(elem.id, 3);
	assert_int_equal(elem.len, 5);
	assert_memory_equal(data() + 4096, "typed", 5);
}

/* ---- output ------------------------------------------------------------- */

static void output_keeps_its_order_and_its_streams(void **state)
{
	char text[16];

	(void)state;
	start_ports(8);
	for (uint16_t i = 0; i < QUEUE_SIZE; i++) {
		snprintf(text, sizeof(text), "%02d ", i);
		send_text(TX0, i, text);
		send_text(TX1, i, i % 2 ? "odd " : "even ");
	}
	for (uint16_t i = 0; i < QUEUE_SIZE; i++) {
		assert_int_equal(take_used(TX0).id, i);
		assert_int_equal(take_used(TX1).id, i);
	}
	expect_output(OUT, "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 ");
	expect_output(ERR, "even odd even odd even odd even odd ");
	assert_int_equal(vcon.counters.nr_writes, 2 * QUEUE_SIZE);
	assert_int_equal(vcon.counters.nr_failed, 0);
}

static void a_chain_is_written_in_its_order(void **state)
{
	(void)state;
	start_ports(8);
	strcpy(data(), "abcdef");
	set_desc(TX0, 0, DATA_GPA + 4, 2, NEXT, 5);
	set_desc(TX0, 5, DATA_GPA, 0, NEXT, 2);
	set_desc(TX0, 2, DATA_GPA, 4, NEXT, 3);
	set_desc(TX0, 3, DATA_GPA, 100, WRITE, 0); /* not for output */
	offer(TX0, 0);
	assert_int_equal(take_used(TX0).id, 0);
	expect_output(OUT, "efabcd");
}

static void a_slow_reader_is_waited_for(void **state)
{
	char got[65536];
	size_t len = 0;

	(void)state;
	start_ports(8);
	memset(data(), 'x', 1 << 20);
	set_desc(TX0, 0, DATA_GPA, 1 << 20, 0, 0);
	offer(TX0, 0);
	send_text(TX1, 1, "meanwhile");
	expect_output(ERR, "meanwhile");
	take_used(TX1);
	assert_false(has_used(TX0));
	while (len < 1 << 20) {
		ssize_t more = read(remote[OUT], got, sizeof(got));
		assert_true(more > 0);
		len += (size_t)more;
	}
	assert_int_equal(take_used(TX0).id, 0);
}

static void a_failed_write_is_told_before_its_buffer_is_used(void **state)
{
	(void)state;
	use_path(OUT, "/dev/full");
	start_ports(8);
	send_text(TX0, 0, "lost");
	take_used(TX0);
	assert_true(has_used(TO_DRIVER));
	expect_result(LDE_VIRTIO_PORT_STDIO, false, -ENOSPC);
	close_end(&remote[ERR]);
	send_text(TX1, 0, "lost");
	take_used(TX1);
	expect_result(LDE_VIRTIO_PORT_STDERR, false, -EPIPE);
	assert_int_equal(vcon.counters.nr_failed, 2);
}

static void what_was_written_before_an_error_is_told(void **state)
{
	char got[16];

	(void)state;
	start_ports(8);
	memset(data(), 'x', 1 << 20);
	set_desc(TX0, 0, DATA_GPA, 1 << 20, 0, 0);
	offer(TX0, 0);
	assert_int_equal(read(remote[OUT], got, sizeof(got)), sizeof(got));
	close_end(&remote[OUT]);
	take_used(TX0);
	const struct lde_virtio_console_result *message = hear(NULL);
	assert_int_equal(message->event, LDE_VIRTIO_CONSOLE_RESULT);
	assert_in_range(message->result, 4096, (1 << 20) - 1);
}

static void a_result_waits_for_a_buffer(void **state)
{
	(void)state;
	use_path(OUT, "/dev/full");
	start(F_PORTS, 6); /* without any */
	send_text(TX0, 0, "lost");
	send_text(TX0, 1, "lost, too");
	send_text(TX1, 0, "something else");
	take_used(TX1);
	vcon_serve(&vcon);
	assert_false(has_used(TX0));
	offer_message(0);
	expect_result(LDE_VIRTIO_PORT_STDIO, false, -ENOSPC);
	assert_int_equal(take_used(TX0).id, 0);
	expect_result(LDE_VIRTIO_PORT_STDIO, false, -ENOSPC);
	assert_int_equal(take_used(TX0).id, 1);
}

static void a_driver_of_one_port_loses_what_fails(void **state)
{
	(void)state;
	use_path(OUT, "/dev/full");
	start(F(VIRTIO_F_VERSION_1), 6);
	send_text(TX0, 0, "lost");
	assert_int_equal(take_used(TX0).id, 0);
	assert_int_equal(vcon.counters.nr_failed, 1);
	send_text(TX1, 0, "nobody looks here");
	vcon_serve(&vcon);
	assert_false(has_used(TX1));
}

static void what_was_written_last_goes_out_at_the_end(void **state)
{
	(void)state;
	vcon.is_served_by_caller = true; /* nobody has looked yet */
	start(F_PORTS, 6);
	send_text(TX0, 0, "last words");
	vcon_serve(&vcon);
	close_device();
	open_device(false);
	expect_output(OUT, "last words");
}

/* ---- input -------------------------------------------------------------- */

static void offer_input(uint16_t i, uint32_t len)
{
	set_desc(RX0, i, DATA_GPA + i * 256u, len, WRITE, 0);
	offer(RX0, i);
}

static void input_fills_one_buffer_after_the_other(void **state)
{
	(void)state;
	start_ports(8);
	assert_int_equal(write(remote[IN], "abcdefgh", 8), 8);
	offer_input(0, 3);
	offer_input(1, 3);
	offer_input(2, 3);
	offer_input(3, 3);
	for (uint16_t i = 0; i < 3; i++)
		assert_int_equal(take_used(RX0).len, i < 2 ? 3 : 2);
	assert_memory_equal(data() + 512, "gh", 2);
	assert_false(has_used(RX0));
	assert_int_equal(write(remote[IN], "i", 1), 1);
	assert_int_equal(take_used(RX0).len, 1);
	assert_memory_equal(data() + 768, "i", 1);
}

static void nothing_is_read_that_was_not_asked_for(void **state)
{
	struct pollfd pollfd = {.fd = host[IN], .events = POLLIN};

	(void)state;
	start_ports(8);
	assert_int_equal(write(remote[IN], "abc", 3), 3);
	send_text(TX0, 0, "x");
	take_used(TX0);
	assert_int_equal(poll(&pollfd, 1, 0), 1);
	offer_input(0, 2);
	take_used(RX0);
	assert_int_equal(poll(&pollfd, 1, 0), 1);
}

static void the_end_of_input_is_a_buffer_of_nothing(void **state)
{
	(void)state;
	start_ports(8);
	close_end(&remote[IN]);
	offer_input(0, 10);
	assert_int_equal(take_used(RX0).len, 0);
	offer_input(1, 10);
	assert_int_equal(take_used(RX0).len, 0);
	assert_false(has_used(TO_DRIVER));
}

static void input_that_fails_is_told(void **state)
{
	(void)state;
	use_path(IN, NULL);
	start_ports(8);
	offer_input(0, 10);
	assert_int_equal(take_used(RX0).len, 0);
	expect_result(LDE_VIRTIO_PORT_STDIO, true, -EBADF);
}

static void what_is_there_is_there_when_the_status_has_been_read(void **state)
{
	(void)state;
	vcon.is_served_by_caller = true; /* by nobody, but for the register */
	start(F_PORTS, 6);
	assert_int_equal(write(remote[IN], "abc", 3), 3);
	offer_input(0, 10);
	assert_false(has_used(RX0));
	assert_int_equal(get(VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_VRING);
	assert_true(has_used(RX0));
	assert_int_equal(take_used(RX0).len, 3);
	offer_input(1, 10);
	get(VIRTIO_MMIO_INTERRUPT_STATUS); /* waits for nothing */
	assert_false(has_used(RX0));
	assert_int_equal(write(remote[IN], "d", 1), 1);
	assert_int_equal(take_used(RX0).len, 1);
}

static void a_terminal_that_is_gone_is_told(void **state)
{
	(void)state;
	close_device();
	open_device(true);
	start(F_PORTS, 8);
	offer_message(0);
	set_desc(RX2, 0, DATA_GPA, 10, WRITE, 0);
	offer(RX2, 0);
	assert_int_equal(take_used(RX2).len, 0);
	expect_result(LDE_VIRTIO_PORT_TERMINAL, true, -EBADF);
	send_text(TX2, 0, "x");
	take_used(TX2);
	expect_result(LDE_VIRTIO_PORT_TERMINAL, false, -EBADF);
}

/* ---- the window, and in an emergency -------------------------------------- */

static void a_new_size_changes_the_configuration(void **state)
{
	(void)state;
	vcon_resize(&vcon, 24, 80);
	assert_int_equal(get(VIRTIO_MMIO_CONFIG), 24 << 16 | 80);
	start(F(VIRTIO_F_VERSION_1) | F(VIRTIO_CONSOLE_F_SIZE), 2);
	uint32_t generation = get(VIRTIO_MMIO_CONFIG_GENERATION);
	assert_int_equal(get(VIRTIO_MMIO_INTERRUPT_STATUS), 0);
	vcon_resize(&vcon, 50, 132);
	assert_int_equal(get(VIRTIO_MMIO_CONFIG), 50 << 16 | 132);
	assert_int_not_equal(get(VIRTIO_MMIO_CONFIG_GENERATION), generation);
	assert_int_equal(get(VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_CONFIG);
	/* Who does not want to know is not told. */
	start(F(VIRTIO_F_VERSION_1), 2);
	vcon_resize(&vcon, 1, 1);
	assert_int_equal(get(VIRTIO_MMIO_INTERRUPT_STATUS), 0);
}

static void a_driver_of_ports_gets_the_size_as_a_message(void **state)
{
	(void)state;
	start(F_PORTS, 6);
	offer_message(0);
	vcon_resize(&vcon, 24, 80); /* before it is ready for a port */
	say(0, VIRTIO_CONSOLE_PORT_READY, 1);
	expect_event(0, VIRTIO_CONSOLE_CONSOLE_PORT, 1);
	expect_size(0, 24, 80);
	expect_name(0, "stdio");
	expect_event(0, VIRTIO_CONSOLE_PORT_OPEN, 1);
	vcon_resize(&vcon, 50, 132);
	expect_size(0, 50, 132);
}

/* What is said on standard error meanwhile. */
static void expect_said(void (*act)(void), const char *text)
{
	char got[1024] = "";
	int before = dup(STDERR_FILENO), fds[2];

	assert_int_equal(pipe(fds), 0);
	dup2(fds[1], STDERR_FILENO);
	act();
	dup2(before, STDERR_FILENO);
	close(before);
	close(fds[1]);
	assert_true(read(fds[0], got, sizeof(got) - 1) >= 0);
	close(fds[0]);
	assert_string_equal(got, text);
}

static void write_urgently(void)
{
	for (const char *c = "no way\x1b on\n12"; *c; c++)
		set(VIRTIO_MMIO_CONFIG + 8, (uint8_t)*c);
	vmmio_write(&vcon.mmio, VIRTIO_MMIO_CONFIG + 8, 1, '3');
	set(VIRTIO_MMIO_CONFIG, 'x'); /* not there */
	set(VIRTIO_MMIO_CONFIG + 4, 'x');
	vmmio_write(&vcon.mmio, VIRTIO_MMIO_CONFIG + 8, 2, '\n');
}

static void an_emergency_needs_no_queue(void **state)
{
	(void)state;
	expect_said(write_urgently, "lde: the guest's kernel: no way? on\nlde: the guest's kernel: 123\n");
	assert_int_equal(get(VIRTIO_MMIO_CONFIG), 0);
}

/* ---- drivers that break the rules ------------------------------------------ */

static void broken_chains_need_a_reset(void **state)
{
	(void)state;
	for (unsigned int queue = 0; queue < 6; queue++) {
		if (queue == RX1)
			continue; /* nobody reads there */
		start(F_PORTS, 6);
		if (queue == TO_DRIVER)
			say(0, VIRTIO_CONSOLE_DEVICE_READY, 1);
		set_desc(queue, 0, MEMORY_BYTES - 8, 16, queue == TO_DRIVER ? WRITE : 0, 0);
		offer(queue, 0);
		vcon_serve(&vcon);
		assert_int_equal(get(VIRTIO_MMIO_STATUS), 0x4f);
		assert_false(has_used(queue));
	}
	start_ports(4);
}

static void a_reset_takes_buffers_back(void **state)
{
	(void)state;
	start_ports(8);
	offer_input(0, 10);
	memset(data() + 4096, 'x', 1 << 20);
	set_desc(TX0, 0, DATA_GPA + 4096, 1 << 20, 0, 0);
	offer(TX0, 0);
	get(VIRTIO_MMIO_INTERRUPT_STATUS);
	assert_true(vcon.lines[LDE_STREAM_STDIN].is_busy && vcon.lines[LDE_STREAM_STDOUT].is_busy);
	set(VIRTIO_MMIO_STATUS, 0);
	assert_int_equal(write(remote[IN], "abc", 3), 3);
	start_ports(8);
	assert_int_equal(data()[0], 0);
	offer_input(0, 10);
	assert_int_equal(take_used(RX0).len, 3);
}

static void the_port_is_not_in_use(void **state)
{
	struct lde_console_req *req = guestmem_at(&mem, gpa_of(0x80000), sizeof(*req));
	struct portbus_access access = {.size = 4, .is_write = true, .value = 0x80000};

	(void)state;
	*req = (struct lde_console_req){.op = LDE_CONSOLE_READ, .nr_segs = 1,
					.result = LDE_CONSOLE_PENDING};
	req->segs[0] = (struct lde_console_seg){DATA_GPA, 10};
	vconsole_access(&console, &access);
	assert_int_equal(req->result, LDE_CONSOLE_PENDING);
	assert_int_equal(console.nr_ignored, 1);
}

static void what_the_fuzzer_has_found_does_no_harm(void **state)
{
	(void)state;
	assert_true(virtio_input_run_folder(&virtio_target_console,
					    "tests/fuzz/virtio/corpus-console") > 20);
}

static void garbage_does_no_harm(void **state)
{
	(void)state;
	virtio_input_run_garbage(&virtio_target_console, 3000);
	virtio_input_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		T(the_device_says_what_it_is),
		T(ports_are_announced_when_there_is_room),
		T(messages_are_cut_to_their_buffers),
		T(a_driver_of_one_port_has_standard_input_and_output),
		T(output_keeps_its_order_and_its_streams),
		T(a_chain_is_written_in_its_order),
		T(a_slow_reader_is_waited_for),
		T(a_failed_write_is_told_before_its_buffer_is_used),
		T(what_was_written_before_an_error_is_told),
		T(a_result_waits_for_a_buffer),
		T(a_driver_of_one_port_loses_what_fails),
		T(what_was_written_last_goes_out_at_the_end),
		T(input_fills_one_buffer_after_the_other),
		T(nothing_is_read_that_was_not_asked_for),
		T(the_end_of_input_is_a_buffer_of_nothing),
		T(input_that_fails_is_told),
		T(what_is_there_is_there_when_the_status_has_been_read),
		T(a_terminal_that_is_gone_is_told),
		T(a_new_size_changes_the_configuration),
		T(a_driver_of_ports_gets_the_size_as_a_message),
		T(an_emergency_needs_no_queue),
		T(broken_chains_need_a_reset),
		T(a_reset_takes_buffers_back),
		T(the_port_is_not_in_use),
		cmocka_unit_test(what_the_fuzzer_has_found_does_no_harm),
		cmocka_unit_test(garbage_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
