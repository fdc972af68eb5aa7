/* SPDX-License-Identifier: MIT */
/*
 * The machine as the device tree describes it (docs/contract.md): read once at
 * boot into this; nothing else looks at the tree.
 */
#ifndef GUEST_DEV_TREE_H
#define GUEST_DEV_TREE_H

#include <lde/boot.h>
#include <lde/layout.h>

#include "guest/arch/cpu.h"
#include "guest/arch/event.h"
#include "guest/dev/console.h"
#include "guest/lib/limits.h"

/* Strings one after the other, each with its NUL: what argv and environ hold. */
struct string_list {
	const char *data;
	uint32_t bytes;
};

struct tree_program {
	const char *path;
	struct string_list argv;
	uint32_t count;
	uint32_t tickets;   /* 1..LDE_TICKETS_MAX */
	uint64_t length_ns; /* 0: not said */
	uint64_t arrival_ns; /* after the start */
};

/* The scheduling policy: include/lde/boot.h. */
struct tree_sched {
	const char *name;
	uint64_t seed;
	uint32_t nr_levels;
	uint64_t quanta_ns[LDE_SCHED_LEVELS_MAX];
	uint32_t allotments[LDE_SCHED_LEVELS_MAX];
	uint64_t boost_ns;
	bool stay, io_bump, switch_on_end, io_immediate; /* LDE_RULE_* */
	const uint32_t *draws; /* big-endian */
	uint32_t nr_draws;
};

/* A virtio device with its registers in memory. */
struct virtio_node {
	paddr_t regs;
	uint32_t vector;
};

/* Which files the host is to have, and how; none if paths is empty. */
struct tree_export {
	uint32_t port, vector;
	struct string_list paths;
};

struct machine_tree {
	uint64_t memory_end;
	paddr_t tree_end;
	uint64_t initrd_start, initrd_end;
	uint64_t tsc_hz;
	struct cpu_features features;
	uint64_t quantum_ns;
	struct tree_sched sched;
	struct limits limits;
	bool forwards_syscalls; /* LDE_SYSCALLS_EXIT */
	bool has_logical_clock;
	uint64_t tick_ns;
	bool has_slow; /* a /dev/slow, with... */
	uint64_t slow_ns;
	struct string_list mounts; /* each as mount.h has it */
	struct virtio_node virtio[LDE_VIRTIO_MAX];
	uint32_t nr_virtio;
	struct virtio_node console_virtio; /* regs 0: the console is at its port */
	bool checks_itself;
	uint32_t processes_max;  /* 0: as memory allows */
	const uint8_t *rng_seed; /* LDE_DT_RNG_SEED_SIZE bytes */
	uint32_t monitor_port;
	struct console_info console;
	struct event_source events;
	struct tree_export export;
	struct string_list env;
};

/* What is to be done on the way; each returns NULL, or what is wrong. */
struct tree_visitor {
	/* All but env has been read. */
	const char *(*machine)(const struct machine_tree *tree);
	/* For each program, in order; env has been read. */
	const char *(*program)(const struct machine_tree *tree, const struct tree_program *program);
};

/*
 * Reads the tree at fdt, which must stay, for its strings are pointed to. NULL,
 * or what is wrong. May be offloaded.
 */
const char *tree_read(paddr_t fdt, struct machine_tree *tree, const struct tree_visitor *visitor);

#endif
