/* SPDX-License-Identifier: MIT */
/* The virtio console: what it is, its control messages, its window, emergencies, resets. */
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/fuzz/virtio/virtio_input.h"
#include "tests/unit/console/host_side.h"
#include "tests/unit/console/port_driver.h"
#include "vmm/dev/virtio_console.h"

/* ---- control -------------------------------------------------------- */

static void driver_expect_size(uint32_t port, uint16_t rows, uint16_t columns)
{
	uint32_t len;
	const struct virtio_console_control *control = driver_hear(&len);
	const uint16_t size[2] = {columns, rows};

	assert_int_equal(control->id, port);
	assert_int_equal(control->event, VIRTIO_CONSOLE_RESIZE);
	assert_int_equal(len, sizeof(*control) + sizeof(size));
	assert_memory_equal(control + 1, size, sizeof(size));
}

/* ---- what it is ----------------------------------------------------- */

static void the_device_says_what_it_is(void **state)
{
	(void)state;
	assert_int_equal(driver_get(VIRTIO_MMIO_DEVICE_ID), 3);
	assert_int_equal(driver_get(VIRTIO_MMIO_DEVICE_FEATURES) & 7, 7);
	assert_int_equal(driver_nr_queues(), 6);
	assert_int_equal(driver_get(VIRTIO_MMIO_CONFIG + 4), 2);
	driver_close_device();
	driver_open_device(true);
	assert_int_equal(driver_nr_queues(), 8);
	assert_int_equal(driver_get(VIRTIO_MMIO_CONFIG + 4), 3);
}

static void ports_are_announced_when_there_is_room(void **state)
{
	(void)state;
	driver_start_ports(8);
	driver_start_ports(1);
	/* What makes no sense is passed over. */
	driver_say(2, VIRTIO_CONSOLE_PORT_READY, 1);
	driver_say(UINT32_MAX, VIRTIO_CONSOLE_PORT_READY, 1);
	driver_say(0, VIRTIO_CONSOLE_PORT_READY, 0);
	driver_say(0, 77, 1);
	driver_say(0, VIRTIO_CONSOLE_DEVICE_READY, 0);
	driver_set_desc(FROM_DRIVER, 0, MESSAGES_GPA, 7, 0, 0);
	driver_offer(FROM_DRIVER, 0);
	driver_take_used(FROM_DRIVER);
	assert_false(driver_has_used(TO_DRIVER));
}

static void messages_are_cut_to_their_buffers(void **state)
{
	(void)state;
	driver_start(F_PORTS, 6);
	driver_set_desc(TO_DRIVER, 0, MESSAGES_GPA, 5, WRITE, 0);
	driver_set_desc(TO_DRIVER, 1, MESSAGES_GPA + 64, 3, NEXT | WRITE, 2);
	driver_set_desc(TO_DRIVER, 2, MESSAGES_GPA + 128, 100, WRITE, 0);
	driver_offer(TO_DRIVER, 0);
	driver_offer(TO_DRIVER, 1);
	driver_say(0, VIRTIO_CONSOLE_DEVICE_READY, 1);
	assert_int_equal(driver_take_used(TO_DRIVER).len, 5);
	assert_int_equal(driver_take_used(TO_DRIVER).len, 8);
	assert_int_equal(*(uint8_t *)guestmem_at(&mem, gpa_of(MESSAGES_GPA + 64), 1), 1);
	assert_int_equal(*(uint8_t *)guestmem_at(&mem, gpa_of(MESSAGES_GPA + 129), 1), 1);
}

static void a_driver_of_one_port_has_standard_input_and_output(void **state)
{
	(void)state;
	driver_start(F(VIRTIO_F_VERSION_1), 2);
	driver_send_text(TX0, 0, "hello\n");
	assert_int_equal(driver_take_used(TX0).len, 0);
	expect_output(OUT, "hello\n");
	driver_set_desc(RX0, 3, DATA_GPA + 4096, 100, WRITE, 0);
	driver_offer(RX0, 3);
	assert_int_equal(write(remote[IN], "typed", 5), 5);
	struct vring_used_elem elem = driver_take_used(RX0);
	assert_int_equal(elem.id, 3);
	assert_int_equal(elem.len, 5);
	assert_memory_equal(driver_data() + 4096, "typed", 5);
}

/* ---- the window, and in an emergency -------------------------------- */

