/* SPDX-License-Identifier: MIT */
/* The summary of a run: its text to the letter, and JSON that agrees with it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "vmm/observe/quantity.h"
#include "vmm/observe/summary.h"
#include "vmm/observe/summary_processes.h"
#include "vmm/observe/table.h"

#define MS 1000000ull /* of a TSC that ticks once a nanosecond, too */

static const char golden[] =
	"\n"
	" Limited direct execution of 'hog 100 : ticker':\n"
	"\n"
	"             14  exits to user space     #     0.320 ms    22.86 us each  0.02 %\n"
	"             10    console               #     0.300 ms    30.00 us each  0.02 %\n"
	"              4    monitor               #     0.020 ms     5.00 us each  0.00 %\n"
	"\n"
	" Against KVM's own count:\n"
	"             14  fpu_reload = exits to user space\n"
	"         16,203  exits      # not 14: switches of ring 3 count here\n"
	"\n"
	" KVM's own statistics:\n"
	"         16,203  vcpu exits\n"
	"             14  vcpu fpu_reload\n"
	"                 (left out: 1 at 0)\n"
	"\n"
	"          1,193  traps and interrupts\n"
	"          1,100    #PF page fault\n"
	"             90    interrupt 0x20 (timer)\n"
	"              3    interrupt 0x30 (console)\n"
	"          5,410  system calls\n"
	"          5,400    write\n"
	"              7    getpid\n"
	"              1    rseq                  # not implemented: ENOSYS\n"
	"              2    no such number        # not implemented: ENOSYS\n"
	"          1,100  page faults resolved    # 1,000 zeroed, 80 of files, 20 copied\n"
	"             45  context switches        # 30 voluntary, 15 preempted\n"
	"             20  timer arms\n"
	"             12  idle periods            #   100.000 ms                   7.14 %\n"
	"          1,024  pages in use at most    # 4 MiB of 256 MiB\n"
	"\n"
	" PID  PROGRAM  STATUS      CPU ms  WAIT ms  BLOCKED ms  VOLUNTARY  PREEMPTED\n"
	"   1  hog      exit 0   1,234.568   20.000       0.000          0         15\n"
	"   2  ticker   SIGSEGV      3.000    0.000     500.000         30          0\n"
	"\n"
	"          3.000  ms mean response         # start to first turn\n"
	"        878.784  ms mean turnaround       # start to end\n"
	"         10.000  ms mean wait             # ready, not running\n"
	"          1.000  fairness                 # Jain's index of CPU / (CPU + wait)\n"
	"         62.432  ms overhead              # wall time less CPU and idle time\n"
	"\n"
	"       1.400000  seconds of wall time\n"
	"       0.000123  seconds from the kernel's start to the first user instruction\n"
	"\n"
	" Ring 0 is emulated by this KVM: times inside the kernel are the emulator's.\n"
	"\n";

/* A run of two programs, every part of the summary in it. */
struct run {
	struct exit_counters exits;
	struct summary_kvm_stat kvm_stats[3];
	struct lde_ledger ledger;
	struct lde_process_record records[2];
	struct summary summary;
};

static void fill_exits(struct run *run)
{
	for (int i = 0; i < 10; i++)
		exits_add(&run->exits.causes[EXIT_CONSOLE], 30000);
	for (int i = 0; i < 4; i++)
		exits_add(&run->exits.causes[EXIT_MONITOR], 5000);
}

static void fill_ledger(struct lde_ledger *ledger)
{
	*ledger = (struct lde_ledger){
		.magic = LDE_LEDGER_MAGIC,
		.faults_zero = 1000,
		.faults_file = 80,
		.faults_copy = 20,
		.switches_voluntary = 30,
		.switches_preempted = 15,
		.timer_arms = 20,
		.idle_entries = 12,
		.idle_tsc = 100 * MS,
		.pages_total = 65536,
		.pages_free_start = 60000,
		.pages_free_min = 58976,
		.pages_free = 60000,
		.self_checks = 5,
		.pages_of_files = 17,
		.entry_tsc = 1000,
		.first_user_tsc = 124456,
		.flags = LDE_LEDGER_F_RING0_EMULATED,
		.processes_created = 2,
	};
	ledger->traps[14] = 1100;
	ledger->traps[0x30] = 3;
	ledger->traps[0x20] = 90;
	ledger->syscalls[1] = 5400;
	ledger->syscalls[39] = 7;
	ledger->syscalls[334] = 1;
	ledger->syscalls_unknown[334 / 64] |= 1ull << (334 % 64);
	ledger->syscalls_out_of_range = 2;
}

