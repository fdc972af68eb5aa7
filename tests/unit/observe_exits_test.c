/* SPDX-License-Identifier: MIT */
/* Who caused which exits, and whether KVM has counted as many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/observe/exit_ledger.h"
#include "vmm/observe/summary_exits.h"

static struct exit_ledger ledger;

static int forget(void **state)
{
	(void)state;
	exits_ledger_fini(&ledger);
	return 0;
}

static void add(enum exit_cause cause, uint32_t pid, uint32_t number, uint64_t ns)
{
	const struct exit_place place = {pid, EXIT_PLACE_SYSCALL, number};

	exits_ledger_add(&ledger, cause, &place, ns);
}

static void exits_of_a_kind_are_one_row(void **state)
{
	(void)state;
	add(EXIT_CONSOLE, 1, 1, 100);
	add(EXIT_CONSOLE, 1, 1, 300);
	add(EXIT_CONSOLE, 2, 1, 1);
	add(EXIT_CONSOLE, 1, 20, 2);
	add(EXIT_MONITOR, 1, 1, 3);
	assert_int_equal(ledger.nr_rows, 4);
	exits_ledger_sort(&ledger);
	assert_int_equal(ledger.rows[0].counter.count, 2);
	assert_int_equal(ledger.rows[0].counter.total_ns, 400);
	assert_int_equal(ledger.rows[0].counter.max_ns, 300);
	assert_int_equal(ledger.rows[1].cause, EXIT_MONITOR);
	assert_int_equal(ledger.rows[3].place.pid, 2);
}

static void kinds_of_places_are_kept_apart(void **state)
{
	const struct exit_place trap = {1, EXIT_PLACE_TRAP, 14}, call = {1, EXIT_PLACE_SYSCALL, 14};

	(void)state;
	exits_ledger_add(&ledger, EXIT_MONITOR, &trap, 1);
	exits_ledger_add(&ledger, EXIT_MONITOR, &call, 1);
	assert_int_equal(ledger.nr_rows, 2);
}

/* Whatever numbers the guest makes up, memory is bounded and no exit is lost. */
static void rows_beyond_the_limit_are_one(void **state)
{
	uint64_t count = 0, nr_others = 0;

	(void)state;
	for (uint32_t i = 0; i < 3 * EXIT_ROWS_MAX; i++)
		add(i % 2 ? EXIT_CONSOLE : EXIT_MONITOR, i * 2654435761u, i, 1);
	assert_in_range(ledger.nr_rows, EXIT_ROWS_MAX - NR_EXIT_CAUSES, EXIT_ROWS_MAX);
	for (uint32_t i = 0; i < ledger.nr_rows; i++) {
		count += ledger.rows[i].counter.count;
		nr_others += ledger.rows[i].place.kind == EXIT_PLACE_OTHERS;
	}
	assert_int_equal(count, 3 * EXIT_ROWS_MAX);
	assert_int_equal(nr_others, 2);
	assert_int_equal(ledger.nr_lost, 0);
}

static void places_have_names(void **state)
{
	const struct exit_place places[] = {
		{1, EXIT_PLACE_SYSCALL, 1},   {1, EXIT_PLACE_TRAP, 14}, {0, EXIT_PLACE_IDLE, 0},
		{0, EXIT_PLACE_START, 0},     {1, EXIT_PLACE_UNKNOWN, 0}, {1, 99, 0},
		{1, EXIT_PLACE_SYSCALL, 9999},
	};
	const char *const names[] = {"write",	  "#PF page fault", "(idle)", "(start)",
				     "(unknown)", "(unknown)",	    "call 9999"};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		assert_string_equal(summary_place_name(&places[i], text, sizeof(text)), names[i]);
}

/* ---- against KVM ---------------------------------------------------------- */

static struct exit_counters exits;
static struct lde_ledger books;

static size_t match(uint64_t reloads, uint64_t io, uint64_t all, bool is_emulated,
		    struct summary_match *matches)
{
	const struct summary_kvm_stat stats[] = {
		{"vm", "fpu_reload", 12345}, {"vcpu", "fpu_reload", reloads},
		{"vcpu", "io_exits", io},    {"vcpu", "exits", all},
	};
	const struct summary summary = {
		.exits = &exits,
		.kvm_stats = stats,
		.nr_kvm_stats = sizeof(stats) / sizeof(stats[0]),
		.ledger = &books,
	};

	exits = (struct exit_counters){0};
	for (int i = 0; i < 5; i++)
		exits_add(&exits.causes[EXIT_CONSOLE], 1);
	exits_add(&exits.causes[EXIT_SIGNAL], 1);
	books.flags = is_emulated ? LDE_LEDGER_F_RING0_EMULATED : 0;
	return summary_match_exits(&summary, matches);
}

static void equal_counts_need_no_note(void **state)
{
	struct summary_match matches[SUMMARY_MATCHES_MAX];

	(void)state;
	assert_int_equal(match(6, 5, 6, false, matches), 3);
	for (int i = 0; i < 3; i++)
		assert_null(matches[i].note);
	assert_int_equal(matches[0].kvm, 6);
	assert_int_equal(matches[0].ours, 6);
	assert_int_equal(matches[1].ours, 5);
}

static void a_difference_has_a_reason(void **state)
{
	struct summary_match matches[SUMMARY_MATCHES_MAX];

	(void)state;
	match(7, 9, 100, false, matches);
	assert_non_null(strstr(matches[0].note, "not explained"));
	assert_non_null(strstr(matches[1].note, "inside KVM"));
	assert_non_null(strstr(matches[2].note, "inside KVM"));
	match(6, 0, 100, true, matches);
	assert_non_null(strstr(matches[1].note, "is not counted"));
	assert_non_null(strstr(matches[2].note, "ring 3"));
	match(6, 4, 2, false, matches);
	assert_non_null(strstr(matches[1].note, "not explained"));
	assert_non_null(strstr(matches[2].note, "not explained"));
}

static void a_kvm_without_counters_is_compared_with_nothing(void **state)
{
	struct summary_match matches[SUMMARY_MATCHES_MAX];
	const struct summary summary = {.exits = &exits};

	(void)state;
	assert_int_equal(summary_match_exits(&summary, matches), 0);
}

static void a_long_table_is_cut_and_says_so(void **state)
{
	struct summary summary = {.exits = &exits, .exit_ledger = &ledger};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	for (uint32_t i = 0; i < 23; i++)
		add(EXIT_CONSOLE, 1, i, 1000 - i);
	exits_ledger_sort(&ledger);
	summary_print_exits(&summary, out, 80);
	fclose(out);
	assert_non_null(strstr(text, "REASON"));
	assert_non_null(strstr(text, "read"));
	assert_non_null(strstr(text, "... and 3 more"));
	free(text);
}

#define TEST(name) cmocka_unit_test_teardown(name, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(exits_of_a_kind_are_one_row),
		TEST(kinds_of_places_are_kept_apart),
		TEST(rows_beyond_the_limit_are_one),
		TEST(places_have_names),
		TEST(equal_counts_need_no_note),
		TEST(a_difference_has_a_reason),
		TEST(a_kvm_without_counters_is_compared_with_nothing),
		TEST(a_long_table_is_cut_and_says_so),
	};

	return cmocka_run_group_tests_name("exits", tests, NULL, NULL);
}
