/* SPDX-License-Identifier: MIT */
#include "guest/lib/splay.h"

static struct splay_node *rotate_right(struct splay_node *t)
{
	struct splay_node *l = t->left;

	t->left = l->right;
	l->right = t;
	return l;
}

static struct splay_node *rotate_left(struct splay_node *t)
{
	struct splay_node *r = t->right;

	t->right = r->left;
	r->left = t;
	return r;
}

/*
 * Top-down splaying: brings the last node on the way to key to the root. What
 * is passed on the way is hung into two trees, of smaller and of larger keys,
 * which become the root's children.
 */
static struct splay_node *splay(struct splay_node *t, uint64_t key)
{
	struct splay_node sides = { 0, NULL, NULL }, *smaller = &sides, *larger = &sides;

	for (;;) {
		if (key < t->key) {
			if (t->left && key < t->left->key)
				t = rotate_right(t);
			if (!t->left)
				break;
			larger->left = t;
			larger = t;
			t = t->left;
		} else if (key > t->key) {
			if (t->right && key > t->right->key)
				t = rotate_left(t);
			if (!t->right)
				break;
			smaller->right = t;
			smaller = t;
			t = t->right;
		} else {
			break;
		}
	}
	smaller->right = t->left;
	larger->left = t->right;
	t->left = sides.right;
	t->right = sides.left;
	return t;
}

struct splay_node *splay_find_below(struct splay_tree *tree, uint64_t key)
{
	struct splay_node *below;

	if (!tree->root)
		return NULL;
	tree->root = splay(tree->root, key);
	if (tree->root->key <= key)
		return tree->root;
	/* The root is the next one above: the one below is the last of its left. */
	below = tree->root->left;
	while (below && below->right)
		below = below->right;
	return below;
}

void splay_insert(struct splay_tree *tree, struct splay_node *node)
{
	struct splay_node *root = tree->root;

	node->left = node->right = NULL;
	if (root) {
		root = splay(root, node->key);
		if (node->key < root->key) {
			node->left = root->left;
			node->right = root;
			root->left = NULL;
		} else {
			node->right = root->right;
			node->left = root;
			root->right = NULL;
		}
	}
	tree->root = node;
}

void splay_remove(struct splay_tree *tree, struct splay_node *node)
{
	struct splay_node *root = splay(tree->root, node->key);

	if (!root->left) {
		tree->root = root->right;
		return;
	}
	tree->root = splay(root->left, node->key); /* its largest: no right child */
	tree->root->right = root->right;
}