static void fill_records(struct lde_process_record *records)
{
	records[0] = (struct lde_process_record){
		.pid = 1,
		.job = 0,
		.state = LDE_STATE_ZOMBIE,
		.status = 0,
		.name = "hog",
		.start_tsc = 1000,
		.first_run_tsc = 1000 + 2 * MS,
		.end_tsc = 1000 + 1254567890,
		.switches_preempted = 15,
		.syscalls = 10,
		.peak_pages = 40,
	};
	records[0].state_tsc[LDE_STATE_RUNNING] = 1234567890;
	records[0].state_tsc[LDE_STATE_READY] = 20 * MS;
	records[1] = (struct lde_process_record){
		.pid = 2,
		.job = 1,
		.state = LDE_STATE_ZOMBIE,
		.status = 11,
		.name = "ticker",
		.start_tsc = 1000,
		.first_run_tsc = 1000 + 4 * MS,
		.end_tsc = 1000 + 503 * MS,
		.switches_voluntary = 30,
		.syscalls = 5400,
		.peak_pages = 41,
	};
	records[1].state_tsc[LDE_STATE_RUNNING] = 3 * MS;
	records[1].state_tsc[LDE_STATE_BLOCKED] = 500 * MS;
}

static void run_fill(struct run *run)
{
	*run = (struct run){0};
	fill_exits(run);
	fill_ledger(&run->ledger);
	fill_records(run->records);
	run->kvm_stats[0] = (struct summary_kvm_stat){"vm", "mmu_shadow_zapped", 0};
	run->kvm_stats[1] = (struct summary_kvm_stat){"vcpu", "exits", 16203};
	run->kvm_stats[2] = (struct summary_kvm_stat){"vcpu", "fpu_reload", 14};
	run->summary = (struct summary){
		.command = "hog 100 : ticker",
		.end = "done",
		.status = 139,
		.exits = &run->exits,
		.kvm_stats = run->kvm_stats,
		.nr_kvm_stats = 3,
		.ledger = &run->ledger,
		.records = run->records,
		.nr_records = 2,
		.tsc_hz = 1000000000,
		.wall_ns = 1400 * MS,
	};
}

static char *text_of(const struct summary *summary, size_t width)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	summary_print(summary, out, width);
	fclose(out);
	return text;
}

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

/* ---- text ------------------------------------------------------------ */

static void the_text_is_this(void **state)
{
	struct run run;
	char *text;

	(void)state;
	run_fill(&run);
	text = text_of(&run.summary, 80);
	assert_string_equal(text, golden);
	free(text);
}

static void no_line_is_wider_than_the_page(void **state)
{
	struct run run;
	char *text;

	(void)state;
	run_fill(&run);
	run.summary.command = "a command line that is so long that it has to be cut at the end of "
			      "the line on which it stands";
	strcpy(run.records[0].name, "a-program-with-a-very-long-name");
	text = text_of(&run.summary, 80);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (strlen(line) > 80)
			fail_msg("%zu columns: '%s'", strlen(line), line);
	free(text);
}

static void a_run_without_books_still_has_a_summary(void **state)
{
	struct run run;
	char *text;

	(void)state;
	run_fill(&run);
	run.summary.ledger = NULL;
	run.summary.nr_records = 0;
	run.summary.nr_kvm_stats = 0;
	run.summary.wall_ns = 0;
	run.summary.tsc_hz = 0;
	run.summary.end = "timeout";
	text = text_of(&run.summary, 80);
	assert_non_null(strstr(text, "exits to user space"));
	assert_non_null(strstr(text, "did not come to its own end: stopped by the time limit"));
	assert_null(strstr(text, "system calls"));
	free(text);
}

