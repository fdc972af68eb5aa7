/* SPDX-License-Identifier: MIT */
/*
 * A device tree as the VMM makes it, with what a test changes or leaves out, and what
 * the kernel reads of it.
 */
#ifndef FAKE_FAKE_TREE_H
#define FAKE_FAKE_TREE_H

#include <libfdt.h>

#include "guest/dev/tree.h"

enum fake_tree_fault {
	FAULT_OMIT,
	FAULT_SHORTEN, /* by 4 bytes */
	FAULT_LENGTHEN,
	FAULT_EMPTY,
	FAULT_OPEN_END, /* a string without its NUL */
};

/* What the next tree is to be. */
extern struct fake_tree {
	uint64_t memory_start, tsc_hz;
	const char *features; /* strings, each with its NUL */
	int features_len;
	uint32_t tickets; /* of the second program; 0: not said */
	unsigned nr_disks;
	bool has_console; /* of virtio, behind the first disk */
	bool has_sched, has_clock;
	struct {
		const char *node, *property; /* NULL: nothing is wrong */
		enum fake_tree_fault how;
		unsigned nr_met; /* how often that property was added */
	} fault;
} fake_tree;

/* For each test, with cmocka: the usual tree. */
int fake_tree_set_up(void **state);

/* Makes the tree, here. */
void fake_tree_make(void);
#define FAKE_TREE_BYTES 16384
extern char fake_tree_memory[FAKE_TREE_BYTES];

/* Puts it right before the guard, and has the kernel read it: NULL, or what is wrong. */
const char *fake_tree_read(void);

/* What was read. */
extern struct tree_seen {
	struct machine_tree machine;
	struct tree_program programs[4];
	struct string_list env;
	unsigned nr_programs, nr_machines;
} tree_seen;

/* Notes it there. */
extern const struct tree_visitor fake_tree_visitor;
const char *fake_tree_on_machine(const struct machine_tree *tree);
const char *fake_tree_on_program(const struct machine_tree *tree,
				 const struct tree_program *program);

#endif
