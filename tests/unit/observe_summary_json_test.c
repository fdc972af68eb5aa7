/* SPDX-License-Identifier: MIT */
/* The summary of a run as JSON. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "tests/unit/observe/summary_run.h"
#include "vmm/observe/summary.h"
#include "vmm/observe/summary_processes.h"
#include "vmm/observe/table.h"

static struct json_object *json_of(const struct summary *summary)
{
	struct json_object *root;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(summary_print_json(summary, out), 0);
	fclose(out);
	root = json_tokener_parse(text);
	assert_non_null(root);
	free(text);
	return root;
}

/* The number at "a.b.c" below root; fails if there is none. */
static uint64_t number_at(struct json_object *root, const char *path)
{
	char copy[128];

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *key = strtok(copy, "."); key; key = strtok(NULL, "."))
		if (!json_object_object_get_ex(root, key, &root))
			fail_msg("%s is missing", path);
	return json_object_get_uint64(root);
}

struct number {
	const char *path; /* NULL behind the last one */
	uint64_t value;
};

static void expect_numbers(struct json_object *root, const struct number *numbers)
{
	for (; numbers->path; numbers++)
		if (number_at(root, numbers->path) != numbers->value)
			fail_msg("%s is %" PRIu64 " instead of %" PRIu64, numbers->path,
				 number_at(root, numbers->path), numbers->value);
}

static const char *text_at(struct json_object *root, const char *key)
{
	struct json_object *member;

	assert_true(json_object_object_get_ex(root, key, &member));
	return json_object_get_string(member);
}

static struct json_object *item_of(struct json_object *root, const char *key, size_t idx)
{
	struct json_object *array;

	assert_true(json_object_object_get_ex(root, key, &array));
	assert_true(idx < json_object_array_length(array));
	return json_object_array_get_idx(array, idx);
}

static void the_json_agrees_with_the_text(void **state)
{
	struct json_object *root, *item;
	struct run run;

	(void)state;
	run_fill(&run);
	root = json_of(&run.summary);
	assert_int_equal(number_at(root, "version"), SUMMARY_JSON_VERSION);
	assert_int_equal(number_at(root, "status"), 139);
	assert_string_equal(text_at(root, "command"), "hog 100 : ticker");
	assert_string_equal(text_at(root, "end"), "done");
	expect_numbers(root, (const struct number[]){
				 {"exits.total.count", 14},
				 {"exits.console.count", 10},
				 {"exits.console.total_ns", 300000},
				 {"exits.console.mean_ns", 30000},
				 {"exits.mmio.count", 0},
				 {"kvm_stats.vcpu.exits", 16203},
				 {"kvm_stats.vm.mmu_shadow_zapped", 0},
				 {"page_faults.zero", 1000},
				 {"switches.preempted", 15},
				 {"scheduling.mean_response_ns", 3 * MS},
				 {"scheduling.mean_turnaround_ns", 878783945},
				 {"scheduling.mean_wait_ns", 10 * MS},
				 {"scheduling.overhead_ns", 62432110},
				 {"timer_arms", 20},
				 {"idle.ns", 100 * MS},
				 {"memory.pages_free_min", 58976},
				 {"memory.pages_of_files_end", 17},
				 {"self_checks", 5},
				 {"start_ns", 123456},
				 {"ring0_emulated", 1},
				 {"syscalls_out_of_range", 2},
				 {NULL, 0},
			     });
	item = item_of(root, "traps", 0);
	assert_int_equal(number_at(item, "vector"), 14);
	assert_int_equal(number_at(item, "count"), 1100);
	item = item_of(root, "syscalls", 0);
	assert_string_equal(text_at(item, "name"), "write");
	assert_int_equal(number_at(item, "implemented"), 1);
	item = item_of(root, "syscalls", 2);
	assert_int_equal(number_at(item, "number"), 334);
	assert_int_equal(number_at(item, "implemented"), 0);
	json_object_put(root);
}

static void the_json_has_every_process(void **state)
{
	struct json_object *root, *process;
	struct run run;

	(void)state;
	run_fill(&run);
	run.records[0].job = LDE_JOB_NONE;
	root = json_of(&run.summary);
	process = item_of(root, "processes", 0);
	assert_string_equal(text_at(process, "name"), "hog");
	assert_string_equal(text_at(process, "status"), "exit 0");
	assert_int_equal(number_at(process, "exit_code"), 0);
	assert_int_equal(number_at(process, "cpu_ns"), 1234567890);
	assert_false(json_object_object_get_ex(process, "job", NULL));
	assert_false(json_object_object_get_ex(process, "signal", NULL));
	process = item_of(root, "processes", 1);
	assert_int_equal(number_at(process, "signal"), 11);
	assert_int_equal(number_at(process, "job"), 1);
	assert_int_equal(number_at(process, "blocked_ns"), 500 * MS);
	assert_int_equal(number_at(process, "switches.voluntary"), 30);
	assert_false(json_object_object_get_ex(process, "exit_code", NULL));
	json_object_put(root);
}

static void bytes_that_are_no_text_do_not_break_the_json(void **state)
{
	struct json_object *root;
	struct run run;

	(void)state;
	run_fill(&run);
	run.summary.command = "a\"b\\c \xc3\xa9 \xff\xc3 \xe2\x82";
	root = json_of(&run.summary);
	assert_string_equal(text_at(root, "command"), "a\"b\\c \xc3\xa9 ?? ??");
	json_object_put(root);
	/* Too long a form, a surrogate, beyond U+10FFFF; and what is next to them. */
	run.summary.command = "\xe0\x9f\xbf \xed\xa0\x80 \xf0\x8f\xbf\xbf \xf4\x90\x80\x80 "
			      "\xe0\xa0\x80 \xed\x9f\xbf \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf";
	root = json_of(&run.summary);
	assert_string_equal(text_at(root, "command"),
			    "??? ??? ???? ???? "
			    "\xe0\xa0\x80 \xed\x9f\xbf \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf");
	json_object_put(root);
}

static void a_run_without_books_still_has_json(void **state)
{
	struct json_object *root;
	struct run run;

	(void)state;
	run_fill(&run);
	run.summary.ledger = NULL;
	run.summary.nr_records = 0;
	root = json_of(&run.summary);
	assert_false(json_object_object_get_ex(root, "traps", NULL));
	assert_int_equal(number_at(root, "exits.total.count"), 14);
	json_object_put(root);
}

static void disks_have_members(void **state)
{
	struct json_object *root = json_of(&summary_of_devices), *disk = item_of(root, "disks", 0);

	(void)state;
	assert_string_equal(text_at(disk, "name"), "vda");
	expect_numbers(disk, (const struct number[]){
				 {"requests", 12},
				 {"failed", 3},
				 {"doorbells", 5},
				 {"busy_ns", 1000000},
				 {NULL, 0},
			     });
	assert_string_equal(text_at(item_of(root, "disks", 1), "name"), "vdb");
	json_object_put(root);
}

static void a_virtio_console_has_members(void **state)
{
	struct json_object *root = json_of(&summary_of_devices);

	(void)state;
	expect_numbers(root, (const struct number[]){
				 {"console.writes", 12},
				 {"console.doorbells", 16},
				 {"console.interrupts", 15},
				 {NULL, 0},
			     });
	json_object_put(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_json_agrees_with_the_text),
	    cmocka_unit_test(the_json_has_every_process),
	    cmocka_unit_test(bytes_that_are_no_text_do_not_break_the_json),
	    cmocka_unit_test(a_run_without_books_still_has_json),
	    cmocka_unit_test(disks_have_members),
	    cmocka_unit_test(a_virtio_console_has_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
