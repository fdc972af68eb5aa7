/* SPDX-License-Identifier: MIT */
/*
 * What the simulators make of options, and of records: here the records are written
 * by hand. That the kernel writes the right ones is for tests/ostep to see.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/ostep/simulator.h"

/* What recording_run was called with, in short, and what it gives back. */
static char asked[400];
static const struct record *answer;
static size_t nr_answer;
static int answer_err;

static char *printed;
static struct complaint complaint;

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...)
{
	size_t len = strlen(asked);
	va_list args;

	va_start(args, format);
	vsnprintf(asked + len, sizeof(asked) - len, format, args);
	va_end(args);
}

static void note_workload(const struct workload *workload)
{
	asked[0] = '\0';
	for (size_t i = 0; i < workload->nr_jobs; i++) {
		const struct workload_job *job = &workload->jobs[i];

		note("%s%llu/%llu/%u:", i ? " " : "", (unsigned long long)job->arrival,
		     (unsigned long long)job->length, job->tickets);
		for (size_t k = 0; k < job->nr_steps; k++)
			note("%c%llu", job->steps[k].op == WORKLOAD_IO ? 'i' : 'c',
			     (unsigned long long)job->steps[k].ticks);
	}
}

static int fake_record(const struct workload *workload, struct recording *recording,
		       struct complaint *why)
{
	note_workload(workload);
	if (answer_err)
		return complaint_set(why, answer_err, "the machine broke");
	recording->records = calloc(nr_answer + 1, sizeof(*answer));
	if (nr_answer)
		memcpy(recording->records, answer, nr_answer * sizeof(*answer));
	recording->nr = nr_answer;
	return 0;
}

typedef int simulate_fn(const struct simulator_call *call);

/* Nothing may be printed unless all went well. */
static int run(simulate_fn *simulate, char *const *argv)
{
	struct simulator_call call = {"ostep x", argv, NULL, fake_record, &complaint};
	size_t size;
	int err;

	free(printed);
	asked[0] = '\0';
	complaint.text[0] = '\0';
	call.out = open_memstream(&printed, &size);
	err = simulate(&call);
	fclose(call.out);
	if (err < 0) {
		assert_int_equal(size, 0);
		assert_true(complaint.text[0]);
	}
	return err;
}

#define RUN(simulate, ...) run(simulate, (char *const[]){(char *)"x", __VA_ARGS__, NULL})

#define ANSWER(...)                                                                                \
	do {                                                                                       \
		static const struct record records[] = {__VA_ARGS__};                              \
		answer = records;                                                                  \
		nr_answer = sizeof(records) / sizeof(records[0]);                                  \
	} while (0)

static void refused(int err, const char *expected)
{
	assert_int_equal(err, -EINVAL);
	if (!strstr(complaint.text, expected))
		fail_msg("%s", complaint.text);
	assert_int_equal(strncmp(complaint.text, "ostep x: ", 9), 0);
	assert_string_equal(asked, ""); /* no machine was started */
}

static void shows(const char *expected)
{
	if (!strstr(printed, expected))
		fail_msg("%s", printed);
}

static int setup(void **state)
{
	(void)state;
	answer = NULL;
	nr_answer = 0;
	answer_err = 0;
	return 0;
}

/* ---- what is run ------------------------------------------------------------------ */

static void options_become_workloads(void **state)
{
	(void)state;
	RUN(ostep_process_run, "-P", "c7,i,c1,c2,i:c0:i", "-c");
	assert_string_equal(asked, "0/10/0:c7i1c3i1 0/0/0: 0/0/0:i1");
	RUN(ostep_process_run, "-l", "2:100,1:0", "-c");
	assert_string_equal(asked, "0/2/0:c2 0/0/0:i1");
	RUN(ostep_scheduler, "-s1", "-c");
	assert_string_equal(asked, "0/2/0:c2 0/9/0:c9 0/8/0:c8");
	RUN(ostep_mlfq, "-l", "3,10,4:0,5,0:0,8,4:1,1,1", "-c");
	assert_string_equal(asked, "3/10/0:c4i1c4i1c2 0/5/0:c5 0/8/0:c4i1c4 1/1/0:c1");
	RUN(ostep_lottery, "-l", "5:10,7:1000000", "-c");
	assert_string_equal(asked, "0/5/10:c5 0/7/1000000:c7");
}

