/* SPDX-License-Identifier: MIT */
/* The device tree, made with libfdt, read by the kernel. */
#include "tests/unit/fake/fake.h"

#include <string.h>

#include <lde/boot.h>
#include <libfdt.h>

#include "guest/dev/tree.h"

#define SPACE 16384

/* What is to be left out of the tree, or made wrong in it; NULL: nothing. */
static struct {
	const char *node, *property;
	enum { OMIT, SHORTEN, LENGTHEN, EMPTY, OPEN_END } how;
	unsigned nr_met;
} fault;

static char tree_memory[SPACE];
static const char *current_node;
static struct machine_tree machine;
static struct tree_program programs[4];
static struct string_list env;
static unsigned nr_programs, nr_machines;

static void add(const char *name, const void *value, int len)
{
	char copy[1024];

	assert_true(len + 4 <= (int)sizeof(copy));
	if (len)
		memcpy(copy, value, (size_t)len);
	memset(copy + len, 0, 4);
	if (fault.node && !strcmp(fault.node, current_node) && !strcmp(fault.property, name)) {
		fault.nr_met++;
		switch (fault.how) {
		case OMIT:
			return;
		case SHORTEN:
			len -= 4;
			break;
		case LENGTHEN:
			len += 4;
			break;
		case EMPTY:
			len = 0;
			break;
		case OPEN_END:
			copy[len - 1] = 'x';
			break;
		}
	}
	assert_int_equal(fdt_property(tree_memory, name, copy, len), 0);
}

static void add_u32s(const char *name, unsigned nr, uint32_t a, uint32_t b, uint32_t c)
{
	fdt32_t cells[3] = { cpu_to_fdt32(a), cpu_to_fdt32(b), cpu_to_fdt32(c) };

	add(name, cells, (int)(4 * nr));
}

static void add_u64s(const char *name, unsigned nr, uint64_t a, uint64_t b)
{
	fdt64_t cells[2] = { cpu_to_fdt64(a), cpu_to_fdt64(b) };

	add(name, cells, (int)(8 * nr));
}

#define ADD_STRINGS(name, text) add(name, text, sizeof(text))

static void begin_node(const char *name)
{
	current_node = name;
	assert_int_equal(fdt_begin_node(tree_memory, name), 0);
}

static void end_node(void)
{
	assert_int_equal(fdt_end_node(tree_memory), 0);
}

static void add_console(void)
{
	begin_node("console@600");
	ADD_STRINGS("compatible", LDE_DT_COMPAT_CONSOLE);
	add_u32s("reg", 2, 0x600, 4, 0);
	add_u32s("interrupts", 1, 0x30, 0, 0);
	add_u32s(LDE_DT_STDIO_MODE, 3, 020620, 010600, 0100644);
	add_u32s(LDE_DT_TTY, 1, 1, 0, 0);
	add_u32s(LDE_DT_WINSIZE, 2, 24, 80, 0);
	end_node();
}

static uint32_t tickets;
static unsigned nr_disks;
static bool with_console;

static void add_workload(void)
{
	begin_node("workload");
	ADD_STRINGS(LDE_DT_ENV, "PATH=/bin\0HOME=/");
	begin_node("program@0");
	add_u32s("reg", 1, 0, 0, 0);
	ADD_STRINGS(LDE_DT_PATH, "/bin/first");
	ADD_STRINGS(LDE_DT_ARGV, "first\0-x\0");
	add_u32s(LDE_DT_COUNT, 1, 3, 0, 0);
	end_node();
	begin_node("program@1");
	add_u32s("reg", 1, 1, 0, 0);
	ADD_STRINGS(LDE_DT_PATH, "/bin/second");
	ADD_STRINGS(LDE_DT_ARGV, "second");
	add_u32s(LDE_DT_COUNT, 1, 1, 0, 0);
	if (tickets)
		add_u32s(LDE_DT_TICKETS, 1, tickets, 0, 0);
	add_u64s(LDE_DT_LENGTH_NS, 1, 30000, 0);
	end_node();
	end_node();
}

