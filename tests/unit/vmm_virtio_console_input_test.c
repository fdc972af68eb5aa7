/* SPDX-License-Identifier: MIT */
/* What a driver of a virtio console reads: when, how much, and the end of it. */
#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/console/host_side.h"
#include "tests/unit/console/port_driver.h"
#include "vmm/dev/virtio_console.h"

static void input_fills_one_buffer_after_the_other(void **state)
{
	(void)state;
	driver_start_ports(8);
	assert_int_equal(write(remote[IN], "abcdefgh", 8), 8);
	driver_offer_input(0, 3);
	driver_offer_input(1, 3);
	driver_offer_input(2, 3);
	driver_offer_input(3, 3);
	for (uint16_t i = 0; i < 3; i++)
		assert_int_equal(driver_take_used(RX0).len, i < 2 ? 3 : 2);
	assert_memory_equal(driver_data() + 512, "gh", 2);
	assert_false(driver_has_used(RX0));
	assert_int_equal(write(remote[IN], "i", 1), 1);
	assert_int_equal(driver_take_used(RX0).len, 1);
	assert_memory_equal(driver_data() + 768, "i", 1);
}

static void nothing_is_read_that_was_not_asked_for(void **state)
{
	struct pollfd pollfd = {.fd = host[IN], .events = POLLIN};

	(void)state;
	driver_start_ports(8);
	assert_int_equal(write(remote[IN], "abc", 3), 3);
	driver_send_text(TX0, 0, "x");
	driver_take_used(TX0);
	assert_int_equal(poll(&pollfd, 1, 0), 1);
	driver_offer_input(0, 2);
	driver_take_used(RX0);
	assert_int_equal(poll(&pollfd, 1, 0), 1);
}

static void the_end_of_input_is_a_buffer_of_nothing(void **state)
{
	(void)state;
	driver_start_ports(8);
	close_end(&remote[IN]);
	driver_offer_input(0, 10);
	assert_int_equal(driver_take_used(RX0).len, 0);
	driver_offer_input(1, 10);
	assert_int_equal(driver_take_used(RX0).len, 0);
	assert_false(driver_has_used(TO_DRIVER));
}

static void input_that_fails_is_told(void **state)
{
	(void)state;
	driver_use_path(IN, NULL);
	driver_start_ports(8);
	driver_offer_input(0, 10);
	assert_int_equal(driver_take_used(RX0).len, 0);
	driver_expect_result(LDE_VIRTIO_PORT_STDIO, true, -EBADF);
}

static void what_is_there_is_there_when_the_status_has_been_read(void **state)
{
	(void)state;
	driver_vcon.is_served_by_caller = true; /* by nobody, but for the register */
	driver_start(F_PORTS, 6);
	assert_int_equal(write(remote[IN], "abc", 3), 3);
	driver_offer_input(0, 10);
	assert_false(driver_has_used(RX0));
	assert_int_equal(driver_get(VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_VRING);
	assert_true(driver_has_used(RX0));
	assert_int_equal(driver_take_used(RX0).len, 3);
	driver_offer_input(1, 10);
	driver_get(VIRTIO_MMIO_INTERRUPT_STATUS); /* waits for nothing */
	assert_false(driver_has_used(RX0));
	assert_int_equal(write(remote[IN], "d", 1), 1);
	assert_int_equal(driver_take_used(RX0).len, 1);
}

static void a_terminal_that_is_gone_is_told(void **state)
{
	(void)state;
	driver_close_device();
	driver_open_device(true);
	driver_start(F_PORTS, 8);
	driver_offer_message(0);
	driver_set_desc(RX2, 0, DATA_GPA, 10, WRITE, 0);
	driver_offer(RX2, 0);
	assert_int_equal(driver_take_used(RX2).len, 0);
	driver_expect_result(LDE_VIRTIO_PORT_TERMINAL, true, -EBADF);
	driver_send_text(TX2, 0, "x");
	driver_take_used(TX2);
	driver_expect_result(LDE_VIRTIO_PORT_TERMINAL, false, -EBADF);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, driver_set_up, driver_tear_down)
	const struct CMUnitTest tests[] = {
	    T(input_fills_one_buffer_after_the_other),
	    T(nothing_is_read_that_was_not_asked_for),
	    T(the_end_of_input_is_a_buffer_of_nothing),
	    T(input_that_fails_is_told),
	    T(what_is_there_is_there_when_the_status_has_been_read),
	    T(a_terminal_that_is_gone_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
