/* SPDX-License-Identifier: MIT */
/*
 * Nodes and properties are written one after the other into the final blob
 * (libfdt's sequential-write functions), in the order of include/lde/boot.h:
 * the guest walks them, and pays for each byte that it looks at.
 */
#include "vmm/dev/fdt.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lde/device.h>
#include <lde/layout.h>

#define PHANDLE_LAPIC 1

/* Everything but the strings of the workload takes about 2 KiB. */
#define FIXED_SIZE   8192
#define PROGRAM_SIZE 128
/* Of a list of strings; libfdt counts in int, and the guest has to hold it. */
#define LIST_MAX (16u << 20)

/* Keeps the first error; after one, nothing more is written. */
struct latch {
	void *blob;
	int error; /* FDT_ERR_*, negative */
};

static void keep(struct latch *latch, int error)
{
	if (!latch->error && error < 0)
		latch->error = error;
}

static void node_begin(struct latch *latch, const char *name)
{
	if (!latch->error)
		keep(latch, fdt_begin_node(latch->blob, name));
}

static void node_begin_at(struct latch *latch, const char *name, unsigned int unit)
{
	char full[48];

	snprintf(full, sizeof(full), "%s@%x", name, unit);
	node_begin(latch, full);
}

static void node_end(struct latch *latch)
{
	if (!latch->error)
		keep(latch, fdt_end_node(latch->blob));
}

static void put_bytes(struct latch *latch, const char *name, const void *bytes, size_t len)
{
	if (!latch->error)
		keep(latch, fdt_property(latch->blob, name, bytes, (int)len));
}

static void put_string(struct latch *latch, const char *name, const char *string)
{
	put_bytes(latch, name, string, strlen(string) + 1);
}

static void put_cells(struct latch *latch, const char *name, const uint32_t *cells, size_t nr)
{
	void *space;

	if (latch->error)
		return;
	keep(latch, fdt_property_placeholder(latch->blob, name, (int)(nr * sizeof(fdt32_t)), &space));
	for (size_t i = 0; !latch->error && i < nr; i++)
		((fdt32_t *)space)[i] = cpu_to_fdt32(cells[i]);
}

static void put_cell(struct latch *latch, const char *name, uint32_t cell)
{
	put_cells(latch, name, &cell, 1);
}

static void put_u64(struct latch *latch, const char *name, uint64_t value)
{
	fdt64_t raw = cpu_to_fdt64(value);

	put_bytes(latch, name, &raw, sizeof(raw));
}

static void put_address_cells(struct latch *latch, uint32_t address, uint32_t size)
{
	put_cell(latch, "#address-cells", address);
	put_cell(latch, "#size-cells", size);
}

static size_t list_len(const char *const *strings)
{
	size_t len = 0;

	for (; strings && *strings; strings++)
		len += strlen(*strings) + 1;
	return len;
}

/* A list of strings, one after the other, each with its NUL. */
static void put_list(struct latch *latch, const char *name, const char *const *strings)
{
	void *space;

	if (latch->error)
		return;
	keep(latch,
	     fdt_property_placeholder(latch->blob, name, (int)list_len(strings), &space));
	if (latch->error)
		return;
	for (char *end = space; strings && *strings; strings++)
		end = stpcpy(end, *strings) + 1;
}

static void put_memory(struct latch *latch, const struct dtree_config *config)
{
	const uint32_t reg[4] = {0, 0, (uint32_t)(config->memory_bytes >> 32),
				 (uint32_t)config->memory_bytes};

	node_begin_at(latch, "memory", 0);
	put_string(latch, "device_type", "memory");
	put_cells(latch, "reg", reg, 4);
	node_end(latch);
}

static void put_features(struct latch *latch, const struct dtree_config *config)
{
	const char *features[7] = {NULL};
	size_t nr = 0;

	if (config->has_fsgsbase)
		features[nr++] = LDE_FEATURE_FSGSBASE;
	if (config->has_xsave)
		features[nr++] = LDE_FEATURE_XSAVE;
	if (config->has_umip)
		features[nr++] = LDE_FEATURE_UMIP;
	if (config->has_smep)
		features[nr++] = LDE_FEATURE_SMEP;
	if (config->has_pv_eoi)
		features[nr++] = LDE_FEATURE_PV_EOI;
	if (config->has_host_fsgsbase)
		features[nr++] = LDE_FEATURE_HOST_FSGSBASE;
	put_list(latch, LDE_DT_FEATURES, features);
}