static void many_processes_are_summed_up_by_program(void **state)
{
	static struct lde_process_record records[60];
	struct run run;
	char *text;

	(void)state;
	run_fill(&run);
	for (uint32_t i = 0; i < 60; i++) {
		records[i] = run.records[i % 2];
		records[i].pid = i + 1;
		records[i].state_tsc[LDE_STATE_RUNNING] = (i + 1) * MS;
	}
	run.summary.records = records;
	run.summary.nr_records = 60;
	text = text_of(&run.summary, 120);
	assert_non_null(strstr(text, "\n  20  ticker"));
	assert_null(strstr(text, "\n  21  hog"));
	assert_non_null(strstr(text, "... and 40 more processes"));
	assert_non_null(strstr(text, " hog         30       0    1.000  31.000  59.000      20.0    20.0  20.0"));
	assert_non_null(strstr(text, " ticker      30      30    2.000  32.000  60.000       0.0     0.0   0.0"));
	free(text);
}

static void pages_that_did_not_come_back_are_shown(void **state)
{
	struct run run;
	char *text;

	(void)state;
	run_fill(&run);
	run.ledger.pages_free = 59993;
	text = text_of(&run.summary, 80);
	assert_non_null(strstr(text, "              7  pages in use at the end"));
	free(text);
}

/* ---- JSON ------------------------------------------------------------ */

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
	assert_int_equal(number_at(root, "exits.total.count"), 14);
	assert_int_equal(number_at(root, "exits.console.count"), 10);
	assert_int_equal(number_at(root, "exits.console.total_ns"), 300000);
	assert_int_equal(number_at(root, "exits.console.mean_ns"), 30000);
	assert_int_equal(number_at(root, "exits.mmio.count"), 0);
	assert_int_equal(number_at(root, "kvm_stats.vcpu.exits"), 16203);
	assert_int_equal(number_at(root, "kvm_stats.vm.mmu_shadow_zapped"), 0);
	assert_int_equal(number_at(root, "page_faults.zero"), 1000);
	assert_int_equal(number_at(root, "switches.preempted"), 15);
	assert_int_equal(number_at(root, "scheduling.mean_response_ns"), 3 * MS);
	assert_int_equal(number_at(root, "scheduling.mean_turnaround_ns"), 878783945);
	assert_int_equal(number_at(root, "scheduling.mean_wait_ns"), 10 * MS);
	assert_int_equal(number_at(root, "scheduling.overhead_ns"), 62432110);
	assert_int_equal(number_at(root, "timer_arms"), 20);
	assert_int_equal(number_at(root, "idle.ns"), 100 * MS);
	assert_int_equal(number_at(root, "memory.pages_free_min"), 58976);
	assert_int_equal(number_at(root, "memory.pages_of_files_end"), 17);
	assert_int_equal(number_at(root, "self_checks"), 5);
	assert_int_equal(number_at(root, "start_ns"), 123456);
	assert_int_equal(number_at(root, "ring0_emulated"), 1);
	assert_int_equal(number_at(root, "syscalls_out_of_range"), 2);
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

/* ---- parts ----------------------------------------------------------- */

static void statuses_of_processes_have_names(void **state)
{
	struct lde_process_record record = {.state = LDE_STATE_BLOCKED};
	char text[64];

	(void)state;
	assert_string_equal(summary_process_status(&record, text, sizeof(text)), "blocked");
	record.state = 99;
	assert_string_equal(summary_process_status(&record, text, sizeof(text)), "unknown");
	record.exec_error = -ENOEXEC;
	assert_string_equal(summary_process_status(&record, text, sizeof(text)),
			    "not started: ENOEXEC");
	record.exec_error = INT32_MIN;
	assert_string_equal(summary_process_status(&record, text, sizeof(text)),
			    "not started: unknown");
}

