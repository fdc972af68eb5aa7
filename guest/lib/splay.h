/* SPDX-License-Identifier: MIT */
/*
 * Splay tree with the links inside the elements: what was looked for last is at
 * the root, any sequence of n operations costs O(n log n) (Sleator and Tarjan,
 * Self-Adjusting Binary Search Trees, 1985). Keys are unique.
 */
#ifndef GUEST_LIB_SPLAY_H
#define GUEST_LIB_SPLAY_H

#include "guest/lib/compiler.h"

struct splay_node {
	uint64_t key; /* may be changed as long as the order stays */
	struct splay_node *left, *right;
};

struct splay_tree {
	struct splay_node *root;
};

/* The element with the largest key not above key, or NULL. */
struct splay_node *splay_find_below(struct splay_tree *tree, uint64_t key);

/* node->key must be set and not be in the tree. */
void splay_insert(struct splay_tree *tree, struct splay_node *node);
/* node must be in the tree. */
void splay_remove(struct splay_tree *tree, struct splay_node *node);

#endif
