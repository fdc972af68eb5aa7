/* SPDX-License-Identifier: MIT */
/* The summary of a run as text. */
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

#include "tests/unit/observe/summary_run.h"
#include "vmm/observe/summary.h"
#include "vmm/observe/summary_processes.h"
#include "vmm/observe/table.h"

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
	assert_non_null(strstr(
	    text, " hog         30       0    1.000  31.000  59.000      20.0    20.0  20.0"));
	assert_non_null(strstr(
	    text, " ticker      30      30    2.000  32.000  60.000       0.0     0.0   0.0"));
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

static void devices_have_lines(void **state)
{
	static const char *const parts[] = {
	    "12  requests to vda", "8 KiB read, 4 KiB written", "3    failed", "25.00 %",
	    "requests to vdb",     "12  writes to the console", "7    failed", "4  reads from it",
	};
	char *text = text_of(&summary_of_devices, 80);

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strstr(text, parts[i]))
			fail_msg("no '%s' in:\n%s", parts[i], text);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_text_is_this),
	    cmocka_unit_test(no_line_is_wider_than_the_page),
	    cmocka_unit_test(a_run_without_books_still_has_a_summary),
	    cmocka_unit_test(many_processes_are_summed_up_by_program),
	    cmocka_unit_test(pages_that_did_not_come_back_are_shown),

	    cmocka_unit_test(devices_have_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
