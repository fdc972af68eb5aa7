/* SPDX-License-Identifier: MIT */
/* What a driver of a virtio console writes: order, slow readers, errors. */
#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/console/host_side.h"
#include "tests/unit/console/port_driver.h"
#include "vmm/dev/virtio_console.h"

static void output_keeps_its_order_and_its_streams(void **state)
{
	char text[16];

	(void)state;
	driver_start_ports(8);
	for (uint16_t i = 0; i < QUEUE_SIZE; i++) {
		snprintf(text, sizeof(text), "%02d ", i);
		driver_send_text(TX0, i, text);
		driver_send_text(TX1, i, i % 2 ? "odd " : "even ");
	}
	for (uint16_t i = 0; i < QUEUE_SIZE; i++) {
		assert_int_equal(driver_take_used(TX0).id, i);
		assert_int_equal(driver_take_used(TX1).id, i);
	}
	expect_output(OUT, "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 ");
	expect_output(ERR, "even odd even odd even odd even odd ");
	assert_int_equal(driver_vcon.counters.nr_writes, 2 * QUEUE_SIZE);
	assert_int_equal(driver_vcon.counters.nr_failed, 0);
}

static void a_chain_is_written_in_its_order(void **state)
{
	(void)state;
	driver_start_ports(8);
	strcpy(driver_data(), "abcdef");
	driver_set_desc(TX0, 0, DATA_GPA + 4, 2, NEXT, 5);
	driver_set_desc(TX0, 5, DATA_GPA, 0, NEXT, 2);
	driver_set_desc(TX0, 2, DATA_GPA, 4, NEXT, 3);
	driver_set_desc(TX0, 3, DATA_GPA, 100, WRITE, 0); /* not for output */
	driver_offer(TX0, 0);
	assert_int_equal(driver_take_used(TX0).id, 0);
	expect_output(OUT, "efabcd");
}

static void a_slow_reader_is_waited_for(void **state)
{
	char got[65536];
	size_t len = 0;

	(void)state;
	driver_start_ports(8);
	memset(driver_data(), 'x', 1 << 20);
	driver_set_desc(TX0, 0, DATA_GPA, 1 << 20, 0, 0);
	driver_offer(TX0, 0);
	driver_send_text(TX1, 1, "meanwhile");
	expect_output(ERR, "meanwhile");
	driver_take_used(TX1);
	assert_false(driver_has_used(TX0));
	while (len < 1 << 20) {
		ssize_t more = read(remote[OUT], got, sizeof(got));
		assert_true(more > 0);
		len += (size_t)more;
	}
	assert_int_equal(driver_take_used(TX0).id, 0);
}

static void a_failed_write_is_told_before_its_buffer_is_used(void **state)
{
	(void)state;
	driver_use_path(OUT, "/dev/full");
	driver_start_ports(8);
	driver_send_text(TX0, 0, "lost");
	driver_take_used(TX0);
	assert_true(driver_has_used(TO_DRIVER));
	driver_expect_result(LDE_VIRTIO_PORT_STDIO, false, -ENOSPC);
	close_end(&remote[ERR]);
	driver_send_text(TX1, 0, "lost");
	driver_take_used(TX1);
	driver_expect_result(LDE_VIRTIO_PORT_STDERR, false, -EPIPE);
	assert_int_equal(driver_vcon.counters.nr_failed, 2);
}

static void what_was_written_before_an_error_is_told(void **state)
{
	char got[16];

	(void)state;
	driver_start_ports(8);
	memset(driver_data(), 'x', 1 << 20);
	driver_set_desc(TX0, 0, DATA_GPA, 1 << 20, 0, 0);
	driver_offer(TX0, 0);
	assert_int_equal(read(remote[OUT], got, sizeof(got)), sizeof(got));
	close_end(&remote[OUT]);
	driver_take_used(TX0);
	const struct lde_virtio_console_result *message = driver_hear(NULL);
	assert_int_equal(message->event, LDE_VIRTIO_CONSOLE_RESULT);
	assert_in_range(message->result, 4096, (1 << 20) - 1);
}

static void a_result_waits_for_a_buffer(void **state)
{
	(void)state;
	driver_use_path(OUT, "/dev/full");
	driver_start(F_PORTS, 6); /* without any */
	driver_send_text(TX0, 0, "lost");
	driver_send_text(TX0, 1, "lost, too");
	driver_send_text(TX1, 0, "something else");
	driver_take_used(TX1);
	vcon_serve(&driver_vcon);
	assert_false(driver_has_used(TX0));
	driver_offer_message(0);
	driver_expect_result(LDE_VIRTIO_PORT_STDIO, false, -ENOSPC);
	assert_int_equal(driver_take_used(TX0).id, 0);
	driver_expect_result(LDE_VIRTIO_PORT_STDIO, false, -ENOSPC);
	assert_int_equal(driver_take_used(TX0).id, 1);
}

static void a_driver_of_one_port_loses_what_fails(void **state)
{
	(void)state;
	driver_use_path(OUT, "/dev/full");
	driver_start(F(VIRTIO_F_VERSION_1), 6);
	driver_send_text(TX0, 0, "lost");
	assert_int_equal(driver_take_used(TX0).id, 0);
	assert_int_equal(driver_vcon.counters.nr_failed, 1);
	driver_send_text(TX1, 0, "nobody looks here");
	vcon_serve(&driver_vcon);
	assert_false(driver_has_used(TX1));
}

static void what_was_written_last_goes_out_at_the_end(void **state)
{
	(void)state;
	driver_vcon.is_served_by_caller = true; /* nobody has looked yet */
	driver_start(F_PORTS, 6);
	driver_send_text(TX0, 0, "last words");
	vcon_serve(&driver_vcon);
	driver_close_device();
	driver_open_device(false);
	expect_output(OUT, "last words");
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, driver_set_up, driver_tear_down)
	const struct CMUnitTest tests[] = {
	    T(output_keeps_its_order_and_its_streams),
	    T(a_chain_is_written_in_its_order),
	    T(a_slow_reader_is_waited_for),
	    T(a_failed_write_is_told_before_its_buffer_is_used),
	    T(what_was_written_before_an_error_is_told),
	    T(a_result_waits_for_a_buffer),
	    T(a_driver_of_one_port_loses_what_fails),
	    T(what_was_written_last_goes_out_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