/* A tick is as long as it has to be, and no shorter. */
static void fractions_of_a_second_are_ticks(void **state)
{
	(void)state;
	RUN(ostep_scheduler, "-l", "0.5,2,1.5", "-c");
	assert_string_equal(asked, "0/1/0:c1 0/4/0:c4 0/3/0:c3");
	RUN(ostep_scheduler, "-l", "0.1,0.25", "-c");
	assert_string_equal(asked, "0/2/0:c2 0/5/0:c5");
	refused(RUN(ostep_scheduler, "-l", "0.1234567", "-c"), "6 decimals");
}

static void without_c_no_machine_runs(void **state)
{
	(void)state;
	assert_int_equal(RUN(ostep_process_run, "-l", "2:100"), 0);
	shows("Process 0\n  cpu\n  cpu\n");
	assert_int_equal(RUN(ostep_scheduler, "-p", "LIFO"), 0);
	shows("ARG policy LIFO\n");
	assert_int_equal(RUN(ostep_mlfq, "-j0"), 0);
	shows("OPTIONS jobs 0\n");
	assert_int_equal(RUN(ostep_lottery, "-l", "0:0"), 0);
	shows("Here is the set of random numbers");
	assert_string_equal(asked, "");
}

static void what_cannot_be_run_is_refused(void **state)
{
	(void)state;
	refused(RUN(ostep_process_run, "-c"), "there are no processes");
	refused(RUN(ostep_process_run, "-c", "-P", "c1:x"), "'x'");
	refused(RUN(ostep_process_run, "-c", "-P", "c1::c2"), "''");
	refused(RUN(ostep_process_run, "-c", "-P", "cc"), "'cc'");
	refused(RUN(ostep_process_run, "-c", "-l", "5"), "'5'");
	refused(RUN(ostep_process_run, "-c", "-l", "5:5:5"), "'5:5:5'");
	refused(RUN(ostep_process_run, "-c", "-l", "5:x"), "'5:x'");
	refused(RUN(ostep_process_run, "-l", "5:5", "-S", "switch_on_io"), "SWITCH_ON_END");
	refused(RUN(ostep_process_run, "-l", "5:5", "-I", ""), "IO_RUN_LATER");
	refused(RUN(ostep_process_run, "-l", "5:5", "-L", "-1"), "-L -1");
	refused(RUN(ostep_process_run, "-l", "99999999999:5"), "X:Y");
	refused(RUN(ostep_scheduler, "-c", "-l", "1,two"), "'two'");
	refused(RUN(ostep_scheduler, "-c", "-l", "-1"), "length -1");
	refused(RUN(ostep_scheduler, "-c", "-l", "nan"), "length nan");
	refused(RUN(ostep_scheduler, "-c", "-l", "1e300"), "length 1e+300");
	refused(RUN(ostep_scheduler, "-c", "-p", "LIFO"), "FIFO, SJF or RR");
	refused(RUN(ostep_scheduler, "-c", "-p", "RR", "-q", "0"), "-q 0");
	refused(RUN(ostep_scheduler, "-c", "-j0"), "no job");
	refused(RUN(ostep_mlfq, "-c", "-n", "9"), "9 queues");
	refused(RUN(ostep_mlfq, "-c", "-n", "0"), "0 queues");
	refused(RUN(ostep_mlfq, "-Q", "1,2,3,4,5,6,7,8,9"), "9 queues");
	refused(RUN(ostep_mlfq, "-Q", "1,,3"), "''");
	refused(RUN(ostep_mlfq, "-Q", "1,2", "-A", "1"), "1 allotments for 2 queues");
	refused(RUN(ostep_mlfq, "-Q", "1,2", "-A", "0,1"), "1 or more slices");
	refused(RUN(ostep_mlfq, "-l", "1,2"), "START,LENGTH,IO");
	refused(RUN(ostep_mlfq, "-l", "1,2,3,4"), "START,LENGTH,IO");
	refused(RUN(ostep_mlfq, "-c", "-l", "-1,2,3"), "starts at -1");
	refused(RUN(ostep_mlfq, "-c", "-l", "0,0,3"), "length 0");
	refused(RUN(ostep_mlfq, "-c", "-l", "0,9,3", "-i", "-1"), "-i -1");
	refused(RUN(ostep_mlfq, "-c", "-j0"), "no job");
	refused(RUN(ostep_lottery, "-m", "1"), "at least 2");
	refused(RUN(ostep_lottery, "-l", "1:2:3"), "LENGTH:TICKETS");
	refused(RUN(ostep_lottery, "-c", "-l", "-1:1"), "length -1");
	refused(RUN(ostep_lottery, "-c", "-l", "5:0,5:5"), "0 tickets");
	refused(RUN(ostep_lottery, "-c", "-q", "0"), "-q 0");
	refused(RUN(ostep_lottery, "-c", "-l", "900000:1,900000:1"), "up to 1000000");
	refused(RUN(ostep_process_run, "-c", "-P", "i,i,i", "-L", "400000"), "1200003 ticks");
	refused(RUN(ostep_scheduler, "-c", "-j1001"), "1001 jobs");
}

