/* SPDX-License-Identifier: MIT */
/* The port bus. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/dev/bus.h"

/* A device that remembers its last access and reads as answer. */
struct probe {
	struct portbus_access last;
	unsigned int nr_accesses;
	uint32_t answer;
};

static struct portbus bus;
static struct probe probe;

static void on_access(void *opaque, struct portbus_access *access)
{
	struct probe *self = opaque;

	self->nr_accesses++;
	self->last = *access;
	if (!access->is_write)
		access->value = self->answer;
}

static struct portbus_device device_at(unsigned int port, unsigned int nr_ports)
{
	return (struct portbus_device){
		.port = (uint16_t)port,
		.nr_ports = (uint16_t)nr_ports,
		.tag = 7,
		.handler = on_access,
		.opaque = &probe,
	};
}

static int register_at(unsigned int port, unsigned int nr_ports)
{
	struct portbus_device device = device_at(port, nr_ports);

	return portbus_register(&bus, &device);
}

static int set_up(void **state)
{
	(void)state;
	memset(&bus, 0, sizeof(bus));
	memset(&probe, 0, sizeof(probe));
	return register_at(0x600, 16);
}

static void a_write_reaches_its_device(void **state)
{
	uint32_t value = 0x12345678;

	(void)state;
	const struct portbus_device *device = portbus_access(&bus, 0x604, true, &value, 4);
	assert_non_null(device);
	assert_int_equal(device->tag, 7);
	assert_int_equal(probe.nr_accesses, 1);
	assert_int_equal(probe.last.offset, 4);
	assert_int_equal(probe.last.size, 4);
	assert_true(probe.last.is_write);
	assert_int_equal(probe.last.value, 0x12345678);
}

static void a_narrow_write_is_extended_with_zeroes(void **state)
{
	uint8_t bytes[4] = {0xab, 0xff, 0xff, 0xff};

	(void)state;
	portbus_access(&bus, 0x600, true, bytes, 1);
	assert_int_equal(probe.last.value, 0xab);
	assert_int_equal(probe.last.size, 1);
}

static void a_read_returns_what_the_device_says(void **state)
{
	uint8_t bytes[4] = {1, 2, 3, 4};

	(void)state;
	probe.answer = 0xddccbbaa;
	portbus_access(&bus, 0x600, false, bytes, 2);
	assert_int_equal(bytes[0], 0xaa);
	assert_int_equal(bytes[1], 0xbb);
	assert_int_equal(bytes[2], 3); /* beyond the access */
}

static void an_unclaimed_read_is_all_ones(void **state)
{
	uint32_t value = 0;

	(void)state;
	assert_null(portbus_access(&bus, 0x60, false, &value, 4));
	assert_int_equal(value, 0xffffffff);
	assert_int_equal(bus.nr_unclaimed, 1);
	assert_int_equal(probe.nr_accesses, 0);
}

static void an_unclaimed_write_is_ignored_and_counted(void **state)
{
	uint8_t value = 0xff;

	(void)state;
	assert_null(portbus_access(&bus, 0x21, true, &value, 1));
	assert_null(portbus_access(&bus, 0x5ff, true, &value, 1));
	assert_null(portbus_access(&bus, 0x610, true, &value, 1));
	assert_int_equal(bus.nr_unclaimed, 3);
	assert_int_equal(probe.nr_accesses, 0);
}

static void an_access_over_the_end_of_a_range_is_unclaimed(void **state)
{
	uint32_t value = 0;

	(void)state;
	assert_null(portbus_access(&bus, 0x60e, false, &value, 4));
	assert_int_equal(value, 0xffffffff);
	assert_non_null(portbus_access(&bus, 0x60c, false, &value, 4));
}

static void the_last_port_is_reached(void **state)
{
	uint32_t value = 1;

	(void)state;
	assert_int_equal(register_at(0xffff, 1), 0);
	assert_non_null(portbus_access(&bus, 0xffff, true, &value, 1));
	assert_null(portbus_access(&bus, 0xffff, true, &value, 4));
}

static void an_overlapping_range_is_refused(void **state)
{
	(void)state;
	assert_int_equal(register_at(0x60f, 1), -EBUSY);
	assert_int_equal(register_at(0x5f0, 0x11), -EBUSY);
	assert_int_equal(register_at(0x5f0, 0x100), -EBUSY);
	assert_int_equal(register_at(0x5f0, 0x10), 0);
	assert_int_equal(register_at(0x610, 4), 0);
}

static void an_empty_range_is_refused(void **state)
{
	(void)state;
	assert_int_equal(register_at(0x700, 0), -EINVAL);
}

static void a_range_beyond_the_last_port_is_refused(void **state)
{
	(void)state;
	assert_int_equal(register_at(0xfffe, 4), -EINVAL);
}

static void a_full_bus_refuses_another_device(void **state)
{
	(void)state;
	for (unsigned int i = 1; i < PORTBUS_DEVICES_MAX; i++)
		assert_int_equal(register_at(0x1000 * i, 4), 0);
	assert_int_equal(register_at(0xf000, 4), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_write_reaches_its_device, set_up),
		cmocka_unit_test_setup(a_narrow_write_is_extended_with_zeroes, set_up),
		cmocka_unit_test_setup(a_read_returns_what_the_device_says, set_up),
		cmocka_unit_test_setup(an_unclaimed_read_is_all_ones, set_up),
		cmocka_unit_test_setup(an_unclaimed_write_is_ignored_and_counted, set_up),
		cmocka_unit_test_setup(an_access_over_the_end_of_a_range_is_unclaimed, set_up),
		cmocka_unit_test_setup(the_last_port_is_reached, set_up),
		cmocka_unit_test_setup(an_overlapping_range_is_refused, set_up),
		cmocka_unit_test_setup(an_empty_range_is_refused, set_up),
		cmocka_unit_test_setup(a_range_beyond_the_last_port_is_refused, set_up),
		cmocka_unit_test_setup(a_full_bus_refuses_another_device, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