static void a_new_size_changes_the_configuration(void **state)
{
	(void)state;
	vcon_resize(&driver_vcon, 24, 80);
	assert_int_equal(driver_get(VIRTIO_MMIO_CONFIG), 24 << 16 | 80);
	driver_start(F(VIRTIO_F_VERSION_1) | F(VIRTIO_CONSOLE_F_SIZE), 2);
	uint32_t generation = driver_get(VIRTIO_MMIO_CONFIG_GENERATION);
	assert_int_equal(driver_get(VIRTIO_MMIO_INTERRUPT_STATUS), 0);
	vcon_resize(&driver_vcon, 50, 132);
	assert_int_equal(driver_get(VIRTIO_MMIO_CONFIG), 50 << 16 | 132);
	assert_int_not_equal(driver_get(VIRTIO_MMIO_CONFIG_GENERATION), generation);
	assert_int_equal(driver_get(VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_CONFIG);
	/* Who does not want to know is not told. */
	driver_start(F(VIRTIO_F_VERSION_1), 2);
	vcon_resize(&driver_vcon, 1, 1);
	assert_int_equal(driver_get(VIRTIO_MMIO_INTERRUPT_STATUS), 0);
}

static void a_driver_of_ports_gets_the_size_as_a_message(void **state)
{
	(void)state;
	driver_start(F_PORTS, 6);
	driver_offer_message(0);
	vcon_resize(&driver_vcon, 24, 80); /* before it is ready for a port */
	driver_say(0, VIRTIO_CONSOLE_PORT_READY, 1);
	driver_expect_event(0, VIRTIO_CONSOLE_CONSOLE_PORT, 1);
	driver_expect_size(0, 24, 80);
	driver_expect_name(0, "stdio");
	driver_expect_event(0, VIRTIO_CONSOLE_PORT_OPEN, 1);
	vcon_resize(&driver_vcon, 50, 132);
	driver_expect_size(0, 50, 132);
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
		driver_set(VIRTIO_MMIO_CONFIG + 8, (uint8_t)*c);
	vmmio_write(&driver_vcon.mmio, VIRTIO_MMIO_CONFIG + 8, 1, '3');
	driver_set(VIRTIO_MMIO_CONFIG, 'x'); /* not there */
	driver_set(VIRTIO_MMIO_CONFIG + 4, 'x');
	vmmio_write(&driver_vcon.mmio, VIRTIO_MMIO_CONFIG + 8, 2, '\n');
}

static void an_emergency_needs_no_queue(void **state)
{
	(void)state;
	expect_said(write_urgently,
		    "lde: the guest's kernel: no way? on\nlde: the guest's kernel: 123\n");
	assert_int_equal(driver_get(VIRTIO_MMIO_CONFIG), 0);
}

/* ---- drivers that break the rules ----------------------------------- */

static void broken_chains_need_a_reset(void **state)
{
	(void)state;
	for (unsigned int queue = 0; queue < 6; queue++) {
		if (queue == RX1)
			continue; /* nobody reads there */
		driver_start(F_PORTS, 6);
		if (queue == TO_DRIVER)
			driver_say(0, VIRTIO_CONSOLE_DEVICE_READY, 1);
		driver_set_desc(queue, 0, MEMORY_BYTES - 8, 16, queue == TO_DRIVER ? WRITE : 0, 0);
		driver_offer(queue, 0);
		vcon_serve(&driver_vcon);
		assert_int_equal(driver_get(VIRTIO_MMIO_STATUS), 0x4f);
		assert_false(driver_has_used(queue));
	}
	driver_start_ports(4);
}

static void a_reset_takes_buffers_back(void **state)
{
	(void)state;
	driver_start_ports(8);
	driver_offer_input(0, 10);
	memset(driver_data() + 4096, 'x', 1 << 20);
	driver_set_desc(TX0, 0, DATA_GPA + 4096, 1 << 20, 0, 0);
	driver_offer(TX0, 0);
	driver_get(VIRTIO_MMIO_INTERRUPT_STATUS);
	assert_true(driver_vcon.lines[LDE_STREAM_STDIN].is_busy &&
		    driver_vcon.lines[LDE_STREAM_STDOUT].is_busy);
	driver_set(VIRTIO_MMIO_STATUS, 0);
	assert_int_equal(write(remote[IN], "abc", 3), 3);
	driver_start_ports(8);
	assert_int_equal(driver_data()[0], 0);
	driver_offer_input(0, 10);
	assert_int_equal(driver_take_used(RX0).len, 3);
}

static void the_port_is_not_in_use(void **state)
{
	struct lde_console_req *req = guestmem_at(&mem, gpa_of(0x80000), sizeof(*req));
	struct portbus_access access = {.size = 4, .is_write = true, .value = 0x80000};

	(void)state;
	*req = (struct lde_console_req){
	    .op = LDE_CONSOLE_READ, .nr_segs = 1, .result = LDE_CONSOLE_PENDING};
	req->segs[0] = (struct lde_console_seg){DATA_GPA, 10};
	vconsole_access(&driver_console, &access);
	assert_int_equal(req->result, LDE_CONSOLE_PENDING);
	assert_int_equal(driver_console.nr_ignored, 1);
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
#define T(test) cmocka_unit_test_setup_teardown(test, driver_set_up, driver_tear_down)
	const struct CMUnitTest tests[] = {
	    T(the_device_says_what_it_is),
	    T(ports_are_announced_when_there_is_room),
	    T(messages_are_cut_to_their_buffers),
	    T(a_driver_of_one_port_has_standard_input_and_output),
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