/* ---- what is made of the records --------------------------------------------------- */

static void a_machine_that_fails_is_a_complaint(void **state)
{
	(void)state;
	answer_err = -EIO;
	assert_int_equal(RUN(ostep_mlfq, "-c"), -EIO);
	assert_string_equal(complaint.text, "the machine broke");
}

static void records_of_nobody_are_refused(void **state)
{
	(void)state;
	ANSWER({.kind = RECORD_RUN, .job = 3});
	assert_int_equal(RUN(ostep_mlfq, "-c", "-j3"), -EIO);
	assert_int_equal(RUN(ostep_process_run, "-c", "-l", "1:1"), -EIO);
	ANSWER({.kind = RECORD_DONE, .job = RECORD_NO_JOB});
	assert_int_equal(RUN(ostep_scheduler, "-c"), -EIO);
	ANSWER({.kind = RECORD_DRAW, .job = UINT32_MAX - 1});
	assert_int_equal(RUN(ostep_lottery, "-c"), -EIO);
}

static void process_run_shows_who_ran_and_who_waited(void **state)
{
	(void)state;
	ANSWER({.time = 1, .kind = RECORD_DISPATCH, .job = 0},
	       {.time = 1, .kind = RECORD_RUN, .job = 0, .run.op = RECORD_OP_IO},
	       {.time = 1, .kind = RECORD_IO_ISSUED, .job = 0},
	       {.time = 1, .kind = RECORD_BLOCKED, .job = 0},
	       {.time = 1, .kind = RECORD_DISPATCH, .job = 1},
	       {.time = 2, .kind = RECORD_RUN, .job = 1, .run.op = RECORD_OP_CPU},
	       {.time = 2, .kind = RECORD_DONE, .job = 1},
	       {.time = 3, .kind = RECORD_IDLE, .job = RECORD_NO_JOB},
	       {.time = 4, .kind = RECORD_IO_DONE, .job = 0},
	       {.time = 4, .kind = RECORD_READY, .job = 0},
	       {.time = 4, .kind = RECORD_DISPATCH, .job = 0},
	       {.time = 4, .kind = RECORD_RUN, .job = 0, .run.op = RECORD_OP_IO_DONE},
	       {.time = 4, .kind = RECORD_DONE, .job = 0});
	assert_int_equal(RUN(ostep_process_run, "-P", "i:c1", "-cp", "-L2"), 0);
	assert_string_equal(printed,
			    "Time        PID: 0        PID: 1           CPU           IOs\n"
			    "  1         RUN:io         READY             1          \n"
			    "  2        BLOCKED       RUN:cpu             1             1\n"
			    "  3        BLOCKED          DONE                           1\n"
			    "  4*   RUN:io_done          DONE             1          \n"
			    "\n"
			    "Stats: Total Time 4\n"
			    "Stats: CPU Busy 3 (75.00%)\n"
			    "Stats: IO Busy  2 (50.00%)\n"
			    "\n");
}

