/* SPDX-License-Identifier: MIT */
/*
 * The machine as the device tree describes it (docs/contract.md): read once at
 * boot into this; nothing else looks at the tree.
 */
#ifndef GUEST_DEV_TREE_H
#define GUEST_DEV_TREE_H

#include <lde/layout.h>

#include "guest/arch/cpu.h"
#include "guest/dev/console.h"

/* Strings one after the other, each with its NUL: what argv and environ hold. */
struct string_list {
	const char *data;
	uint32_t bytes;
};

struct tree_program {
	const char *path;
	struct string_list argv;
	uint32_t count;
};

struct machine_tree {
	paddr_t memory_end;
	paddr_t tree_start, tree_end;
	paddr_t initrd_start, initrd_end;
	uint64_t tsc_hz;
	struct cpu_features features;
	uint64_t quantum_ns;
	bool is_preemptive;
	const uint8_t *rng_seed; /* LDE_DT_RNG_SEED_SIZE bytes */
	uint16_t monitor_port;
	struct console_info console;
	struct string_list env;
	int workload; /* offset of /workload, for tree_next_program */
	const void *fdt;
};

/*
 * NULL, or what is wrong with the tree. May be offloaded.
 */
const char *tree_read(paddr_t fdt, struct machine_tree *tree);

/* The program after node (0: the first); 0 when there is none, -1 if malformed. */
int tree_next_program(const struct machine_tree *tree, int node, struct tree_program *program);

#endif
