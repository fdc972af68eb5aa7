/* SPDX-License-Identifier: MIT */
/*
 * Pairing heap with the links inside the elements: insert O(1), remove of any
 * element O(log n) amortised, no memory of its own. The smallest key is first;
 * equal keys leave in no particular order.
 */
#ifndef GUEST_LIB_HEAP_H
#define GUEST_LIB_HEAP_H

#include "guest/lib/compiler.h"

struct heap_node {
	uint64_t key;
	struct heap_node *child;
	struct heap_node *next;  /* sibling */
	struct heap_node *back;  /* previous sibling, or the parent of a first child */
};

struct heap {
	struct heap_node *root; /* smallest key, NULL when empty */
};

void heap_insert(struct heap *heap, struct heap_node *node, uint64_t key);
/* node must be on the heap. */
void heap_remove(struct heap *heap, struct heap_node *node);

/* Whether node is on the heap in its right place, as far as its links tell. */
bool heap_is_sound(const struct heap *heap, const struct heap_node *node);

#endif