static void scheduler_counts_the_ticks_of_a_slice(void **state)
{
	(void)state;
	/* Not what round robin would do: the table says what was, not what should be. */
	ANSWER(
	    {.time = 0, .kind = RECORD_READY, .job = 0},
	    {.time = 0, .kind = RECORD_READY, .job = 1},
	    {.time = 0, .kind = RECORD_DISPATCH, .job = 1},
	    {.time = 0, .kind = RECORD_RUN, .job = 1}, {.time = 1, .kind = RECORD_RUN, .job = 1},
	    {.time = 2, .kind = RECORD_READY, .job = 1},
	    {.time = 2, .kind = RECORD_DISPATCH, .job = 0},
	    {.time = 2, .kind = RECORD_RUN, .job = 0}, {.time = 3, .kind = RECORD_DONE, .job = 0},
	    {.time = 3, .kind = RECORD_DISPATCH, .job = 1},
	    {.time = 3, .kind = RECORD_RUN, .job = 1}, {.time = 4, .kind = RECORD_DONE, .job = 1});
	assert_int_equal(RUN(ostep_scheduler, "-c", "-p", "RR", "-l", "1,3"), 0);
	shows("  [ time   0 ] Run job   1 for 2.00 secs\n"
	      "  [ time   2 ] Run job   0 for 1.00 secs ( DONE at 3.00 )\n"
	      "  [ time   3 ] Run job   1 for 1.00 secs ( DONE at 4.00 )\n"
	      "\n"
	      "Final statistics:\n"
	      "  Job   0 -- Response: 2.00  Turnaround 3.00  Wait 2.00\n"
	      "  Job   1 -- Response: 0.00  Turnaround 4.00  Wait 1.00\n"
	      "\n"
	      "  Average -- Response: 1.00  Turnaround 3.50  Wait 1.50\n");
}

static void mlfq_shows_what_is_left(void **state)
{
	(void)state;
	ANSWER({.time = 0, .kind = RECORD_IDLE, .job = RECORD_NO_JOB},
	       {.time = 1, .kind = RECORD_BOOST, .job = RECORD_NO_JOB},
	       {.time = 1, .kind = RECORD_ARRIVED, .job = 0},
	       {.time = 1, .kind = RECORD_DISPATCH, .job = 0},
	       {.time = 1, .kind = RECORD_RUN, .job = 0, .run = {RECORD_OP_CPU, 1, -1, 2, false}},
	       {.time = 2, .kind = RECORD_IO_ISSUED, .job = 0},
	       {.time = 2, .kind = RECORD_BLOCKED, .job = 0},
	       {.time = 2, .kind = RECORD_IO_DONE, .job = 0},
	       {.time = 2, .kind = RECORD_RUN, .job = 0, .run = {RECORD_OP_CPU, 2, 7, 1, false}},
	       {.time = 3, .kind = RECORD_DONE, .job = 0});
	assert_int_equal(RUN(ostep_mlfq, "-c", "-l", "1,2,1", "-i0", "-B1"), 0);
	shows("\nExecution Trace:\n"
	      "\n"
	      "[ time 0 ] IDLE\n"
	      "[ time 1 ] BOOST ( every 1 )\n"
	      "[ time 1 ] JOB BEGINS by JOB 0\n"
	      "[ time 1 ] Run JOB 0 at PRIORITY 1 [ TICKS -1 ALLOT 2 TIME 1 (of 2) ]\n"
	      "[ time 2 ] IO_START by JOB 0\n"
	      "IO DONE\n"
	      "[ time 2 ] IO_DONE by JOB 0\n"
	      "[ time 2 ] Run JOB 0 at PRIORITY 0 [ TICKS 7 ALLOT 1 TIME 0 (of 2) ]\n"
	      "[ time 3 ] FINISHED JOB 0\n"
	      "\n"
	      "Final statistics:\n"
	      "  Job  0: startTime   1 - response   0 - turnaround   2\n"
	      "\n"
	      "  Avg  0: startTime n/a - response 0.00 - turnaround 2.00\n");
}

static void lottery_shows_who_has_won(void **state)
{
	(void)state;
	ANSWER({.time = 0, .kind = RECORD_DRAW, .job = 1, .draw = {4, 5}},
	       {.time = 0, .kind = RECORD_RUN, .job = 1},
	       {.time = 2, .kind = RECORD_DONE, .job = 1},
	       {.time = 2, .kind = RECORD_DRAW, .job = 0, .draw = {0, 3}},
	       {.time = 2, .kind = RECORD_RUN, .job = 0}, {.time = 3, .kind = RECORD_RUN, .job = 0},
	       {.time = 4, .kind = RECORD_DONE, .job = 0});
	assert_int_equal(RUN(ostep_lottery, "-c", "-l", "2:3,1:2", "-q2"), 0);
	shows("** Solutions **\n"
	      "\n"
	      "Random 844422 -> Winning ticket 4 (of 5) -> Run 1\n"
	      "  Jobs:\n"
	      " (  job:0 timeleft:2 tix:3 )  (* job:1 timeleft:1 tix:2 ) \n"
	      "--> JOB 1 DONE at time 2\n"
	      "Random 757955 -> Winning ticket 0 (of 3) -> Run 0\n"
	      "  Jobs:\n"
	      " (* job:0 timeleft:2 tix:3 )  (  job:1 timeleft:0 tix:--- ) \n"
	      "--> JOB 0 DONE at time 4\n"
	      "\n");
}

