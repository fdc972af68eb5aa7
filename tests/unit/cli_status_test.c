/* SPDX-License-Identifier: MIT */
/* The exit status of a run, from the report of its machine. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vmm/cli/status.h"
#include "vmm/run/machine.h"

static const struct lde_ledger ledger = {.magic = LDE_LEDGER_MAGIC};

static struct lde_process_record exited(uint32_t job, int code)
{
	return (struct lde_process_record){
		.job = job, .state = LDE_STATE_ZOMBIE, .status = code << 8};
}

static struct lde_process_record killed(uint32_t job, int signal)
{
	return (struct lde_process_record){.job = job, .state = LDE_STATE_ZOMBIE, .status = signal};
}

static int status_of(enum machine_end end, const struct lde_process_record *records, uint32_t nr)
{
	struct machine_report report = {
		.end = end, .ledger = &ledger, .records = records, .nr_records = nr};

	return status_of_report(&report);
}

static void success_of_all_is_success(void **state)
{
	struct lde_process_record records[] = {exited(0, 0), exited(1, 0)};

	(void)state;
	assert_int_equal(status_of(MACHINE_END_DONE, records, 2), 0);
}

static void the_first_failure_of_the_command_line_wins(void **state)
{
	/* In the order of their ends, which is another one. */
	struct lde_process_record records[] = {exited(3, 9), exited(0, 0), killed(2, SIGSEGV),
					       exited(1, 7)};

	(void)state;
	assert_int_equal(status_of(MACHINE_END_DONE, records, 4), 7);
	assert_int_equal(status_of(MACHINE_END_DONE, records, 3), 139);
	assert_int_equal(status_of(MACHINE_END_DONE, records, 1), 9);
}

static void a_child_of_a_program_does_not_count(void **state)
{
	struct lde_process_record records[] = {exited(LDE_JOB_NONE, 3), exited(0, 0)};

	(void)state;
	assert_int_equal(status_of(MACHINE_END_DONE, records, 2), 0);
}

static void a_signal_is_added_to_128(void **state)
{
	struct lde_process_record records[] = {killed(0, SIGKILL)};

	(void)state;
	assert_int_equal(status_of(MACHINE_END_DONE, records, 1), 137);
}

static void a_program_that_did_not_start_is_126_or_127(void **state)
{
	struct lde_process_record record = exited(0, 0);

	(void)state;
	record.exec_error = -ENOENT;
	assert_int_equal(status_of(MACHINE_END_DONE, &record, 1), 127);
	record.exec_error = -ENOEXEC;
	assert_int_equal(status_of(MACHINE_END_DONE, &record, 1), 126);
}

static void a_process_that_lives_at_the_end_is_our_failure(void **state)
{
	struct lde_process_record record = {.state = LDE_STATE_BLOCKED};

	(void)state;
	assert_int_equal(status_of(MACHINE_END_DONE, &record, 1), 125);
}

static void the_end_of_the_machine_comes_first(void **state)
{
	struct lde_process_record records[] = {exited(0, 7)};
	struct machine_report report = {
		.end = MACHINE_END_SIGNAL, .signal = SIGINT, .ledger = &ledger};

	(void)state;
	assert_int_equal(status_of(MACHINE_END_TIMEOUT, records, 1), 124);
	assert_int_equal(status_of(MACHINE_END_PANIC, records, 1), 125);
	assert_int_equal(status_of(MACHINE_END_REFUSED, records, 1), 125);
	assert_int_equal(status_of(MACHINE_END_FAILED, records, 1), 125);
	assert_int_equal(status_of_report(&report), 130);
	report.signal = SIGTERM;
	assert_int_equal(status_of_report(&report), 143);
}

static void an_end_without_books_is_our_failure(void **state)
{
	struct machine_report report = {.end = MACHINE_END_DONE};

	(void)state;
	assert_int_equal(status_of_report(&report), 125);
}

static void an_unclean_disk_is_our_failure_if_programs_had_none(void **state)
{
	struct lde_ledger books = {.flags = LDE_LEDGER_F_UNCLEAN_DISK};
	struct lde_process_record record = exited(0, 0);
	struct machine_report report = {
		.end = MACHINE_END_DONE, .ledger = &books, .records = &record, .nr_records = 1};

	(void)state;
	assert_int_equal(status_of_report(&report), 125);
	record = exited(0, 7);
	assert_int_equal(status_of_report(&report), 7);
}

static void no_status_of_a_guest_leaves_the_byte(void **state)
{
	struct lde_process_record record = {.state = LDE_STATE_ZOMBIE, .status = INT32_MIN};

	(void)state;
	for (int i = 0; i < 1000; i++) {
		int status;

		record.status = (int32_t)((uint32_t)record.status * 1664525u + 1013904223u);
		status = status_of(MACHINE_END_DONE, &record, 1);
		assert_in_range(status, 0, 255);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(success_of_all_is_success),
		cmocka_unit_test(the_first_failure_of_the_command_line_wins),
		cmocka_unit_test(a_child_of_a_program_does_not_count),
		cmocka_unit_test(a_signal_is_added_to_128),
		cmocka_unit_test(a_program_that_did_not_start_is_126_or_127),
		cmocka_unit_test(a_process_that_lives_at_the_end_is_our_failure),
		cmocka_unit_test(the_end_of_the_machine_comes_first),
		cmocka_unit_test(an_end_without_books_is_our_failure),
		cmocka_unit_test(an_unclean_disk_is_our_failure_if_programs_had_none),
		cmocka_unit_test(no_status_of_a_guest_leaves_the_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