static void put_cpus(struct latch *latch, const struct dtree_config *config)
{
	node_begin(latch, "cpus");
	put_address_cells(latch, 1, 0);
	node_begin_at(latch, "cpu", 0);
	put_string(latch, "device_type", "cpu");
	put_string(latch, "compatible", LDE_DT_COMPAT_VCPU);
	put_cell(latch, "reg", 0);
	put_u64(latch, LDE_DT_TSC_HZ, config->tsc_hz);
	put_features(latch, config);
	node_end(latch);
	node_end(latch);
}

static void put_sched(struct latch *latch, const struct sched_config *sched)
{
	fdt64_t quanta[LDE_SCHED_LEVELS_MAX];

	if (sched->name)
		put_string(latch, LDE_DT_SCHED, sched->name);
	if (sched->seed)
		put_u64(latch, LDE_DT_SCHED_SEED, sched->seed);
	for (uint32_t i = 0; i < sched->nr_levels; i++)
		quanta[i] = cpu_to_fdt64(sched->quanta_ns[i]);
	if (sched->nr_levels)
		put_bytes(latch, LDE_DT_SCHED_QUANTA, quanta, sched->nr_levels * sizeof(quanta[0]));
	if (sched->nr_allotments)
		put_cells(latch, LDE_DT_SCHED_ALLOTMENT, sched->allotments, sched->nr_allotments);
	if (sched->boost_ns)
		put_u64(latch, LDE_DT_SCHED_BOOST, sched->boost_ns);
	if (sched->rules[0])
		put_list(latch, LDE_DT_SCHED_RULES, sched->rules);
	if (sched->nr_draws)
		put_cells(latch, LDE_DT_SCHED_DRAWS, sched->draws, sched->nr_draws);
}

static void put_clock(struct latch *latch, const struct clock_config *clock)
{
	if (clock->is_logical)
		put_string(latch, LDE_DT_CLOCK, LDE_CLOCK_LOGICAL);
	if (clock->tick_ns)
		put_u64(latch, LDE_DT_TICK_NS, clock->tick_ns);
	if (clock->has_slow)
		put_u64(latch, LDE_DT_SLOW_NS, clock->slow_ns);
}

static void put_chosen(struct latch *latch, const struct dtree_config *config)
{
	node_begin(latch, "chosen");
	put_string(latch, "bootargs", "");
	put_u64(latch, "linux,initrd-start", 0);
	put_u64(latch, "linux,initrd-end", 0);
	put_bytes(latch, "rng-seed", config->rng_seed, sizeof(config->rng_seed));
	put_u64(latch, LDE_DT_QUANTUM_NS, config->quantum_ns);
	put_sched(latch, &config->sched);
	put_clock(latch, &config->clock);
	if (config->forward_syscalls)
		put_string(latch, LDE_DT_SYSCALLS, LDE_SYSCALLS_EXIT);
	if (config->without && config->without[0])
		put_list(latch, LDE_DT_WITHOUT, config->without);
	if (config->processes_max)
		put_cell(latch, LDE_DT_PROCESSES, config->processes_max);
	if (config->mounts && config->mounts[0])
		put_list(latch, LDE_DT_MOUNTS, config->mounts);
	if (config->self_check)
		put_bytes(latch, LDE_DT_SELF_CHECK, NULL, 0);
	node_end(latch);
}

static void put_console(struct latch *latch, const struct dtree_config *config)
{
	const uint32_t reg[2] = {LDE_CONSOLE_PORT, LDE_CONSOLE_PORT_SIZE};
	const uint32_t winsize[2] = {config->rows, config->columns};

	node_begin_at(latch, "console", LDE_CONSOLE_PORT);
	put_string(latch, "compatible", LDE_DT_COMPAT_CONSOLE);
	put_cells(latch, "reg", reg, 2);
	put_cell(latch, "interrupts", LDE_CONSOLE_VECTOR);
	put_cells(latch, LDE_DT_STDIO_MODE, config->stdio_mode, 3);
	put_cell(latch, LDE_DT_TTY, config->tty_mask);
	put_cells(latch, LDE_DT_WINSIZE, winsize, 2);
	node_end(latch);
}