/* ---- the real clock ---------------------------------------------------------------- */

static void clock_is_one_of_two(void **state)
{
	(void)state;
	refused(RUN(ostep_scheduler, "--clock", "stopped"), "--clock stopped");
	refused(RUN(ostep_scheduler, "--clock", "realistic"), "--clock realistic");
	refused(RUN(ostep_scheduler, "--clock", "real,tick=5"), "--clock real,tick=5");
	refused(RUN(ostep_scheduler, "--clock", "real,tick=1us"), "100us to 1s");
	refused(RUN(ostep_scheduler, "--clock", "logical,tick=1ms"), "give logical, real");
	refused(RUN(ostep_scheduler, "-c", "-l", "0.001", "--clock", "real"), "too short");
	assert_int_equal(RUN(ostep_mlfq, "-j1", "--clock", "real"), 0);
}

/* Ticks of 10 ms, times in ns. */
#define MS(n) ((n)*1000000ull)

static void scheduler_shows_jitter(void **state)
{
	(void)state;
	ANSWER({.time = MS(1), .kind = RECORD_DISPATCH, .job = 1},
	       {.time = MS(12), .kind = RECORD_READY, .job = 1},
	       {.time = MS(12), .kind = RECORD_DISPATCH, .job = 0},
	       {.time = MS(24), .kind = RECORD_DONE, .job = 0},
	       {.time = MS(25), .kind = RECORD_DISPATCH, .job = 1},
	       {.time = MS(40), .kind = RECORD_DONE, .job = 1});
	assert_int_equal(RUN(ostep_scheduler, "-c", "-pRR", "-l1,2", "--clock", "real"), 0);
	shows("  [ time   0 ] Run job   1 for 1.10 secs jitter +0.100\n"
	      "  [ time   1 ] Run job   0 for 1.20 secs ( DONE at 2.40 ) jitter +0.200\n"
	      "  [ time   2 ] Run job   1 for 1.50 secs ( DONE at 4.00 ) jitter +0.600\n");
	shows("  Job   1 -- Response: 0.10  Turnaround 4.00  Wait 1.40\n");
	shows("Real clock: total 4.00, jobs 3.00, idle 0.00, overhead 1.00 (25.00%)\n");
}

/* A draw is made before the one who had the CPU has lost it. */
static void lottery_shows_jitter(void **state)
{
	(void)state;
	ANSWER({.time = MS(0), .kind = RECORD_DRAW, .job = 0, .draw = {3, 40}},
	       {.time = MS(0), .kind = RECORD_DISPATCH, .job = 0},
	       {.time = MS(11), .kind = RECORD_RUN, .job = 0},
	       {.time = MS(12), .kind = RECORD_DRAW, .job = 1, .draw = {20, 40}},
	       {.time = MS(12), .kind = RECORD_READY, .job = 0},
	       {.time = MS(13), .kind = RECORD_DISPATCH, .job = 1},
	       {.time = MS(23), .kind = RECORD_RUN, .job = 1},
	       {.time = MS(23), .kind = RECORD_DONE, .job = 1});
	assert_int_equal(RUN(ostep_lottery, "-c", "-l2:10,1:30", "--clock", "real"), 0);
	shows("(* job:0 timeleft:2 tix:10 )  (  job:1 timeleft:1 tix:30 ) \n"
	      "--> JOB 0 ran for 1.200 at time 0.00, jitter +0.200\n");
	shows("(  job:0 timeleft:1 tix:10 )  (* job:1 timeleft:1 tix:30 ) \n"
	      "--> JOB 1 ran for 1.000 at time 1.30, jitter +0.000\n"
	      "--> JOB 1 DONE at time 2.30\n");
}

