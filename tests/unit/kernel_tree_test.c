/* SPDX-License-Identifier: MIT */
/* What the kernel reads of the device tree: the machine, programs, features. */
#include "tests/unit/fake/fake.h"

#include <string.h>

#include <lde/boot.h>
#include <libfdt.h>

#include "guest/dev/tree.h"
#include "tests/unit/fake/fake_tree.h"

static void a_complete_tree_is_read(void **state)
{
	(void)state;
	fake_tree_make();
	assert_null(fake_tree_read());
	assert_int_equal(tree_seen.nr_machines, 1);
	assert_int_equal(tree_seen.machine.memory_end, 0x8000000);
	assert_in_range(tree_seen.machine.tree_end, FAKE_GUARD - 7, FAKE_GUARD);
	assert_int_equal(tree_seen.machine.initrd_start, 0x400000);
	assert_int_equal(tree_seen.machine.initrd_end, 0x500123);
	assert_int_equal(tree_seen.machine.tsc_hz, 2600000123);
	assert_int_equal(tree_seen.machine.quantum_ns, 10000000);
	assert_true(tree_seen.machine.features.fsgsbase && tree_seen.machine.features.umip);
	assert_false(tree_seen.machine.features.xsave || tree_seen.machine.features.smep ||
		     tree_seen.machine.features.pv_eoi);
	assert_false(tree_seen.machine.limits.preemption);
	assert_true(tree_seen.machine.checks_itself);
	assert_int_equal(tree_seen.machine.mounts.bytes, sizeof("vda:/mnt\0vdb:/b:ro"));
	assert_memory_equal(tree_seen.machine.mounts.data, "vda:/mnt\0vdb:/b:ro",
			    tree_seen.machine.mounts.bytes);
	assert_int_equal(tree_seen.machine.processes_max, 77);
	assert_int_equal(tree_seen.machine.rng_seed[2], 3);
	assert_int_equal(tree_seen.machine.monitor_port, 0x610);
	assert_int_equal(tree_seen.machine.console.port, 0x600);
	assert_int_equal(tree_seen.machine.console.vector, 0x30);
	assert_int_equal(tree_seen.machine.console.mode[2], 0100644);
	assert_int_equal(tree_seen.machine.console.tty, 1);
	assert_int_equal(tree_seen.machine.console.window[1], 80);
}

static void programs_come_in_order(void **state)
{
	(void)state;
	fake_tree_make();
	assert_null(fake_tree_read());
	assert_int_equal(tree_seen.nr_programs, 2);
	assert_string_equal(tree_seen.programs[0].path, "/bin/first");
	assert_int_equal(tree_seen.programs[0].argv.bytes, 10);
	assert_memory_equal(tree_seen.programs[0].argv.data, "first\0-x\0", 10);
	assert_int_equal(tree_seen.programs[0].count, 3);
	assert_string_equal(tree_seen.programs[1].path, "/bin/second");
	assert_int_equal(tree_seen.programs[1].argv.bytes, 7);
	assert_int_equal(tree_seen.programs[1].count, 1);
	assert_int_equal(tree_seen.env.bytes, sizeof("PATH=/bin\0HOME=/"));
	assert_memory_equal(tree_seen.env.data, "PATH=/bin\0HOME=/", tree_seen.env.bytes);
}

static void what_is_optional_may_be_missing(void **state)
{
	(void)state;
	fake_tree.fault.node = "chosen";
	fake_tree.fault.property = LDE_DT_WITHOUT;
	fake_tree_make();
	assert_null(fake_tree_read());
	assert_true(tree_seen.machine.limits.preemption);
	fake_tree.fault.node = "cpu@0";
	fake_tree.fault.property = LDE_DT_FEATURES;
	fake_tree_make();
	assert_null(fake_tree_read());
	assert_false(tree_seen.machine.features.fsgsbase);
	fake_tree.fault.node = "program@0";
	fake_tree.fault.property = LDE_DT_ARGV;
	fake_tree_make();
	assert_null(fake_tree_read());
	assert_int_equal(tree_seen.programs[0].argv.bytes, 0);
	fake_tree.fault.node = "program@1";
	fake_tree_make();
	assert_null(fake_tree_read());
	assert_int_equal(tree_seen.programs[0].argv.bytes, 10);
	assert_int_equal(tree_seen.programs[1].argv.bytes, 0); /* and not that of the one before */
}