/* Disks, and the console between the first one and the others. */
static void add_virtio(void)
{
	for (unsigned i = 0; i < nr_disks + with_console; i++) {
		begin_node("virtio_mmio@d0000000");
		ADD_STRINGS("compatible", LDE_DT_COMPAT_VIRTIO);
		add_u64s("reg", 2, 0xd0000000 + i * 0x1000, 0x200);
		add_u32s("interrupts", 1, 0x30 + i, 0, 0);
		if (with_console && i == 1)
			add(LDE_DT_IS_CONSOLE, NULL, 0);
		end_node();
	}
}

static uint64_t memory_start, tsc_hz;
static const char *features;
static int features_len;

static bool with_sched;

static void add_sched(void)
{
	const fdt64_t quanta[3] = { cpu_to_fdt64(1000), cpu_to_fdt64(0), cpu_to_fdt64(4000) };

	ADD_STRINGS(LDE_DT_SCHED, "mlfq");
	add_u64s(LDE_DT_SCHED_SEED, 1, 42, 0);
	add(LDE_DT_SCHED_QUANTA, quanta, sizeof(quanta));
	add_u32s(LDE_DT_SCHED_ALLOTMENT, 1, 5, 0, 0);
	add_u64s(LDE_DT_SCHED_BOOST, 1, 77, 0);
}

static bool with_clock;

static void add_clock(void)
{
	ADD_STRINGS(LDE_DT_CLOCK, LDE_CLOCK_LOGICAL);
	add_u64s(LDE_DT_TICK_NS, 1, 500, 0);
	add_u64s(LDE_DT_SLOW_NS, 1, 0, 0);
	ADD_STRINGS(LDE_DT_SCHED_RULES, LDE_RULE_STAY "\0" LDE_RULE_IO_IMMEDIATE);
	add_u32s(LDE_DT_SCHED_DRAWS, 3, 8, 9, 10);
}

static void make_tree(void)
{
	static const char seed[LDE_DT_RNG_SEED_SIZE] = { 1, 2, 3 };

	assert_int_equal(fdt_create(tree_memory, SPACE), 0);
	assert_int_equal(fdt_finish_reservemap(tree_memory), 0);
	begin_node("");
	add_u32s("#address-cells", 1, 2, 0, 0);
	begin_node("memory@0");
	ADD_STRINGS("device_type", "memory");
	add_u64s("reg", 2, memory_start, 0x8000000);
	end_node();
	begin_node("cpus");
	begin_node("cpu@0");
	add_u64s(LDE_DT_TSC_HZ, 1, tsc_hz, 0);
	add(LDE_DT_FEATURES, features, features_len);
	end_node();
	end_node();
	begin_node("chosen");
	ADD_STRINGS("bootargs", "free text");
	add_u64s("linux,initrd-start", 1, 0x400000, 0);
	add_u64s("linux,initrd-end", 1, 0x500123, 0);
	add("rng-seed", seed, sizeof(seed));
	add_u64s(LDE_DT_QUANTUM_NS, 1, 10000000, 0);
	ADD_STRINGS(LDE_DT_WITHOUT, "other\0preemption");
	ADD_STRINGS(LDE_DT_MOUNTS, "vda:/mnt\0vdb:/b:ro");
	add(LDE_DT_SELF_CHECK, NULL, 0);
	add_u32s(LDE_DT_PROCESSES, 1, 77, 0, 0);
	if (with_sched)
		add_sched();
	if (with_clock)
		add_clock();
	end_node();
	begin_node("ports");
	add_console();
	begin_node("monitor@610");
	add_u32s("reg", 2, 0x610, 0x10, 0);
	end_node();
	end_node();
	add_virtio();
	add_workload();
	end_node();
	assert_int_equal(fdt_finish(tree_memory), 0);
}

static int set_up(void **state)
{
	(void)state;
	fake_boot(64);
	memset(&fault, 0, sizeof(fault));
	memory_start = 0;
	with_sched = with_console = false;
	with_clock = false;
	nr_disks = 0;
	tickets = 75;
	tsc_hz = 2600000123;
	features = "fsgsbase\0umip";
	features_len = sizeof("fsgsbase\0umip");
	return 0;
}

