/* SPDX-License-Identifier: MIT */
/* Device trees that are not taken: what is missing, has no sense, or is no tree. */
#include "tests/unit/fake/fake.h"

#include <string.h>

#include <lde/boot.h>
#include <libfdt.h>

#include "guest/dev/tree.h"
#include "tests/unit/fake/fake_tree.h"

struct place {
	const char *node, *property;
};

/* All that must be there. */
static const struct place numbers[] = {
	{ "memory@0", "reg" },
	{ "cpu@0", LDE_DT_TSC_HZ },
	{ "chosen", "linux,initrd-start" },
	{ "chosen", "linux,initrd-end" },
	{ "chosen", LDE_DT_QUANTUM_NS },
	{ "console@600", "reg" },
	{ "console@600", "interrupts" },
	{ "console@600", LDE_DT_STDIO_MODE },
	{ "console@600", LDE_DT_TTY },
	{ "console@600", LDE_DT_WINSIZE },
	{ "monitor@610", "reg" },
	{ "program@0", LDE_DT_COUNT },
	{ "program@1", LDE_DT_COUNT },
};

static const struct place strings[] = {
	{ "cpu@0", LDE_DT_FEATURES }, { "chosen", LDE_DT_WITHOUT },
	{ "chosen", LDE_DT_MOUNTS }, { "workload", LDE_DT_ENV },
	{ "program@0", LDE_DT_PATH }, { "program@1", LDE_DT_ARGV },
};

static void check_refused(const struct place *place, enum fake_tree_fault how)
{
	const char *error;

	fake_tree.fault.node = place->node;
	fake_tree.fault.property = place->property;
	fake_tree.fault.how = how;
	fake_tree.fault.nr_met = 0;
	fake_tree_make();
	assert_int_equal(fake_tree.fault.nr_met, 1);
	error = fake_tree_read();
	if (!error)
		fail_msg("%s %s, %d", place->node, place->property, how);
	assert_string_equal(error, place->property); /* it says which */
}

static void a_missing_property_is_named(void **state)
{
	static const struct place path = { "program@1", LDE_DT_PATH }, seed = { "chosen", "rng-seed" };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++)
		check_refused(&numbers[i], FAULT_OMIT);
	check_refused(&path, FAULT_OMIT);
	check_refused(&seed, FAULT_OMIT);
}

static void a_number_of_the_wrong_size_is_named(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++) {
		check_refused(&numbers[i], FAULT_SHORTEN);
		check_refused(&numbers[i], FAULT_LENGTHEN);
		check_refused(&numbers[i], FAULT_EMPTY);
	}
}

static void a_string_without_an_end_is_named(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(strings); i++)
		check_refused(&strings[i], FAULT_OPEN_END);
}

static void a_path_that_is_empty_is_named(void **state)
{
	static const struct place path = { "program@0", LDE_DT_PATH };

	(void)state;
	check_refused(&path, FAULT_EMPTY);
}

static void values_without_sense_are_refused(void **state)
{
	(void)state;
	fake_tree.memory_start = 0x1000;
	fake_tree_make();
	assert_non_null(fake_tree_read());
	fake_tree.memory_start = 0;
	fake_tree.tsc_hz = 0;
	fake_tree_make();
	assert_non_null(fake_tree_read());
	fake_tree_set_up(state);
	fake_tree.fault.node = "chosen";
	fake_tree.fault.property = "rng-seed";
	fake_tree.fault.how = FAULT_SHORTEN;
	fake_tree_make();
	assert_non_null(fake_tree_read());
	assert_int_equal(tree_seen.nr_machines, 0);
}

static void what_is_no_tree_is_refused(void **state)
{
	struct machine_tree tree;

	(void)state;
	assert_non_null(tree_read(MIB, &tree, &fake_tree_visitor)); /* zeroes */
	memset(direct_map(MIB), 0xff, 4096);
	assert_non_null(tree_read(MIB, &tree, &fake_tree_visitor));
}

static void a_tree_that_ends_too_early_is_refused(void **state)
{
	const fdt32_t end = cpu_to_fdt32(FDT_END);
	int last_program;

	(void)state;
	fake_tree_make();
	last_program = fdt_path_offset(fake_tree_memory, "/workload/program@1");
	assert_true(last_program > 0);
	for (int cut = 0; cut < last_program; cut += 4) {
		fake_tree_make();
		fdt_set_size_dt_struct(fake_tree_memory, (uint32_t)cut);
		assert_non_null(fake_tree_read());
		/* By a tag; in the middle of a value it is none, and any result will do. */
		fake_tree_make();
		memcpy(fake_tree_memory + fdt_off_dt_struct(fake_tree_memory) + cut, &end, sizeof(end));
		fake_tree_read();
	}
}

static void nodes_that_end_before_they_begin_are_refused(void **state)
{
	fdt32_t tags[] = { cpu_to_fdt32(FDT_END_NODE), cpu_to_fdt32(FDT_END_NODE),
			   cpu_to_fdt32(FDT_END_NODE) };

	(void)state;
	fake_tree_make();
	memcpy(fake_tree_memory + fdt_off_dt_struct(fake_tree_memory), tags, sizeof(tags));
	assert_non_null(fake_tree_read());
	assert_int_equal(tree_seen.nr_machines, 0);
}

static void a_tree_that_is_too_deep_is_refused(void **state)
{
	(void)state;
	assert_int_equal(fdt_create(fake_tree_memory, FAKE_TREE_BYTES), 0);
	assert_int_equal(fdt_finish_reservemap(fake_tree_memory), 0);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(fdt_begin_node(fake_tree_memory, "n"), 0);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(fdt_end_node(fake_tree_memory), 0);
	assert_int_equal(fdt_finish(fake_tree_memory), 0);
	assert_non_null(fake_tree_read());
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, fake_tree_set_up)
	const struct CMUnitTest tests[] = {
		TEST(a_missing_property_is_named),
		TEST(a_number_of_the_wrong_size_is_named),
		TEST(a_string_without_an_end_is_named),
		TEST(a_path_that_is_empty_is_named),
		TEST(values_without_sense_are_refused),
		TEST(what_is_no_tree_is_refused),
		TEST(a_tree_that_ends_too_early_is_refused),
		TEST(nodes_that_end_before_they_begin_are_refused),
		TEST(a_tree_that_is_too_deep_is_refused),
	};

	return cmocka_run_group_tests_name("kernel_tree_refused", tests, NULL, NULL);
}
