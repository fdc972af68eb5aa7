/* SPDX-License-Identifier: MIT */
/* The splay tree, against a plain array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "guest/lib/splay.h"

#define NR_NODES 200

static struct splay_node nodes[NR_NODES]; /* key: ten times the index */
static bool is_in[NR_NODES];

static struct splay_node *model_find_below(uint64_t key)
{
	for (int i = NR_NODES - 1; i >= 0; i--)
		if (is_in[i] && nodes[i].key <= key)
			return &nodes[i];
	return NULL;
}

static void nothing_is_found_in_an_empty_tree(void **state)
{
	struct splay_tree tree = { NULL };

	(void)state;
	assert_null(splay_find_below(&tree, 0));
	assert_null(splay_find_below(&tree, UINT64_MAX));
}

static void the_one_below_is_found(void **state)
{
	struct splay_tree tree = { NULL };
	struct splay_node a = { .key = 10 }, b = { .key = 30 };

	(void)state;
	splay_insert(&tree, &a);
	splay_insert(&tree, &b);
	assert_null(splay_find_below(&tree, 9));
	assert_ptr_equal(splay_find_below(&tree, 10), &a);
	assert_ptr_equal(splay_find_below(&tree, 29), &a);
	assert_ptr_equal(splay_find_below(&tree, 30), &b);
	assert_ptr_equal(splay_find_below(&tree, UINT64_MAX), &b);
	splay_remove(&tree, &a);
	assert_null(splay_find_below(&tree, 29));
	splay_remove(&tree, &b);
	assert_null(tree.root);
}

static void random_operations_agree_with_an_array(void **state)
{
	struct splay_tree tree = { NULL };
	unsigned seed = (unsigned)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (int i = 0; i < NR_NODES; i++) {
		nodes[i].key = 10 * (uint64_t)i;
		is_in[i] = false;
	}
	for (int step = 0; step < 100000; step++) {
		int i = rand() % NR_NODES;
		uint64_t key = (uint64_t)rand() % (10 * NR_NODES + 10);

		if (rand() % 3) {
			assert_ptr_equal(splay_find_below(&tree, key), model_find_below(key));
			continue;
		}
		if (is_in[i])
			splay_remove(&tree, &nodes[i]);
		else
			splay_insert(&tree, &nodes[i]);
		is_in[i] = !is_in[i];
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_found_in_an_empty_tree),
		cmocka_unit_test(the_one_below_is_found),
		cmocka_unit_test(random_operations_agree_with_an_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