static void a_process_that_was_cut_off_is_timed_to_the_end(void **state)
{
	struct run run;
	struct lde_process_record *record = &run.records[0];

	(void)state;
	run_fill(&run);
	record->state = LDE_STATE_RUNNING;
	record->start_tsc = 2000 + 100 * MS;
	record->state_tsc[LDE_STATE_RUNNING] = 30 * MS;
	record->state_tsc[LDE_STATE_READY] = 20 * MS;
	run.ledger.entry_tsc = 2000; /* and 1400 ms later it was stopped */
	assert_int_equal(summary_state_ns(&run.summary, record, LDE_STATE_RUNNING), 1280 * MS);
	assert_int_equal(summary_state_ns(&run.summary, record, LDE_STATE_READY), 20 * MS);
	record->state_tsc[LDE_STATE_READY] = UINT64_MAX / 2; /* nonsense is not added up */
	assert_int_equal(summary_state_ns(&run.summary, record, LDE_STATE_RUNNING), 30 * MS);
	record->state = LDE_STATE_ZOMBIE;
	assert_int_equal(summary_state_ns(&run.summary, record, LDE_STATE_RUNNING), 30 * MS);
}

static void rankings_are_by_count_and_then_by_index(void **state)
{
	uint64_t counts[] = {0, 5, 9, 5, 0};
	struct summary_rank ranks[5];

	(void)state;
	assert_int_equal(summary_rank_counts(counts, 5, ranks), 3);
	assert_int_equal(ranks[0].idx, 2);
	assert_int_equal(ranks[1].idx, 1);
	assert_int_equal(ranks[2].idx, 3);
	assert_int_equal(summary_sum(counts, 5), 19);
}

static void numbers_are_grouped_in_threes(void **state)
{
	char text[QUANTITY_SIZE];

	(void)state;
	assert_string_equal(quantity_format_count(0, text, sizeof(text)), "0");
	assert_string_equal(quantity_format_count(999, text, sizeof(text)), "999");
	assert_string_equal(quantity_format_count(1000, text, sizeof(text)), "1,000");
	assert_string_equal(quantity_format_count(UINT64_MAX, text, sizeof(text)),
			    "18,446,744,073,709,551,615");
}

static void times_and_sizes_get_fitting_units(void **state)
{
	char text[QUANTITY_SIZE];

	(void)state;
	assert_string_equal(quantity_format_ns(0, text, sizeof(text)), "0 ns");
	assert_string_equal(quantity_format_ns(999, text, sizeof(text)), "999 ns");
	assert_string_equal(quantity_format_ns(1500, text, sizeof(text)), "1.5 us");
	assert_string_equal(quantity_format_ns(100000000, text, sizeof(text)), "100 ms");
	assert_string_equal(quantity_format_ns(12340000000, text, sizeof(text)), "12.34 s");
	assert_string_equal(quantity_format_ms(1234567890, text, sizeof(text)), "1,234.568");
	assert_string_equal(quantity_format_bytes(100, text, sizeof(text)), "100 B");
	assert_string_equal(quantity_format_bytes(1536, text, sizeof(text)), "1.5 KiB");
	assert_string_equal(quantity_format_bytes(256 << 20, text, sizeof(text)), "256 MiB");
}

static void ticks_become_nanoseconds_without_overflow(void **state)
{
	(void)state;
	assert_int_equal(quantity_tsc_to_ns(2600000000, 2600000000), 1000000000);
	assert_true(quantity_tsc_to_ns(UINT64_MAX, 1000000000) == UINT64_MAX);
	assert_int_equal(quantity_tsc_to_ns(5, 0), 0);
}

