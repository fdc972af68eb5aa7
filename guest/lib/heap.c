/* SPDX-License-Identifier: MIT */
#include "guest/lib/heap.h"

static struct heap_node *heap_meld(struct heap_node *a, struct heap_node *b)
{
	if (!a)
		return b;
	if (!b)
		return a;
	if (b->key < a->key) {
		struct heap_node *t = a;

		a = b;
		b = t;
	}
	b->next = a->child;
	if (b->next)
		b->next->back = b;
	b->back = a;
	a->child = b;
	return a;
}

/* Two passes: meld siblings in pairs, then the pairs from last to first. */
static struct heap_node *heap_meld_siblings(struct heap_node *first)
{
	struct heap_node *pairs = NULL, *root = NULL;

	while (first) {
		struct heap_node *a = first, *b = a->next;

		first = b ? b->next : NULL;
		a->next = NULL;
		if (b)
			b->next = NULL;
		a = heap_meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs) {
		struct heap_node *rest = pairs->next;

		pairs->next = NULL;
		root = heap_meld(root, pairs);
		pairs = rest;
	}
	return root;
}

void heap_insert(struct heap *heap, struct heap_node *node, uint64_t key)
{
	node->key = key;
	node->child = node->next = node->back = NULL;
	heap->root = heap_meld(heap->root, node);
	heap->root->back = heap->root->next = NULL;
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
	struct heap_node *orphans = heap_meld_siblings(node->child);

	if (node == heap->root) {
		heap->root = orphans;
	} else {
		if (node->back->child == node)
			node->back->child = node->next;
		else
			node->back->next = node->next;
		if (node->next)
			node->next->back = node->back;
		heap->root = heap_meld(heap->root, orphans);
	}
	node->child = node->next = node->back = NULL;
	if (heap->root)
		heap->root->back = heap->root->next = NULL;
}

bool heap_is_sound(const struct heap *heap, const struct heap_node *node)
{
	const struct heap_node *back = node->back;

	if (node->child && (node->child->back != node || node->child->key < node->key))
		return false;
	if (node->next && node->next->back != node)
		return false;
	if (!back)
		return node == heap->root && !node->next;
	return back->child == node ? back->key <= node->key : back->next == node;
}