static const char *on_machine(const struct machine_tree *tree)
{
	assert_int_equal(nr_programs, 0);
	nr_machines++;
	machine = *tree;
	return NULL;
}

static const char *on_program(const struct machine_tree *tree, const struct tree_program *program)
{
	assert_int_equal(nr_machines, 1);
	env = tree->env;
	assert_true(nr_programs < ARRAY_SIZE(programs));
	programs[nr_programs++] = *program;
	return NULL;
}

static const struct tree_visitor visitor = { on_machine, on_program };

/* Puts the tree right before the guard. */
static const char *read_tree(void)
{
	uint32_t len = ALIGN_UP(fdt_totalsize(tree_memory), 8);
	struct machine_tree tree;

	nr_machines = nr_programs = 0;
	memcpy(direct_map(FAKE_GUARD - len), tree_memory, fdt_totalsize(tree_memory));
	return tree_read(FAKE_GUARD - len, &tree, &visitor);
}

static void a_complete_tree_is_read(void **state)
{
	(void)state;
	make_tree();
	assert_null(read_tree());
	assert_int_equal(nr_machines, 1);
	assert_int_equal(machine.memory_end, 0x8000000);
	assert_true(machine.tree_end <= FAKE_GUARD && machine.tree_end > FAKE_GUARD - 8);
	assert_int_equal(machine.initrd_start, 0x400000);
	assert_int_equal(machine.initrd_end, 0x500123);
	assert_int_equal(machine.tsc_hz, 2600000123);
	assert_int_equal(machine.quantum_ns, 10000000);
	assert_true(machine.features.fsgsbase && machine.features.umip);
	assert_false(machine.features.xsave || machine.features.smep || machine.features.pv_eoi);
	assert_false(machine.limits.preemption);
	assert_true(machine.checks_itself);
	assert_int_equal(machine.mounts.bytes, sizeof("vda:/mnt\0vdb:/b:ro"));
	assert_memory_equal(machine.mounts.data, "vda:/mnt\0vdb:/b:ro", machine.mounts.bytes);
	assert_int_equal(machine.processes_max, 77);
	assert_int_equal(machine.rng_seed[2], 3);
	assert_int_equal(machine.monitor_port, 0x610);
	assert_int_equal(machine.console.port, 0x600);
	assert_int_equal(machine.console.vector, 0x30);
	assert_int_equal(machine.console.mode[2], 0100644);
	assert_int_equal(machine.console.tty, 1);
	assert_int_equal(machine.console.window[1], 80);
}

static void without_a_policy_it_is_round_robin(void **state)
{
	(void)state;
	make_tree();
	assert_null(read_tree());
	assert_string_equal(machine.sched.name, "rr");
	assert_int_equal(machine.sched.nr_levels, 1);
	assert_int_equal(machine.sched.quanta_ns[0], 10000000);
	assert_int_equal(machine.sched.seed, 1);
	assert_int_equal(machine.sched.allotments[0], 1);
	assert_int_equal(programs[0].tickets, LDE_TICKETS_DEFAULT);
	assert_int_equal(programs[0].length_ns, 0);
	assert_int_equal(programs[1].tickets, 75);
	assert_int_equal(programs[1].length_ns, 30000);
}

static void a_policy_is_read_with_what_it_takes(void **state)
{
	(void)state;
	with_sched = true;
	make_tree();
	assert_null(read_tree());
	assert_string_equal(machine.sched.name, "mlfq");
	assert_int_equal(machine.sched.seed, 42);
	assert_int_equal(machine.sched.nr_levels, 3);
	assert_int_equal(machine.sched.quanta_ns[0], 1000);
	assert_int_equal(machine.sched.quanta_ns[1], 10000000); /* 0: the quantum */
	assert_int_equal(machine.sched.quanta_ns[2], 4000);
	assert_int_equal(machine.sched.allotments[0], 5);
	assert_int_equal(machine.sched.boost_ns, 77);
}

