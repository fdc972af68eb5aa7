/* SPDX-License-Identifier: MIT */
/* The process table, and the gate through which states change. */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_process.h"

#include <string.h>

#include "guest/lib/ledger.h"
#include "guest/mm/page.h"

static int set_up(void **state)
{
	fake_set_up(state);
	fake_processes_init(16, true);
	return 0;
}

static void entry(void)
{
}

static struct process *create(void)
{
	struct process_name name = process_name_of("/usr/bin/program");

	return process_create(entry, 3, &name);
}

static const struct lde_process_record *record_at(uint32_t i)
{
	return (const struct lde_process_record *)direct_map(ledger.records_gpa) + i;
}

/* ---- states ------------------------------------------------------------------- */

static struct process *moved;
static enum lde_process_state moved_to;

static void move(void)
{
	process_set_state(moved, moved_to, ++fake.tsc);
}

static void walk_to(struct process *p, enum lde_process_state state)
{
	if (state == LDE_STATE_NONE)
		return;
	process_set_state(p, LDE_STATE_READY, ++fake.tsc);
	if (state == LDE_STATE_READY)
		return;
	process_set_state(p, LDE_STATE_RUNNING, ++fake.tsc);
	if (state != LDE_STATE_RUNNING)
		process_set_state(p, state, ++fake.tsc);
}

static void every_illegal_change_of_state_panics(void **state)
{
	static const bool is_legal[LDE_NR_STATES][LDE_NR_STATES] = {
		[LDE_STATE_NONE][LDE_STATE_READY] = true,
		[LDE_STATE_READY][LDE_STATE_RUNNING] = true,
		[LDE_STATE_RUNNING][LDE_STATE_READY] = true,
		[LDE_STATE_RUNNING][LDE_STATE_BLOCKED] = true,
		[LDE_STATE_RUNNING][LDE_STATE_ZOMBIE] = true,
		[LDE_STATE_RUNNING][LDE_STATE_STOPPED] = true,
		[LDE_STATE_BLOCKED][LDE_STATE_READY] = true,
		[LDE_STATE_BLOCKED][LDE_STATE_STOPPED] = true,
		[LDE_STATE_STOPPED][LDE_STATE_READY] = true,
	};

	(void)state;
	for (unsigned from = 0; from < LDE_NR_STATES; from++) {
		for (unsigned to = 0; to < LDE_NR_STATES; to++) {
			const char *why;

			moved = create();
			walk_to(moved, from);
			assert_int_equal(moved->state, from);
			moved_to = to;
			why = fake_run(move);
			if (is_legal[from][to]) {
				assert_null(why);
				assert_int_equal(moved->state, to);
				assert_int_equal(moved->record->state, to);
			} else {
				assert_string_equal(why, "a process made an illegal change of state");
				assert_int_equal(moved->state, from);
			}
		}
	}
}

static void time_is_booked_to_the_state_that_was_left(void **state)
{
	struct process *p;
	const struct lde_process_record *r;

	(void)state;
	fake.tsc = 1000;
	p = create();
	r = p->record;
	process_set_state(p, LDE_STATE_READY, 1005);
	process_set_state(p, LDE_STATE_RUNNING, 1015);
	process_set_state(p, LDE_STATE_BLOCKED, 1115);
	process_set_state(p, LDE_STATE_READY, 2115);
	process_set_state(p, LDE_STATE_RUNNING, 2118);
	assert_int_equal(r->end_tsc, 0);
	process_set_state(p, LDE_STATE_ZOMBIE, 2120);
	assert_int_equal(r->start_tsc, 1000);
	assert_int_equal(r->state_tsc[LDE_STATE_NONE], 5);
	assert_int_equal(r->state_tsc[LDE_STATE_READY], 13);
	assert_int_equal(r->state_tsc[LDE_STATE_RUNNING], 102);
	assert_int_equal(r->state_tsc[LDE_STATE_BLOCKED], 1000);
	assert_int_equal(r->state_tsc[LDE_STATE_ZOMBIE], 0);
	assert_int_equal(r->end_tsc, 2120);
}

/* ---- the table ---------------------------------------------------------------- */

