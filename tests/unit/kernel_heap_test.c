/* SPDX-License-Identifier: MIT */
/* The kernel's heap and list. */
#include "tests/unit/fake/fake.h"

#include "guest/lib/heap.h"
#include "guest/lib/list.h"

#define NR_NODES 200

struct element {
	struct heap_node node;
	bool is_in;
};

static struct heap heap;
static struct element elements[NR_NODES];

static int set_up(void **state)
{
	(void)state;
	heap.root = NULL;
	for (unsigned i = 0; i < NR_NODES; i++)
		elements[i] = (struct element){ .is_in = false };
	return 0;
}

static void insert(unsigned i, uint64_t key)
{
	heap_insert(&heap, &elements[i].node, key);
	elements[i].is_in = true;
}

static void drop(unsigned i)
{
	heap_remove(&heap, &elements[i].node);
	elements[i].is_in = false;
}

static uint64_t least_key(void)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < NR_NODES; i++)
		if (elements[i].is_in && elements[i].node.key < least)
			least = elements[i].node.key;
	return least;
}

static unsigned nr_in(void)
{
	unsigned nr = 0;

	for (unsigned i = 0; i < NR_NODES; i++)
		nr += elements[i].is_in;
	return nr;
}

static void check_root(void)
{
	if (!nr_in()) {
		assert_null(heap.root);
		return;
	}
	assert_non_null(heap.root);
	assert_true(container_of(heap.root, struct element, node)->is_in);
	assert_int_equal(heap.root->key, least_key());
}

/* Takes the first off until nothing is left: keys must not fall. */
static void drain(void)
{
	uint64_t last = 0;

	for (unsigned left = nr_in(); left; left--) {
		assert_non_null(heap.root);
		assert_true(heap.root->key >= last);
		last = heap.root->key;
		drop((unsigned)(container_of(heap.root, struct element, node) - elements));
	}
	assert_null(heap.root);
}

static void a_heap_of_one_becomes_empty(void **state)
{
	(void)state;
	insert(0, 5);
	assert_ptr_equal(heap.root, &elements[0].node);
	drop(0);
	assert_null(heap.root);
}

static void the_smallest_key_is_first_whatever_the_order(void **state)
{
	(void)state;
	for (unsigned order = 0; order < 3; order++) {
		for (unsigned i = 0; i < NR_NODES; i++) {
			insert(i, order == 0 ? i : order == 1 ? NR_NODES - i : i * 7919 % NR_NODES);
			check_root();
		}
		drain();
	}
}

static void equal_and_extreme_keys_all_come_out(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NR_NODES; i++)
		insert(i, i % 3 == 0 ? 0 : i % 3 == 1 ? UINT64_MAX : 7);
	drain();
}

static void any_element_can_be_removed_from_the_middle(void **state)
{
	(void)state;
	for (unsigned victim = 0; victim < 40; victim++) {
		for (unsigned i = 0; i < 40; i++)
			insert(i, i * 17 % 40);
		drop((unsigned)(container_of(heap.root, struct element, node) - elements));
		if (elements[victim].is_in)
			drop(victim);
		check_root();
		drain();
	}
}

static void random_operations_agree_with_a_table(void **state)
{
	(void)state;
	fake_random_start();
	for (unsigned step = 0; step < 200000; step++) {
		unsigned i = (unsigned)fake_random_below(NR_NODES);

		if (!elements[i].is_in)
			insert(i, fake_random_below(step % 2 ? 50 : UINT64_MAX));
		else
			drop(i);
		check_root();
	}
	drain();
}

/* ---- list ------------------------------------------------------------------ */

struct item {
	int value;
	struct list link;
};

static struct list head;
static struct item items[8];

static int list_set_up(void **state)
{
	(void)state;
	list_init(&head);
	for (int i = 0; i < 8; i++) {
		items[i].value = i;
		list_init(&items[i].link);
	}
	return 0;
}

/* The values on the list as digits, read forwards and backwards. */
static uint64_t digits(void)
{
	uint64_t forwards = 0, backwards = 0, place = 1;

	list_for_each(l, &head)
		forwards = forwards * 10 + (uint64_t)list_entry(l, struct item, link)->value;
	for (struct list *l = head.prev; l != &head; l = l->prev, place *= 10)
		backwards += (uint64_t)list_entry(l, struct item, link)->value * place;
	assert_int_equal(forwards, backwards);
	return forwards;
}

static void a_new_list_is_empty(void **state)
{
	(void)state;
	assert_true(list_is_empty(&head));
	assert_int_equal(digits(), 0);
}

static void both_ends_and_the_middle_take_elements(void **state)
{
	(void)state;
	list_add_tail(&head, &items[3].link);
	list_add_head(&head, &items[1].link);
	list_add_tail(&head, &items[4].link);
	list_insert_before(&items[3].link, &items[2].link);
	assert_int_equal(digits(), 1234);
	assert_false(list_is_empty(&head));
}

static void a_removed_link_is_on_no_list(void **state)
{
	(void)state;
	for (int i = 1; i < 5; i++)
		list_add_tail(&head, &items[i].link);
	list_remove(&items[2].link);
	assert_int_equal(digits(), 134);
	assert_true(list_is_empty(&items[2].link));
	list_remove(&items[2].link); /* allowed: it points at itself */
	assert_int_equal(digits(), 134);
	list_remove(&items[1].link);
	list_remove(&items[4].link);
	list_remove(&items[3].link);
	assert_true(list_is_empty(&head));
}

static void the_first_is_taken_in_order(void **state)
{
	(void)state;
	for (int i = 1; i < 4; i++)
		list_add_tail(&head, &items[i].link);
	for (int i = 1; i < 4; i++)
		assert_ptr_equal(list_take_first(&head), &items[i].link);
	assert_true(list_is_empty(&head));
	list_add_tail(&head, &items[1].link); /* the stale link may be added again */
	assert_int_equal(digits(), 1);
}

static void a_safe_walk_survives_removal(void **state)
{
	(void)state;
	for (int i = 1; i < 8; i++)
		list_add_tail(&head, &items[i].link);
	list_for_each_safe(l, &head)
		if (list_entry(l, struct item, link)->value % 2)
			list_remove(l);
	assert_int_equal(digits(), 246);
	list_for_each_safe(l, &head)
		list_remove(l);
	assert_true(list_is_empty(&head));
}

int main(void)
{
	const struct CMUnitTest heap_tests[] = {
		cmocka_unit_test_setup(a_heap_of_one_becomes_empty, set_up),
		cmocka_unit_test_setup(the_smallest_key_is_first_whatever_the_order, set_up),
		cmocka_unit_test_setup(equal_and_extreme_keys_all_come_out, set_up),
		cmocka_unit_test_setup(any_element_can_be_removed_from_the_middle, set_up),
		cmocka_unit_test_setup(random_operations_agree_with_a_table, set_up),
		cmocka_unit_test_setup(a_new_list_is_empty, list_set_up),
		cmocka_unit_test_setup(both_ends_and_the_middle_take_elements, list_set_up),
		cmocka_unit_test_setup(a_removed_link_is_on_no_list, list_set_up),
		cmocka_unit_test_setup(the_first_is_taken_in_order, list_set_up),
		cmocka_unit_test_setup(a_safe_walk_survives_removal, list_set_up),
	};

	return cmocka_run_group_tests_name("kernel_heap", heap_tests, NULL, NULL);
}
