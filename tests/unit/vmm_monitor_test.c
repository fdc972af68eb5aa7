/* SPDX-License-Identifier: MIT */
/* The monitor device, on plain memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

#include <cmocka.h>

#include "vmm/dev/monitor.h"

#define SIZE    (2ull << 20)
#define ADDRESS 0x5000

static struct guestmem mem;
static struct vmonitor monitor;
static struct lde_notice told;
static unsigned int nr_told, nr_poweroffs;
static enum lde_poweroff poweroff;

static void on_notice(void *ctx, const struct lde_notice *notice)
{
	assert_ptr_equal(ctx, &monitor);
	told = *notice;
	nr_told++;
}

static void on_poweroff(void *ctx, enum lde_poweroff how)
{
	assert_ptr_equal(ctx, &monitor);
	poweroff = how;
	nr_poweroffs++;
}

static int set_up(void **state)
{
	(void)state;
	monitor = (struct vmonitor){
		.mem = &mem, .notice = on_notice, .poweroff = on_poweroff, .ctx = &monitor};
	nr_told = nr_poweroffs = 0;
	return guestmem_init(&mem, SIZE);
}

static int tear_down(void **state)
{
	(void)state;
	guestmem_fini(&mem);
	return 0;
}

static void out(uint16_t offset, uint8_t size, uint32_t value)
{
	struct portbus_access access = {
		.offset = offset, .size = size, .is_write = true, .value = value};

	vmonitor_access(&monitor, &access);
}

static void *at(uint64_t gpa, uint64_t len)
{
	void *bytes = guestmem_at(&mem, gpa_of(gpa), len);

	assert_non_null(bytes);
	return bytes;
}

static void a_notice_is_handed_on(void **state)
{
	struct lde_notice notice = {
		.kind = LDE_NOTICE_KILLED,
		.pid = 5,
		.reason = LDE_REASON_PRIVILEGED,
		.rip = 0x401000,
		.insn_len = 1,
		.insn = {0xf4},
		.name = "prog",
		.text = "text",
	};

	(void)state;
	memcpy(at(ADDRESS, sizeof(notice)), &notice, sizeof(notice));
	out(LDE_MONITOR_NOTICE, 4, ADDRESS);
	assert_int_equal(nr_told, 1);
	assert_memory_equal(&told, &notice, sizeof(notice));
}

static void strings_of_a_notice_are_terminated_and_harmless(void **state)
{
	struct lde_notice *notice;

	(void)state;
	notice = at(ADDRESS, sizeof(*notice));
	memset(notice, 0xff, sizeof(*notice));
	memset(notice->name, 'n', sizeof(notice->name));
	memcpy(notice->text, "\033[2Jx\n\177", 8);
	out(LDE_MONITOR_NOTICE, 4, ADDRESS);
	assert_int_equal(strlen(told.name), LDE_NOTICE_NAME_MAX - 1);
	assert_string_equal(told.text, "?[2Jx??");
	assert_int_equal(told.insn_len, LDE_NOTICE_INSN_MAX);
}

static void a_notice_without_a_listener_is_dropped(void **state)
{
	(void)state;
	monitor.notice = NULL;
	out(LDE_MONITOR_NOTICE, 4, ADDRESS);
	assert_int_equal(nr_told, 0);
	assert_int_equal(monitor.nr_refused, 0);
}

static uint64_t mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void the_clock_is_the_hosts(void **state)
{
	struct lde_clock *clock;

	(void)state;
	clock = at(ADDRESS, sizeof(*clock));
	uint64_t tsc_before = __rdtsc(), mono_before = mono_ns();
	out(LDE_MONITOR_CLOCK, 4, ADDRESS);
	uint64_t mono_after = mono_ns(), tsc_after = __rdtsc();
	assert_in_range(clock->mono_ns, mono_before, mono_after);
	assert_in_range(clock->tsc, tsc_before, tsc_after);
	assert_true(clock->boot_ns >= clock->mono_ns);
	assert_in_range(clock->real_ns / 1000000000, (uint64_t)time(NULL) - 2,
			(uint64_t)time(NULL) + 2);
}

static void entropy_fills_its_bytes_and_no_more(void **state)
{
	uint8_t *bytes = at(ADDRESS, sizeof(struct lde_entropy) + 1);
	unsigned int nr_zeroes = 0;

	(void)state;
	out(LDE_MONITOR_ENTROPY, 4, ADDRESS);
	for (size_t i = 0; i < sizeof(struct lde_entropy); i++)
		nr_zeroes += bytes[i] == 0;
	assert_true(nr_zeroes < 64);
	assert_int_equal(bytes[sizeof(struct lde_entropy)], 0);
}

static void power_off_ends_the_machine(void **state)
{
	(void)state;
	out(LDE_MONITOR_POWEROFF, 4, LDE_POWEROFF_DONE);
	assert_int_equal(nr_poweroffs, 1);
	assert_int_equal(poweroff, LDE_POWEROFF_DONE);
	out(LDE_MONITOR_POWEROFF, 4, LDE_POWEROFF_PANIC);
	assert_int_equal(poweroff, LDE_POWEROFF_PANIC);
	out(LDE_MONITOR_POWEROFF, 4, LDE_POWEROFF_REFUSED);
	assert_int_equal(poweroff, LDE_POWEROFF_REFUSED);
}

static void an_unknown_power_off_is_a_panic(void **state)
{
	(void)state;
	out(LDE_MONITOR_POWEROFF, 4, 0xffffffff);
	assert_int_equal(nr_poweroffs, 1);
	assert_int_equal(poweroff, LDE_POWEROFF_PANIC);
	assert_int_equal(monitor.nr_refused, 1);
}

static void an_address_outside_of_memory_is_refused(void **state)
{
	static const uint16_t registers[] = {LDE_MONITOR_NOTICE, LDE_MONITOR_CLOCK,
					     LDE_MONITOR_ENTROPY};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		out(registers[i], 4, 0xffffffff);
		out(registers[i], 4, SIZE);
		out(registers[i], 4, SIZE - 8);
	}
	assert_int_equal(nr_told, 0);
	assert_int_equal(monitor.nr_refused, 9);
}

static void an_access_of_another_kind_is_refused(void **state)
{
	struct portbus_access read = {.offset = LDE_MONITOR_POWEROFF, .size = 4};

	(void)state;
	vmonitor_access(&monitor, &read);
	out(LDE_MONITOR_POWEROFF, 1, 0);
	out(LDE_MONITOR_POWEROFF, 2, 0);
	out(1, 4, ADDRESS);
	assert_int_equal(nr_poweroffs, 0);
	assert_int_equal(monitor.nr_refused, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_notice_is_handed_on),
		TEST(strings_of_a_notice_are_terminated_and_harmless),
		TEST(a_notice_without_a_listener_is_dropped),
		TEST(the_clock_is_the_hosts),
		TEST(entropy_fills_its_bytes_and_no_more),
		TEST(power_off_ends_the_machine),
		TEST(an_unknown_power_off_is_a_panic),
		TEST(an_address_outside_of_memory_is_refused),
		TEST(an_access_of_another_kind_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