static void a_policy_that_makes_no_sense_is_refused(void **state)
{
	(void)state;
	with_sched = true;
	fault.node = "chosen";
	fault.property = LDE_DT_SCHED_QUANTA;
	fault.how = SHORTEN; /* half a number */
	make_tree();
	assert_non_null(read_tree());
	fault.property = LDE_DT_SCHED;
	fault.how = OPEN_END;
	make_tree();
	assert_non_null(read_tree());
	fault.node = NULL;
	tickets = LDE_TICKETS_MAX + 1;
	make_tree();
	assert_non_null(read_tree());
}

static void the_real_clock_is_the_usual_one(void **state)
{
	(void)state;
	make_tree();
	assert_null(read_tree());
	assert_false(machine.has_logical_clock);
	assert_false(machine.has_slow);
	assert_int_equal(machine.tick_ns, LDE_TICK_NS_DEFAULT);
	assert_int_equal(machine.sched.nr_draws, 0);
	assert_false(machine.sched.stay);
}

static void a_logical_clock_is_read_with_what_it_takes(void **state)
{
	(void)state;
	with_clock = true;
	make_tree();
	assert_null(read_tree());
	assert_true(machine.has_logical_clock);
	assert_int_equal(machine.tick_ns, 500);
	assert_true(machine.has_slow);
	assert_int_equal(machine.slow_ns, 0);
	assert_true(machine.sched.stay && machine.sched.io_immediate);
	assert_false(machine.sched.io_bump || machine.sched.switch_on_end);
	assert_int_equal(machine.sched.nr_draws, 3);
	assert_int_equal(fdt32_to_cpu(machine.sched.draws[2]), 10);
}

static void a_clock_that_makes_no_sense_is_refused(void **state)
{
	static const char *const properties[] = { LDE_DT_SLOW_NS, LDE_DT_TICK_NS };

	(void)state;
	with_clock = true;
	fault.node = "chosen";
	fault.how = SHORTEN;
	for (unsigned i = 0; i < ARRAY_SIZE(properties); i++) {
		fault.property = properties[i];
		make_tree();
		assert_non_null(read_tree());
	}
}

static void programs_come_in_order(void **state)
{
	(void)state;
	make_tree();
	assert_null(read_tree());
	assert_int_equal(nr_programs, 2);
	assert_string_equal(programs[0].path, "/bin/first");
	assert_int_equal(programs[0].argv.bytes, 10);
	assert_memory_equal(programs[0].argv.data, "first\0-x\0", 10);
	assert_int_equal(programs[0].count, 3);
	assert_string_equal(programs[1].path, "/bin/second");
	assert_int_equal(programs[1].argv.bytes, 7);
	assert_int_equal(programs[1].count, 1);
	assert_int_equal(env.bytes, sizeof("PATH=/bin\0HOME=/"));
	assert_memory_equal(env.data, "PATH=/bin\0HOME=/", env.bytes);
}

#define REQUIRED_NUMBERS(X)                                                                        \
	X("memory@0", "reg")                                                                       \
	X("cpu@0", LDE_DT_TSC_HZ)                                                                  \
	X("chosen", "linux,initrd-start")                                                          \
	X("chosen", "linux,initrd-end")                                                            \
	X("chosen", LDE_DT_QUANTUM_NS)                                                             \
	X("console@600", "reg")                                                                    \
	X("console@600", "interrupts")                                                             \
	X("console@600", LDE_DT_STDIO_MODE)                                                        \
	X("console@600", LDE_DT_TTY)                                                               \
	X("console@600", LDE_DT_WINSIZE)                                                           \
	X("monitor@610", "reg")                                                                    \
	X("program@0", LDE_DT_COUNT)                                                               \
	X("program@1", LDE_DT_COUNT)

struct place {
	const char *node, *property;
};
#define PLACE(node, property) { node, property },
static const struct place numbers[] = { REQUIRED_NUMBERS(PLACE) };
static const struct place strings[] = {
	{ "cpu@0", LDE_DT_FEATURES }, { "chosen", LDE_DT_WITHOUT },
	{ "chosen", LDE_DT_MOUNTS }, { "workload", LDE_DT_ENV },
	{ "program@0", LDE_DT_PATH }, { "program@1", LDE_DT_ARGV },
};