static void put_monitor(struct latch *latch)
{
	const uint32_t reg[2] = {LDE_MONITOR_PORT, LDE_MONITOR_PORT_SIZE};

	node_begin_at(latch, "monitor", LDE_MONITOR_PORT);
	put_string(latch, "compatible", LDE_DT_COMPAT_MONITOR);
	put_cells(latch, "reg", reg, 2);
	node_end(latch);
}

static void put_trace(struct latch *latch, const struct dtree_config *config)
{
	const uint32_t reg[2] = {LDE_TRACE_PORT, LDE_TRACE_PORT_SIZE};
	const fdt64_t ring[2] = {cpu_to_fdt64(config->trace_gpa),
				 cpu_to_fdt64(config->trace_bytes)};

	node_begin_at(latch, "trace", LDE_TRACE_PORT);
	put_string(latch, "compatible", LDE_DT_COMPAT_TRACE);
	put_cells(latch, "reg", reg, 2);
	put_bytes(latch, LDE_DT_TRACE_RING, ring, sizeof(ring));
	put_cell(latch, LDE_DT_TRACE_EVENTS, config->trace_classes);
	node_end(latch);
}

static void put_export(struct latch *latch, const struct dtree_config *config)
{
	const uint32_t reg[2] = {LDE_EXPORT_PORT, LDE_EXPORT_PORT_SIZE};

	node_begin_at(latch, "export", LDE_EXPORT_PORT);
	put_string(latch, "compatible", LDE_DT_COMPAT_EXPORT);
	put_cells(latch, "reg", reg, 2);
	put_cell(latch, "interrupts", LDE_EXPORT_VECTOR);
	put_list(latch, LDE_DT_PATHS, config->export_paths);
	node_end(latch);
}

static void put_ports(struct latch *latch, const struct dtree_config *config)
{
	node_begin(latch, "ports");
	put_string(latch, "compatible", LDE_DT_COMPAT_PORTS);
	put_address_cells(latch, 1, 1);
	put_console(latch, config);
	put_monitor(latch);
	if (config->trace_bytes)
		put_trace(latch, config);
	if (config->export_paths)
		put_export(latch, config);
	node_end(latch);
}

static void put_virtio(struct latch *latch, uint32_t idx, bool is_console)
{
	const uint32_t gpa = LDE_VIRTIO_GPA + idx * LDE_VIRTIO_STRIDE;
	const uint32_t reg[4] = {0, gpa, 0, LDE_VIRTIO_SIZE};

	node_begin_at(latch, "virtio_mmio", gpa);
	put_string(latch, "compatible", LDE_DT_COMPAT_VIRTIO);
	put_cells(latch, "reg", reg, 4);
	put_cell(latch, "interrupts",
		 is_console ? LDE_VIRTIO_CONSOLE_VECTOR : LDE_VIRTIO_VECTOR + idx);
	if (is_console)
		put_bytes(latch, LDE_DT_IS_CONSOLE, NULL, 0);
	node_end(latch);
}

static void put_interrupt_controller(struct latch *latch)
{
	node_begin(latch, "interrupt-controller");
	put_string(latch, "compatible", LDE_DT_COMPAT_LAPIC);
	put_bytes(latch, "interrupt-controller", NULL, 0);
	put_cell(latch, "#address-cells", 0);
	put_cell(latch, "#interrupt-cells", 1);
	put_cell(latch, "phandle", PHANDLE_LAPIC);
	node_end(latch);
}

static void put_program(struct latch *latch, const struct dtree_program *program,
			unsigned int idx)
{
	node_begin_at(latch, "program", idx);
	put_cell(latch, "reg", idx);
	put_string(latch, LDE_DT_PATH, program->guest_path);
	put_list(latch, LDE_DT_ARGV, (const char *const *)program->argv);
	put_cell(latch, LDE_DT_COUNT, program->count);
	if (program->share.tickets)
		put_cell(latch, LDE_DT_TICKETS, program->share.tickets);
	if (program->share.length_ns)
		put_u64(latch, LDE_DT_LENGTH_NS, program->share.length_ns);
	if (program->share.arrival_ns)
		put_u64(latch, LDE_DT_ARRIVAL_NS, program->share.arrival_ns);
	node_end(latch);
}