static void a_new_process_is_written_down(void **state)
{
	struct process *p = create();

	(void)state;
	assert_int_equal(p->pid, 1);
	assert_int_equal(p->state, LDE_STATE_NONE);
	assert_ptr_equal(process_find(1), p);
	assert_int_equal(ledger.nr_records, 1);
	assert_int_equal(ledger.processes_created, 1);
	assert_ptr_equal(p->record, record_at(0));
	assert_int_equal(p->record->pid, 1);
	assert_int_equal(p->record->job, 3);
	assert_string_equal(p->record->name, "program");
	assert_int_equal(process_nr_live(), 1);
	process_note_end();
	assert_int_equal(process_nr_live(), 0);
}

static void a_long_name_is_cut(void **state)
{
	struct process_name name = process_name_of("/bin/0123456789012345678901234567890123456789");
	struct process *p = create();

	(void)state;
	process_set_name(p, &name);
	assert_string_equal(p->record->name, "0123456789012345678901234567890");
	name = process_name_of("");
	process_set_name(p, &name);
	assert_string_equal(p->record->name, "");
}

static void nobody_has_a_number_that_was_not_given(void **state)
{
	(void)state;
	create();
	assert_null(process_find(0));
	assert_null(process_find(2));
	assert_null(process_find(PID_MAX - 1));
	assert_null(process_find(PID_MAX));
	assert_null(process_find(UINT32_MAX));
}

static void a_process_gives_back_what_it_took(void **state)
{
	uint64_t free = page_nr_free();
	struct process *p = create();

	(void)state;
	assert_int_equal(page_nr_free(), free - 2);
	memset(p->context.vector, 0xff, VECTOR_AREA_MAX);
	*process_frame(p) = (struct trap_frame){ .rip = 1 };
	process_destroy(p);
	assert_int_equal(page_nr_free(), free);
	assert_null(process_find(1));
	for (unsigned i = 0; i < 3; i++)
		process_destroy(create());
	assert_int_equal(page_nr_free(), free);
}

static void a_used_page_leaves_nothing_in_a_new_process(void **state)
{
	paddr_t used[2] = { page_alloc(), page_alloc() };
	struct process *p;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		memset(direct_map(used[i]), 0xff, PAGE_SIZE);
		page_put(used[i]);
	}
	p = create();
	assert_ptr_equal(p, direct_map(used[1]));
	assert_int_equal(*((uint8_t *)p + PROCESS_VECTOR_OFFSET + VECTOR_AREA_MAX - 1), 0);
	assert_null(p->space);
	assert_null(p->files);
	assert_null(p->parent);
	assert_false(p->needs_attention);
	assert_int_equal(p->state, LDE_STATE_NONE);
	assert_true(list_is_empty(&p->queue_link));
}

static struct process *overflowed;

static void destroy(void)
{
	process_destroy(overflowed);
}

static void a_stack_that_overflowed_panics(void **state)
{
	(void)state;
	overflowed = create();
	*((char *)overflowed->context.stack_top - KERNEL_STACK_SIZE) ^= 1;
	assert_string_equal(fake_run(destroy), "a kernel stack overflowed");
}

static void numbers_are_not_given_again_at_once(void **state)
{
	uint32_t last = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		struct process *p = create();

		assert_true(p->pid > last);
		last = p->pid;
		process_destroy(p);
	}
}

static void one_that_is_forgotten_gives_its_number_away(void **state)
{
	struct process *gone = create(), *heir = NULL;

	(void)state;
	assert_int_equal(gone->pid, 1);
	process_forget(gone);
	assert_null(process_find(1));
	for (uint32_t i = 1; i < PID_MAX; i++) {
		if (heir)
			process_destroy(heir);
		heir = create();
	}
	assert_int_equal(heir->pid, 1);
	process_destroy(gone);
	assert_ptr_equal(process_find(1), heir);
}

static void numbers_wrap_and_skip_the_living(void **state)
{
	struct process *first = create(), *third, *p = NULL;

	(void)state;
	process_destroy(create());
	third = create();
	for (uint32_t i = 4; i < PID_MAX; i++) {
		p = create();
		assert_int_equal(p->pid, i);
		process_destroy(p);
	}
	p = create();
	assert_int_equal(p->pid, 2);
	assert_int_equal(create()->pid, 4);
	assert_ptr_equal(process_find(first->pid), first);
	assert_ptr_equal(process_find(third->pid), third);
}

static void a_full_table_has_no_room_until_somebody_ends(void **state)
{
	uint32_t nr = 0;

	(void)state;
	fake_boot(2 * PID_MAX + 100);
	fake_processes_init(16, true);
	while (create())
		nr++;
	assert_int_equal(nr, PID_MAX - 1);
	assert_int_equal(process_nr_live(), nr);
	process_destroy(process_find(12345));
	assert_int_equal(create()->pid, 12345);
	assert_null(create());
}