static void check_refused(const struct place *place, int how)
{
	const char *error;

	fault.node = place->node;
	fault.property = place->property;
	fault.how = how;
	fault.nr_met = 0;
	make_tree();
	assert_int_equal(fault.nr_met, 1);
	error = read_tree();
	if (!error)
		fail_msg("%s %s, %d", place->node, place->property, how);
	assert_string_equal(error, place->property); /* it says which */
}

static void a_missing_property_is_named(void **state)
{
	static const struct place path = { "program@1", LDE_DT_PATH }, seed = { "chosen", "rng-seed" };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++)
		check_refused(&numbers[i], OMIT);
	check_refused(&path, OMIT);
	check_refused(&seed, OMIT);
}

static void a_number_of_the_wrong_size_is_named(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++) {
		check_refused(&numbers[i], SHORTEN);
		check_refused(&numbers[i], LENGTHEN);
		check_refused(&numbers[i], EMPTY);
	}
}

static void a_string_without_an_end_is_named(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(strings); i++)
		check_refused(&strings[i], OPEN_END);
}

static void a_path_that_is_empty_is_named(void **state)
{
	static const struct place path = { "program@0", LDE_DT_PATH };

	(void)state;
	check_refused(&path, EMPTY);
}

static void what_is_optional_may_be_missing(void **state)
{
	(void)state;
	fault.node = "chosen";
	fault.property = LDE_DT_WITHOUT;
	make_tree();
	assert_null(read_tree());
	assert_true(machine.limits.preemption);
	fault.node = "cpu@0";
	fault.property = LDE_DT_FEATURES;
	make_tree();
	assert_null(read_tree());
	assert_false(machine.features.fsgsbase);
	fault.node = "program@0";
	fault.property = LDE_DT_ARGV;
	make_tree();
	assert_null(read_tree());
	assert_int_equal(programs[0].argv.bytes, 0);
	fault.node = "program@1";
	make_tree();
	assert_null(read_tree());
	assert_int_equal(programs[0].argv.bytes, 10);
	assert_int_equal(programs[1].argv.bytes, 0); /* and not that of the one before */
}

static void values_without_sense_are_refused(void **state)
{
	(void)state;
	memory_start = 0x1000;
	make_tree();
	assert_non_null(read_tree());
	memory_start = 0;
	tsc_hz = 0;
	make_tree();
	assert_non_null(read_tree());
	set_up(state);
	fault.node = "chosen";
	fault.property = "rng-seed";
	fault.how = SHORTEN;
	make_tree();
	assert_non_null(read_tree());
	assert_int_equal(nr_machines, 0);
}

static void a_feature_is_its_whole_name(void **state)
{
	(void)state;
	features = "xsavexx\0sme\0um ip\0\0FSGSBASE";
	features_len = sizeof("xsavexx\0sme\0um ip\0\0FSGSBASE");
	make_tree();
	assert_null(read_tree());
	assert_false(machine.features.fsgsbase || machine.features.xsave || machine.features.umip ||
		     machine.features.smep);
	features = "smep\0xsave\0kvm-pv-eoi";
	features_len = sizeof("smep\0xsave\0kvm-pv-eoi");
	make_tree();
	assert_null(read_tree());
	assert_true(machine.features.xsave && machine.features.smep && machine.features.pv_eoi);
}