/* An instruction that was interrupted is as long as its parts. */
static void process_run_shows_jitter(void **state)
{
	(void)state;
	ANSWER({.time = MS(0), .kind = RECORD_DISPATCH, .job = 0},
	       {.time = MS(11), .kind = RECORD_RUN, .job = 0, .run.op = RECORD_OP_IO},
	       {.time = MS(11), .kind = RECORD_IO_ISSUED, .job = 0},
	       {.time = MS(11), .kind = RECORD_BLOCKED, .job = 0},
	       {.time = MS(12), .kind = RECORD_DISPATCH, .job = 1},
	       {.time = MS(16), .kind = RECORD_IO_DONE, .job = 0},
	       {.time = MS(16), .kind = RECORD_READY, .job = 0},
	       {.time = MS(16), .kind = RECORD_READY, .job = 1},
	       {.time = MS(16), .kind = RECORD_DISPATCH, .job = 0},
	       {.time = MS(26), .kind = RECORD_RUN, .job = 0, .run.op = RECORD_OP_IO_DONE},
	       {.time = MS(26), .kind = RECORD_DONE, .job = 0},
	       {.time = MS(26), .kind = RECORD_DISPATCH, .job = 1},
	       {.time = MS(34), .kind = RECORD_RUN, .job = 1, .run.op = RECORD_OP_CPU},
	       {.time = MS(34), .kind = RECORD_DONE, .job = 1});
	assert_int_equal(RUN(ostep_process_run, "-Pi:c1", "-c", "--clock=real"), 0);
	shows("   1.10         RUN:io         READY             1                      +0.100\n"
	      "   2.60*   RUN:io_done         READY             1                      +0.000\n"
	      "   3.40           DONE       RUN:cpu             1                      +0.200\n"
	      "\n"
	      "Real clock: total 3.40, jobs 3.00, idle 0.00, overhead 0.40 (11.76%)\n");
}

/* Who lost the CPU amid a tick's work goes on with that. */
static void mlfq_shows_jitter(void **state)
{
	(void)state;
	ANSWER({.time = MS(10), .kind = RECORD_IDLE, .job = RECORD_NO_JOB},
	       {.time = MS(10), .kind = RECORD_ARRIVED, .job = 0},
	       {.time = MS(11), .kind = RECORD_DISPATCH, .job = 0, .run = {0, 0, MS(20), 1, false}},
	       {.time = MS(11), .kind = RECORD_ARRIVED, .job = 1},
	       {.time = MS(22), .kind = RECORD_RUN, .job = 0, .run = {0, 0, MS(9), 1, false}},
	       {.time = MS(32), .kind = RECORD_READY, .job = 0, .run = {0, 1, MS(20), 2, false}},
	       {.time = MS(32), .kind = RECORD_DISPATCH, .job = 1, .run = {0, 0, MS(20), 1, false}},
	       {.time = MS(43), .kind = RECORD_RUN, .job = 1, .run = {0, 0, MS(9), 1, false}},
	       {.time = MS(43), .kind = RECORD_IO_ISSUED, .job = 1},
	       {.time = MS(44), .kind = RECORD_BLOCKED, .job = 1},
	       {.time = MS(45), .kind = RECORD_DISPATCH, .job = 0, .run = {0, 1, MS(20), 2, false}},
	       {.time = MS(48), .kind = RECORD_IO_DONE, .job = 1},
	       {.time = MS(48), .kind = RECORD_READY, .job = 1},
	       {.time = MS(48), .kind = RECORD_READY, .job = 0, .run = {0, 1, MS(17), 2, true}},
	       {.time = MS(48), .kind = RECORD_BOOST, .job = RECORD_NO_JOB},
	       {.time = MS(48), .kind = RECORD_DISPATCH, .job = 1, .run = {0, 0, MS(20), 1, false}},
	       {.time = MS(58), .kind = RECORD_RUN, .job = 1, .run = {0, 0, MS(10), 1, false}},
	       {.time = MS(59), .kind = RECORD_DONE, .job = 1},
	       {.time = MS(60), .kind = RECORD_DISPATCH, .job = 0, .run = {0, 1, MS(17), 2, false}},
	       {.time = MS(90), .kind = RECORD_RUN, .job = 0, .run = {0, 1, -(int64_t)MS(13), 0, false}},
	       {.time = MS(91), .kind = RECORD_DONE, .job = 0});
	assert_int_equal(RUN(ostep_mlfq, "-c", "-l1,2,0:1,2,1", "-B4", "--clock", "real"), 0);
	shows("[ time 1.00 ] IDLE for 1.00\n"
	      "[ time 1.00 ] JOB BEGINS by JOB 0\n"
	      "[ time 1.10 ] JOB BEGINS by JOB 1\n"
	      "[ time 2.20 ] Run JOB 0 at PRIORITY 2 [ TICKS 0.90 ALLOT 1 TIME 1 (of 2) ] jitter +0.100\n"
	      "[ time 3.20 ] PREEMPTED JOB 0 to PRIORITY 1 [ TICKS 2.00 ALLOT 2 ] jitter +0.100\n"
	      "[ time 4.30 ] Run JOB 1 at PRIORITY 2 [ TICKS 0.90 ALLOT 1 TIME 1 (of 2) ] jitter +0.100\n"
	      "[ time 4.30 ] IO_START by JOB 1\n"
	      "IO DONE\n"
	      "[ time 4.80 ] IO_DONE by JOB 1\n"
	      "[ time 4.80 ] DISPLACED JOB 0 to PRIORITY 1 [ TICKS 1.70 ALLOT 2 ]\n"
	      "[ time 4.80 ] BOOST ( every 4 )\n"
	      "[ time 5.80 ] Run JOB 1 at PRIORITY 2 [ TICKS 1.00 ALLOT 1 TIME 0 (of 2) ] jitter +0.000\n"
	      "[ time 5.90 ] FINISHED JOB 1\n"
	      "[ time 9.00 ] Run JOB 0 at PRIORITY 1 [ TICKS -1.30 ALLOT 0 TIME 0 (of 2) ] jitter +3.300\n"
	      "[ time 9.10 ] FINISHED JOB 0\n"
	      "\n"
	      "Final statistics:\n"
	      "  Job  0: startTime   1 - response 0.10 - turnaround 8.10\n"
	      "  Job  1: startTime   1 - response 2.20 - turnaround 4.90\n");
	shows("Real clock: total 9.10, jobs 4.00, idle 1.00, overhead 4.10 (45.05%)\n");
}

