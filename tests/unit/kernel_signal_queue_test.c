/* SPDX-License-Identifier: MIT */
/* Real-time signals that wait behind others of their number. */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_process.h"

#include <string.h>

#include "guest/mm/page.h"
#include "guest/sys/signal_queue.h"

#define FIRST SIGNAL_QUEUED_MIN
#define NR    (SIGNALS_MAX - SIGNAL_QUEUED_MIN + 1)
#define MODEL_MAX 64

static struct process *p;
static uint64_t nr_free;

static int set_up(void **state)
{
	fake_set_up(state);
	fake_processes_init(16, true);
	p = become_process();
	p->signals = direct_map(page_alloc_zeroed());
	nr_free = page_nr_free();
	return 0;
}

/* As signal_send does. */
static bool send(int sig, uint64_t value)
{
	const struct signal_info info = { -1, 1, value };

	if (p->signals_pending & SIGNAL_BIT(sig))
		return signal_queue_add(p, sig, &info);
	p->signals_pending |= SIGNAL_BIT(sig);
	p->signals->infos[sig - 1] = info;
	return true;
}

static uint64_t take(int sig)
{
	uint64_t value = p->signals->infos[sig - 1].value;

	assert_true(p->signals_pending & SIGNAL_BIT(sig));
	signal_unpend(p, sig);
	return value;
}

static void each_arrives_in_order(void **state)
{
	(void)state;
	for (int sig = FIRST; sig <= SIGNALS_MAX; sig += NR - 1)
		for (uint64_t value = 1; value <= 3; value++)
			assert_true(send(sig, value));
	assert_int_equal(signal_queue_count(p), 6);
	assert_int_equal(take(SIGNALS_MAX), 1);
	assert_int_equal(signal_queue_count(p), 5);
	for (uint64_t value = 1; value <= 3; value++)
		assert_int_equal(take(FIRST), value);
	assert_false(p->signals_pending & SIGNAL_BIT(FIRST));
	assert_int_equal(take(SIGNALS_MAX), 2);
	assert_int_equal(take(SIGNALS_MAX), 3);
	assert_int_equal(p->signals_pending, 0);
	assert_int_equal(signal_queue_count(p), 0);
	assert_int_equal(page_nr_free(), nr_free);
}

/* What is there should be as in a plain model. */
static void any_order_is_as_it_should_be(void **state)
{
	static uint64_t model[NR][MODEL_MAX];
	unsigned nr[NR] = { 0 }, total = 0;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		unsigned i = fake_random_below(NR);
		int sig = FIRST + i;

		switch (fake_random_below(20)) {
		case 0:
			signal_unpend_all(p, sig);
			total -= nr[i];
			nr[i] = 0;
			break;
		case 1 ... 9:
			if (!nr[i])
				break;
			assert_int_equal(take(sig), model[i][0]);
			memmove(&model[i][0], &model[i][1], --nr[i] * sizeof(model[i][0]));
			total--;
			break;
		default:
			if (nr[i] == MODEL_MAX)
				break;
			assert_true(send(sig, round));
			model[i][nr[i]++] = round;
			total++;
		}
		assert_int_equal(!!(p->signals_pending & SIGNAL_BIT(sig)), nr[i] > 0);
		assert_int_equal(!!(p->signals->actions[sig - 1].flags & SIGNAL_HAS_MORE), nr[i] > 1);
		assert_int_equal(signal_queue_count(p), total);
	}
	signal_queue_drop_all(p);
	assert_int_equal(page_nr_free(), nr_free);
}

static void one_without_memory_is_refused_and_the_others_stay(void **state)
{
	uint64_t nr_sent = 0;

	(void)state;
	while (send(FIRST, nr_sent))
		nr_sent++;
	assert_true(nr_sent > 0 && !page_nr_free());
	for (uint64_t value = 0; value < nr_sent; value++)
		assert_int_equal(take(FIRST), value);
	assert_int_equal(p->signals_pending, 0);
	assert_int_equal(page_nr_free(), nr_free);
}

static void a_copy_of_the_page_has_none(void **state)
{
	const struct signal_page *parent = p->signals;
	struct process *child;

	(void)state;
	for (uint64_t value = 0; value < 3; value++)
		assert_true(send(FIRST, value) && send(SIGNALS_MAX, value));
	child = become_process();
	child->signals = direct_map(page_alloc());
	*child->signals = *parent;
	signal_queue_leave(child);
	assert_int_equal(signal_queue_count(child), 0);
	signal_queue_drop_all(child);
	signal_unpend(child, FIRST);
	assert_int_equal(child->signals_pending, 0);
	assert_int_equal(signal_queue_count(p), 6);
	for (uint64_t value = 0; value < 3; value++)
		assert_int_equal(take(FIRST), value);
}

static void nobody_has_none_without_a_page(void **state)
{
	const struct signal_info info = { 0 };

	(void)state;
	page_put(direct_paddr(p->signals));
	p->signals = NULL;
	p->signals_pending = SIGNAL_BIT(FIRST) | SIGNAL_BIT(9);
	assert_false(signal_queue_add(p, FIRST, &info));
	assert_int_equal(signal_queue_count(p), 1);
	signal_unpend(p, FIRST);
	signal_unpend_all(p, 9);
	assert_int_equal(p->signals_pending, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		TEST(each_arrives_in_order),
		TEST(any_order_is_as_it_should_be),
		TEST(one_without_memory_is_refused_and_the_others_stay),
		TEST(a_copy_of_the_page_has_none),
		TEST(nobody_has_none_without_a_page),
	};

	return cmocka_run_group_tests_name("kernel_signal_queue", tests, NULL, NULL);
}
