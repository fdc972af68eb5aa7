/* SPDX-License-Identifier: MIT */
#include "tests/unit/fake/fake_tree.h"

#include "tests/unit/fake/fake.h"

#include <string.h>

#include <lde/boot.h>

struct fake_tree fake_tree;
struct tree_seen tree_seen;
char fake_tree_memory[FAKE_TREE_BYTES];

static const char *current_node;

/* What is added as value, len bytes, after the fault. False: nothing. */
static bool spoil(char *value, int *len)
{
	fake_tree.fault.nr_met++;
	switch (fake_tree.fault.how) {
	case FAULT_OMIT:
		return false;
	case FAULT_SHORTEN:
		*len -= 4;
		break;
	case FAULT_LENGTHEN:
		*len += 4;
		break;
	case FAULT_EMPTY:
		*len = 0;
		break;
	case FAULT_OPEN_END:
		value[*len - 1] = 'x';
		break;
	}
	return true;
}

static bool is_to_fault(const char *name)
{
	return fake_tree.fault.node && !strcmp(fake_tree.fault.node, current_node) &&
	       !strcmp(fake_tree.fault.property, name);
}

static void add(const char *name, const void *value, int len)
{
	char copy[1024];

	assert_true(len + 4 <= (int)sizeof(copy));
	if (len)
		memcpy(copy, value, (size_t)len);
	memset(copy + len, 0, 4);
	if (!is_to_fault(name) || spoil(copy, &len))
		assert_int_equal(fdt_property(fake_tree_memory, name, copy, len), 0);
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
	assert_int_equal(fdt_begin_node(fake_tree_memory, name), 0);
}

static void end_node(void)
{
	assert_int_equal(fdt_end_node(fake_tree_memory), 0);
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
	if (fake_tree.tickets)
		add_u32s(LDE_DT_TICKETS, 1, fake_tree.tickets, 0, 0);
	add_u64s(LDE_DT_LENGTH_NS, 1, 30000, 0);
	end_node();
	end_node();
}

/* Disks, and the console between the first one and the others. */
static void add_virtio(void)
{
	for (unsigned i = 0; i < fake_tree.nr_disks + fake_tree.has_console; i++) {
		begin_node("virtio_mmio@d0000000");
		ADD_STRINGS("compatible", LDE_DT_COMPAT_VIRTIO);
		add_u64s("reg", 2, 0xd0000000 + i * 0x1000, 0x200);
		add_u32s("interrupts", 1, 0x30 + i, 0, 0);
		if (fake_tree.has_console && i == 1)
			add(LDE_DT_IS_CONSOLE, NULL, 0);
		end_node();
	}
}

static void add_sched(void)
{
	const fdt64_t quanta[3] = { cpu_to_fdt64(1000), cpu_to_fdt64(0), cpu_to_fdt64(4000) };

	ADD_STRINGS(LDE_DT_SCHED, "mlfq");
	add_u64s(LDE_DT_SCHED_SEED, 1, 42, 0);
	add(LDE_DT_SCHED_QUANTA, quanta, sizeof(quanta));
	add_u32s(LDE_DT_SCHED_ALLOTMENT, 1, 5, 0, 0);
	add_u64s(LDE_DT_SCHED_BOOST, 1, 77, 0);
}

static void add_clock(void)
{
	ADD_STRINGS(LDE_DT_CLOCK, LDE_CLOCK_LOGICAL);
	add_u64s(LDE_DT_TICK_NS, 1, 500, 0);
	add_u64s(LDE_DT_SLOW_NS, 1, 0, 0);
	ADD_STRINGS(LDE_DT_SCHED_RULES, LDE_RULE_STAY "\0" LDE_RULE_IO_IMMEDIATE);
	add_u32s(LDE_DT_SCHED_DRAWS, 3, 8, 9, 10);
}

void fake_tree_make(void)
{
	static const char seed[LDE_DT_RNG_SEED_SIZE] = { 1, 2, 3 };

	assert_int_equal(fdt_create(fake_tree_memory, FAKE_TREE_BYTES), 0);
	assert_int_equal(fdt_finish_reservemap(fake_tree_memory), 0);
	begin_node("");
	add_u32s("#address-cells", 1, 2, 0, 0);
	begin_node("memory@0");
	ADD_STRINGS("device_type", "memory");
	add_u64s("reg", 2, fake_tree.memory_start, 0x8000000);
	end_node();
	begin_node("cpus");
	begin_node("cpu@0");
	add_u64s(LDE_DT_TSC_HZ, 1, fake_tree.tsc_hz, 0);
	add(LDE_DT_FEATURES, fake_tree.features, fake_tree.features_len);
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
	if (fake_tree.has_sched)
		add_sched();
	if (fake_tree.has_clock)
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
	assert_int_equal(fdt_finish(fake_tree_memory), 0);
}

int fake_tree_set_up(void **state)
{
	(void)state;
	fake_boot(64);
	fake_tree = (struct fake_tree){
		.tickets = 75,
		.tsc_hz = 2600000123,
		.features = "fsgsbase\0umip",
		.features_len = sizeof("fsgsbase\0umip"),
	};
	return 0;
}

const char *fake_tree_on_machine(const struct machine_tree *tree)
{
	assert_int_equal(tree_seen.nr_programs, 0);
	tree_seen.nr_machines++;
	tree_seen.machine = *tree;
	return NULL;
}

const char *fake_tree_on_program(const struct machine_tree *tree,
				 const struct tree_program *program)
{
	assert_int_equal(tree_seen.nr_machines, 1);
	tree_seen.env = tree->env;
	assert_true(tree_seen.nr_programs < ARRAY_SIZE(tree_seen.programs));
	tree_seen.programs[tree_seen.nr_programs++] = *program;
	return NULL;
}

const struct tree_visitor fake_tree_visitor = { fake_tree_on_machine, fake_tree_on_program };

const char *fake_tree_read(void)
{
	uint32_t len = ALIGN_UP(fdt_totalsize(fake_tree_memory), 8);
	struct machine_tree tree;

	tree_seen.nr_machines = tree_seen.nr_programs = 0;
	memcpy(direct_map(FAKE_GUARD - len), fake_tree_memory, fdt_totalsize(fake_tree_memory));
	return tree_read(FAKE_GUARD - len, &tree, &fake_tree_visitor);
}