static void help_names_the_options(void **state)
{
	(void)state;
	assert_int_equal(RUN(ostep_process_run, "-h"), OSTEP_OPTIONS_HELP);
	shows("-P, --program LIST");
	assert_int_equal(RUN(ostep_scheduler, "--help"), OSTEP_OPTIONS_HELP);
	shows("-p, --policy NAME");
	assert_int_equal(RUN(ostep_mlfq, "--help"), OSTEP_OPTIONS_HELP);
	shows("-I, --iobump");
	assert_int_equal(RUN(ostep_lottery, "--help"), OSTEP_OPTIONS_HELP);
	shows("-T, --maxticket N");
}

static int teardown(void **state)
{
	(void)state;
	free(printed);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(options_become_workloads, setup),
	    cmocka_unit_test_setup(fractions_of_a_second_are_ticks, setup),
	    cmocka_unit_test_setup(without_c_no_machine_runs, setup),
	    cmocka_unit_test_setup(what_cannot_be_run_is_refused, setup),
	    cmocka_unit_test_setup(a_machine_that_fails_is_a_complaint, setup),
	    cmocka_unit_test_setup(records_of_nobody_are_refused, setup),
	    cmocka_unit_test_setup(process_run_shows_who_ran_and_who_waited, setup),
	    cmocka_unit_test_setup(scheduler_counts_the_ticks_of_a_slice, setup),
	    cmocka_unit_test_setup(mlfq_shows_what_is_left, setup),
	    cmocka_unit_test_setup(mlfq_shows_jitter, setup),
	    cmocka_unit_test_setup(lottery_shows_who_has_won, setup),
	    cmocka_unit_test_setup(clock_is_one_of_two, setup),
	    cmocka_unit_test_setup(scheduler_shows_jitter, setup),
	    cmocka_unit_test_setup(lottery_shows_jitter, setup),
	    cmocka_unit_test_setup(process_run_shows_jitter, setup),
	    cmocka_unit_test_setup(help_names_the_options, setup),
	};

	return cmocka_run_group_tests_name("ostep_simulator", tests, NULL, teardown);
}