static void put_workload(struct latch *latch, const struct dtree_config *config)
{
	node_begin(latch, "workload");
	put_address_cells(latch, 1, 0);
	if (config->env && config->env[0])
		put_list(latch, LDE_DT_ENV, (const char *const *)config->env);
	for (size_t i = 0; i < config->nr_programs; i++)
		put_program(latch, &config->programs[i], (unsigned int)i);
	node_end(latch);
}

static void put_tree(struct latch *latch, const struct dtree_config *config)
{
	node_begin(latch, "");
	put_string(latch, "compatible", LDE_DT_COMPAT_MACHINE);
	put_address_cells(latch, 2, 2);
	put_cell(latch, "interrupt-parent", PHANDLE_LAPIC);
	put_memory(latch, config);
	put_cpus(latch, config);
	put_chosen(latch, config);
	put_ports(latch, config);
	for (uint32_t i = 0; i < config->nr_virtio; i++)
		put_virtio(latch, i, config->has_virtio_console && i + 1 == config->nr_virtio);
	put_interrupt_controller(latch);
	put_workload(latch, config);
	node_end(latch);
}

/* An upper bound of the blob's size, or 0 if it is too much. */
static size_t bound_size(const struct dtree_config *config)
{
	size_t size = FIXED_SIZE + list_len(config->without) + list_len(config->mounts) +
		      config->sched.nr_draws * sizeof(fdt32_t) +
		      list_len(config->export_paths) +
		      list_len((const char *const *)config->env);

	for (size_t i = 0; i < config->nr_programs && size <= LIST_MAX; i++) {
		const struct dtree_program *program = &config->programs[i];
		size += PROGRAM_SIZE + strlen(program->guest_path) +
			list_len((const char *const *)program->argv);
	}
	return size <= LIST_MAX ? size : 0;
}

static int build_in(void *blob, size_t size, const struct dtree_config *config)
{
	struct latch latch = {.blob = blob};

	keep(&latch, fdt_create(blob, (int)size));
	if (!latch.error)
		keep(&latch, fdt_finish_reservemap(blob));
	put_tree(&latch, config);
	if (!latch.error)
		keep(&latch, fdt_finish(blob));
	return latch.error;
}

int dtree_build(const struct dtree_config *config, void **blob, size_t *len)
{
	size_t size = bound_size(config);

	if (!size)
		return -E2BIG;
	*blob = malloc(size);
	if (!*blob)
		return -ENOMEM;
	if (build_in(*blob, size, config)) {
		free(*blob);
		*blob = NULL;
		return -E2BIG;
	}
	*len = fdt_totalsize(*blob);
	return 0;
}

int dtree_set_initrd(void *blob, uint64_t start, uint64_t end)
{
	int chosen = fdt_path_offset(blob, "/chosen");

	if (chosen < 0 || fdt_setprop_inplace_u64(blob, chosen, "linux,initrd-start", start) ||
	    fdt_setprop_inplace_u64(blob, chosen, "linux,initrd-end", end))
		return -EINVAL;
	return 0;
}

void dtree_probe_stdio(struct dtree_config *config)
{
	config->tty_mask = 0;
	config->rows = config->columns = 0;
	for (int fd = 0; fd < 3; fd++) {
		struct winsize winsize;
		struct stat st;
		config->stdio_mode[fd] = fstat(fd, &st) ? 0 : st.st_mode;
		/* Only a character device can be one: spares an ioctl. */
		if (!S_ISCHR(config->stdio_mode[fd]) || !isatty(fd))
			continue;
		config->tty_mask |= 1u << fd;
		if (!config->rows && !ioctl(fd, TIOCGWINSZ, &winsize)) {
			config->rows = winsize.ws_row;
			config->columns = winsize.ws_col;
		}
	}
}