static void tables_are_as_wide_as_their_cells(void **state)
{
	static const struct table_column columns[] = {{"NAME", true}, {"N", false}};
	struct table table;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	table_init(&table, columns, 2);
	table_add(&table, "a-long-name");
	table_add(&table, "7");
	table_add(&table, "b");
	table_add(&table, "1,000");
	table_print(&table, out, 80);
	table_print(&table, out, 15);
	fclose(out);
	assert_string_equal(text, " NAME             N\n a-long-name      7\n b            1,000\n"
				  " NAME         N\n a-long-      7\n b        1,000\n");
	table_fini(&table);
	free(text);
}

static void disks_have_lines_and_members(void **state)
{
	const struct summary_disk disks[] = {
		{.name = "vda", .requests = 12, .failed = 3, .flushes = 1, .read_bytes = 8192,
		 .written_bytes = 4096, .doorbells = 5, .interrupts = 6, .max_in_flight = 4,
		 .busy_ns = 1000000},
		{.name = "vdb"},
	};
	struct exit_counters exits = {0};
	struct summary summary = {.command = "c", .end = "done", .exits = &exits,
				  .disks = disks, .nr_disks = 2, .wall_ns = 4000000};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	summary_print(&summary, out, 80);
	fclose(out);
	assert_non_null(strstr(text, "12  requests to vda"));
	assert_non_null(strstr(text, "8 KiB read, 4 KiB written"));
	assert_non_null(strstr(text, "3    failed"));
	assert_non_null(strstr(text, "25.00 %"));
	assert_non_null(strstr(text, "requests to vdb"));
	free(text);
	struct json_object *root = json_of(&summary), *array, *disk;
	assert_true(json_object_object_get_ex(root, "disks", &array));
	assert_int_equal(json_object_array_length(array), 2);
	disk = json_object_array_get_idx(array, 0);
	assert_string_equal(text_at(disk, "name"), "vda");
	assert_int_equal(number_at(disk, "failed"), 3);
	assert_int_equal(number_at(disk, "doorbells"), 5);
	assert_int_equal(number_at(disk, "busy_ns"), 1000000);
	json_object_put(root);
}

static void a_virtio_console_has_lines_and_members(void **state)
{
	const struct summary_console console = {
		.writes = 12, .reads = 4, .failed = 3, .doorbells = 16, .interrupts = 15};
	struct exit_counters exits = {0};
	struct summary summary = {
		.command = "c", .end = "done", .exits = &exits, .console = &console};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	summary_print(&summary, out, 80);
	fclose(out);
	assert_non_null(strstr(text, "12  writes to the console"));
	assert_non_null(strstr(text, "3    failed"));
	assert_non_null(strstr(text, "4  reads from it"));
	free(text);
	struct json_object *root = json_of(&summary), *object;
	assert_true(json_object_object_get_ex(root, "console", &object));
	assert_int_equal(number_at(object, "writes"), 12);
	assert_int_equal(number_at(object, "doorbells"), 16);
	assert_int_equal(number_at(object, "interrupts"), 15);
	json_object_put(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_is_this),
		cmocka_unit_test(no_line_is_wider_than_the_page),
		cmocka_unit_test(a_run_without_books_still_has_a_summary),
		cmocka_unit_test(many_processes_are_summed_up_by_program),
		cmocka_unit_test(pages_that_did_not_come_back_are_shown),
		cmocka_unit_test(the_json_agrees_with_the_text),
		cmocka_unit_test(the_json_has_every_process),
		cmocka_unit_test(bytes_that_are_no_text_do_not_break_the_json),
		cmocka_unit_test(a_run_without_books_still_has_json),
		cmocka_unit_test(statuses_of_processes_have_names),
		cmocka_unit_test(a_process_that_was_cut_off_is_timed_to_the_end),
		cmocka_unit_test(rankings_are_by_count_and_then_by_index),
		cmocka_unit_test(numbers_are_grouped_in_threes),
		cmocka_unit_test(times_and_sizes_get_fitting_units),
		cmocka_unit_test(ticks_become_nanoseconds_without_overflow),
		cmocka_unit_test(tables_are_as_wide_as_their_cells),
		cmocka_unit_test(disks_have_lines_and_members),
		cmocka_unit_test(a_virtio_console_has_lines_and_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