static void memory_that_runs_out_leaves_nothing_behind(void **state)
{
	(void)state;
	for (uint64_t spare = 0; spare < 3; spare++) {
		uint32_t created = ledger.processes_created;

		while (page_nr_free() > spare)
			page_alloc();
		if (spare == 2) {
			assert_non_null(create());
			break;
		}
		assert_null(create());
		assert_int_equal(page_nr_free(), spare);
		assert_int_equal(ledger.processes_created, created);
		assert_int_equal(ledger.nr_records, 0);
		assert_int_equal(process_nr_live(), 0);
		for (uint32_t pid = 0; pid < 10; pid++)
			assert_null(process_find(pid));
		set_up(state);
	}
}

static void processes_beyond_the_books_are_counted(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20; i++)
		assert_non_null(create());
	assert_int_equal(ledger.nr_records, 16);
	assert_int_equal(ledger.records_lost, 4);
	assert_int_equal(record_at(15)->pid, 16);
	process_set_state(process_find(20), LDE_STATE_READY, fake.tsc); /* has a record all the same */
	assert_int_equal(record_at(15)->state, LDE_STATE_NONE);
	/* Of its own: the status in it is what the parent asks for. */
	assert_ptr_not_equal(process_find(20)->record, process_find(19)->record);
	assert_int_equal(process_find(19)->record->state, LDE_STATE_NONE);
	assert_int_equal(process_find(19)->record->pid, 19);
}

static void without_memory_for_the_books_there_are_none(void **state)
{
	(void)state;
	fake_boot(16);
	fake_processes_init(100000, true);
	assert_int_equal(ledger.records_cap, 0);
	assert_non_null(create());
	assert_int_equal(ledger.nr_records, 0);
	assert_int_equal(ledger.records_lost, 1);
}

/* ---- groups -------------------------------------------------------------------- */

/* Those of the group are these, in that order. */
static void expect_group(uint32_t group, unsigned nr, struct process *const *members)
{
	unsigned i = 0;

	for_each_in_group(p, group) {
		assert_true(i < nr);
		assert_ptr_equal(p, members[i++]);
	}
	assert_int_equal(i, nr);
}

static void a_group_is_who_is_in_it(void **state)
{
	struct process *a = create(), *b = create(), *c = create();
	const uint32_t group = a->pid, far = group + 4096; /* they lie beside each other */

	(void)state;
	expect_group(group, 1, &a);
	expect_group(far, 0, NULL);
	process_set_group(b, far);
	process_set_group(c, group);
	expect_group(group, 2, (struct process *[]){ a, c });
	expect_group(far, 1, &b);
	process_set_group(a, far);
	expect_group(group, 1, &c);
	expect_group(far, 2, (struct process *[]){ b, a });
	process_forget(b);
	expect_group(far, 1, &a);
	process_destroy(b);
	process_destroy(a);
	expect_group(far, 0, NULL);
	process_destroy(c);
	expect_group(group, 0, NULL);
}

static void a_child_is_in_its_parents_group(void **state)
{
	struct process *parent = create(), *child = create();

	(void)state;
	process_set_group(parent, 77);
	process_adopt(parent, child);
	expect_group(77, 2, (struct process *[]){ parent, child });
	expect_group(child->pid, 0, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		TEST(every_illegal_change_of_state_panics),
		TEST(time_is_booked_to_the_state_that_was_left),
		TEST(a_new_process_is_written_down),
		TEST(a_long_name_is_cut),
		TEST(nobody_has_a_number_that_was_not_given),
		TEST(a_process_gives_back_what_it_took),
		TEST(a_used_page_leaves_nothing_in_a_new_process),
		TEST(a_stack_that_overflowed_panics),
		TEST(numbers_are_not_given_again_at_once),
		TEST(one_that_is_forgotten_gives_its_number_away),
		TEST(numbers_wrap_and_skip_the_living),
		TEST(a_full_table_has_no_room_until_somebody_ends),
		TEST(memory_that_runs_out_leaves_nothing_behind),
		TEST(processes_beyond_the_books_are_counted),
		TEST(without_memory_for_the_books_there_are_none),
		TEST(a_group_is_who_is_in_it),
		TEST(a_child_is_in_its_parents_group),
	};

	return cmocka_run_group_tests_name("kernel_process", tests, NULL, NULL);
}