static void the_console_is_no_disk(void **state)
{
	(void)state;
	nr_disks = LDE_VIRTIO_MAX;
	make_tree();
	assert_null(read_tree());
	assert_int_equal(machine.nr_virtio, LDE_VIRTIO_MAX);
	assert_int_equal(machine.console_virtio.regs, 0);
	with_console = true;
	make_tree();
	assert_null(read_tree());
	assert_int_equal(machine.nr_virtio, LDE_VIRTIO_MAX);
	assert_int_equal(machine.console_virtio.regs, 0xd0001000);
	assert_int_equal(machine.console_virtio.vector, 0x31);
	assert_int_equal(machine.virtio[1].regs, 0xd0002000);
	with_console = false;
	nr_disks++;
	make_tree();
	assert_string_equal(read_tree(), "it has too many virtio devices");
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
	const struct tree_visitor first = { refuse_machine, on_program };
	const struct tree_visitor second = { on_machine, refuse_program };
	struct machine_tree tree;

	(void)state;
	make_tree();
	memcpy(direct_map(MIB), tree_memory, SPACE);
	nr_programs = nr_machines = 0;
	assert_string_equal(tree_read(MIB, &tree, &first), "no machine");
	assert_int_equal(nr_programs, 0);
	assert_string_equal(tree_read(MIB, &tree, &second), "no program");
}

static void what_is_no_tree_is_refused(void **state)
{
	struct machine_tree tree;

	(void)state;
	assert_non_null(tree_read(MIB, &tree, &visitor)); /* zeroes */
	memset(direct_map(MIB), 0xff, 4096);
	assert_non_null(tree_read(MIB, &tree, &visitor));
}

static void a_tree_that_ends_too_early_is_refused(void **state)
{
	const fdt32_t end = cpu_to_fdt32(FDT_END);
	int last_program;

	(void)state;
	make_tree();
	last_program = fdt_path_offset(tree_memory, "/workload/program@1");
	assert_true(last_program > 0);
	for (int cut = 0; cut < last_program; cut += 4) {
		make_tree();
		fdt_set_size_dt_struct(tree_memory, (uint32_t)cut);
		assert_non_null(read_tree());
		/* By a tag; in the middle of a value it is none, and any result will do. */
		make_tree();
		memcpy(tree_memory + fdt_off_dt_struct(tree_memory) + cut, &end, sizeof(end));
		read_tree();
	}
}

static void nodes_that_end_before_they_begin_are_refused(void **state)
{
	fdt32_t tags[] = { cpu_to_fdt32(FDT_END_NODE), cpu_to_fdt32(FDT_END_NODE),
			   cpu_to_fdt32(FDT_END_NODE) };

	(void)state;
	make_tree();
	memcpy(tree_memory + fdt_off_dt_struct(tree_memory), tags, sizeof(tags));
	assert_non_null(read_tree());
	assert_int_equal(nr_machines, 0);
}

static void a_tree_that_is_too_deep_is_refused(void **state)
{
	(void)state;
	assert_int_equal(fdt_create(tree_memory, SPACE), 0);
	assert_int_equal(fdt_finish_reservemap(tree_memory), 0);
	for (unsigned i = 0; i < 20; i++)
		begin_node("n");
	for (unsigned i = 0; i < 20; i++)
		end_node();
	assert_int_equal(fdt_finish(tree_memory), 0);
	assert_non_null(read_tree());
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		TEST(a_complete_tree_is_read),
		TEST(without_a_policy_it_is_round_robin),
		TEST(a_policy_is_read_with_what_it_takes),
		TEST(a_policy_that_makes_no_sense_is_refused),
		TEST(the_real_clock_is_the_usual_one),
		TEST(a_logical_clock_is_read_with_what_it_takes),
		TEST(a_clock_that_makes_no_sense_is_refused),
		TEST(programs_come_in_order),
		TEST(a_missing_property_is_named),
		TEST(a_number_of_the_wrong_size_is_named),
		TEST(a_string_without_an_end_is_named),
		TEST(a_path_that_is_empty_is_named),
		TEST(what_is_optional_may_be_missing),
		TEST(values_without_sense_are_refused),
		TEST(a_feature_is_its_whole_name),
		TEST(the_console_is_no_disk),
		TEST(what_a_visitor_says_is_passed_on),
		TEST(what_is_no_tree_is_refused),
		TEST(a_tree_that_ends_too_early_is_refused),
		TEST(nodes_that_end_before_they_begin_are_refused),
		TEST(a_tree_that_is_too_deep_is_refused),
	};

	return cmocka_run_group_tests_name("kernel_tree", tests, NULL, NULL);
}