static void a_feature_is_its_whole_name(void **state)
{
	(void)state;
	fake_tree.features = "xsavexx\0sme\0um ip\0\0FSGSBASE";
	fake_tree.features_len = sizeof("xsavexx\0sme\0um ip\0\0FSGSBASE");
	fake_tree_make();
	assert_null(fake_tree_read());
	assert_false(tree_seen.machine.features.fsgsbase || tree_seen.machine.features.xsave ||
		     tree_seen.machine.features.umip || tree_seen.machine.features.smep);
	fake_tree.features = "smep\0xsave\0kvm-pv-eoi";
	fake_tree.features_len = sizeof("smep\0xsave\0kvm-pv-eoi");
	fake_tree_make();
	assert_null(fake_tree_read());
	assert_true(tree_seen.machine.features.xsave && tree_seen.machine.features.smep &&
		    tree_seen.machine.features.pv_eoi);
}

static void the_console_is_no_disk(void **state)
{
	(void)state;
	fake_tree.nr_disks = LDE_VIRTIO_MAX;
	fake_tree_make();
	assert_null(fake_tree_read());
	assert_int_equal(tree_seen.machine.nr_virtio, LDE_VIRTIO_MAX);
	assert_int_equal(tree_seen.machine.console_virtio.regs, 0);
	fake_tree.has_console = true;
	fake_tree_make();
	assert_null(fake_tree_read());
	assert_int_equal(tree_seen.machine.nr_virtio, LDE_VIRTIO_MAX);
	assert_int_equal(tree_seen.machine.console_virtio.regs, 0xd0001000);
	assert_int_equal(tree_seen.machine.console_virtio.vector, 0x31);
	assert_int_equal(tree_seen.machine.virtio[1].regs, 0xd0002000);
	fake_tree.has_console = false;
	fake_tree.nr_disks++;
	fake_tree_make();
	assert_string_equal(fake_tree_read(), "it has too many virtio devices");
}

static const char *refuse_machine(const struct machine_tree *tree)
{
	(void)tree;
	return "no machine";
}

static const char *refuse_program(const struct machine_tree *tree, const struct tree_program *p)
{
	(void)tree;
	return p->count == 1 ? "no program" : NULL;
}

static void what_a_visitor_says_is_passed_on(void **state)
{
	const struct tree_visitor first = { refuse_machine, fake_tree_on_program };
	const struct tree_visitor second = { fake_tree_on_machine, refuse_program };
	struct machine_tree tree;

	(void)state;
	fake_tree_make();
	memcpy(direct_map(MIB), fake_tree_memory, FAKE_TREE_BYTES);
	tree_seen.nr_programs = tree_seen.nr_machines = 0;
	assert_string_equal(tree_read(MIB, &tree, &first), "no machine");
	assert_int_equal(tree_seen.nr_programs, 0);
	assert_string_equal(tree_read(MIB, &tree, &second), "no program");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, fake_tree_set_up)
	const struct CMUnitTest tests[] = {
		TEST(a_complete_tree_is_read),
		TEST(programs_come_in_order),
		TEST(what_is_optional_may_be_missing),
		TEST(a_feature_is_its_whole_name),
		TEST(the_console_is_no_disk),
		TEST(what_a_visitor_says_is_passed_on),
	};

	return cmocka_run_group_tests_name("kernel_tree", tests, NULL, NULL);
}
