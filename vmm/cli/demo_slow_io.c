/* SPDX-License-Identifier: MIT */
/*
 * The demonstration of slow operations: processes that compute and wait for a
 * disk in turn. Once whoever waits is BLOCKED, once it holds the CPU; what the
 * CPU and the disk did is put side by side, and two of the runs are drawn.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/log.h"
#include "vmm/cli/demo.h"
#include "vmm/cli/demo_run.h"
#include "vmm/cli/status.h"
#include "vmm/observe/quantity.h"
#include "vmm/observe/strip.h"

#define DISK_BYTES (16u << 20)
#define LATENCY    "5ms"
#define IMAGE      "disk.img"
#define DISK       IMAGE ",latency=" LATENCY
#define ROUNDS     "40" /* of 5 ms and 5 ms */
#define TIMEOUT    "60s"

/* Of the run that is drawn: not its beginning, where programs are loaded. */
#define STRIP_FROM_PERCENT 50
#define STRIP_NS           (64ull * 1000 * 1000)

static const char *const process_counts[] = {"1", "2", "4"};
#define NR_COUNTS (sizeof(process_counts) / sizeof(process_counts[0]))

struct outcome {
	uint64_t wall_ns;
	double computing, holding, disk_busy; /* shares of it */
};

static int make_disk(void)
{
	FILE *image = fopen(IMAGE, "we");
	int err = !image || ftruncate(fileno(image), DISK_BYTES) ? errno : 0;

	if (image)
		fclose(image);
	if (err)
		log_line("cannot make a disk: %s; set TMPDIR to where there is room", strerror(err));
	printf("  $ truncate -s %uM " IMAGE "\n\n", DISK_BYTES >> 20);
	return err ? STATUS_LDE_FAILED : 0;
}

/* ---- the table ------------------------------------------------------- */

static void outcome_take(void *ctx, const struct machine_report *report)
{
	struct outcome *outcome = ctx;
	const struct lde_ledger *ledger = report->ledger;
	uint64_t running = 0;

	*outcome = (struct outcome){.wall_ns = report->wall_ns};
	if (!ledger || ledger->end_tsc <= ledger->first_user_tsc || !report->wall_ns)
		return;
	for (uint32_t i = 0; i < report->nr_records; i++)
		running += report->records[i].state_tsc[LDE_STATE_RUNNING];
	double all = (double)(ledger->end_tsc - ledger->first_user_tsc);
	outcome->holding = (double)ledger->held_tsc / all;
	outcome->computing = (double)running / all - outcome->holding;
	outcome->disk_busy = (double)report->disks[0].busy_ns / (double)report->wall_ns;
}

static int measure(struct demo_stage *stage, const char *nr_processes, bool is_blocking,
		   struct outcome *outcome)
{
	const char *const blocking[] = {"run", "--timeout",  TIMEOUT,	   "--disk",   DISK, "-n",
					nr_processes, "/lde/worker", "/dev/vda", ROUNDS,     NULL};
	const char *const holding[] = {"run",	   "--timeout", TIMEOUT,       "--without",
				       "blocking", "--disk",	DISK,	       "-n",
				       nr_processes, "/lde/worker", "/dev/vda", ROUNDS, NULL};

	*outcome = (struct outcome){0};
	return demo_run(stage, &(struct demo_command){is_blocking ? blocking : holding, NULL, false,
						      outcome_take, outcome});
}

static void print_outcome(const char *nr_processes, const char *how, const struct outcome *outcome)
{
	printf("  %9s   %-12s %8" PRIu64 " ms %9.0f %% %9.0f %% %9.0f %%\n", nr_processes, how,
	       outcome->wall_ns / 1000000, 100 * outcome->computing, 100 * outcome->holding,
	       100 * outcome->disk_busy);
}

static int make_table(struct demo_stage *stage)
{
	struct outcome outcomes[NR_COUNTS][2];

	for (size_t i = 0; i < NR_COUNTS; i++) {
		for (int is_blocking = 1; is_blocking >= 0; is_blocking--) {
			int status = measure(stage, process_counts[i], is_blocking,
					     &outcomes[i][is_blocking]);
			if (status)
				return status;
		}
	}
	puts("                                        CPU        CPU held    disk\n"
	     "  processes   who waits...    total     computes   for disk    busy");
	for (size_t i = 0; i < NR_COUNTS; i++) {
		print_outcome(process_counts[i], "is blocked", &outcomes[i][1]);
		print_outcome("", "holds on", &outcomes[i][0]);
	}
	return 0;
}

/* ---- the picture ----------------------------------------------------- */

static int draw_trace(const char *trace, uint64_t wall_ns)
{
	const uint64_t start_ns = wall_ns / 100 * STRIP_FROM_PERCENT;
	struct trace_reader *reader;
	struct trace_event event;
	struct strip strip;
	char why[200];

	int err = trace_reader_open(&reader, trace, why, sizeof(why));
	if (err) {
		log_line("cannot read the trace: %s", why);
		return err;
	}
	strip_init(&strip, start_ns, start_ns + STRIP_NS);
	while ((err = trace_reader_next(reader, &event)) > 0)
		strip_event(&strip, &event);
	if (err)
		log_line("cannot read the trace: %s", trace_reader_error(reader));
	trace_reader_close(reader);
	strip_print(&strip, stdout);
	putchar('\n');
	return err;
}

static int draw(struct demo_stage *stage, bool is_blocking)
{
	const char *const blocking[] = {
		"run", "--events", "sched,block", "--timeout", TIMEOUT, "--disk", DISK, "-n", "2",
		"/lde/worker", "/dev/vda", ROUNDS, NULL};
	const char *const holding[] = {
		"run", "--events", "sched,block", "--timeout", TIMEOUT, "--without", "blocking",
		"--disk", DISK, "-n", "2", "/lde/worker", "/dev/vda", ROUNDS, NULL};
	const char *trace = is_blocking ? "blocked" : "holding";
	struct outcome outcome = {0};
	const struct demo_command command = {is_blocking ? blocking : holding, trace, false,
					     outcome_take, &outcome};

	int status = demo_run(stage, &command);
	if (status)
		return status;
	return draw_trace(trace, outcome.wall_ns) ? STATUS_LDE_FAILED : 0;
}

/* ---- all of it ------------------------------------------------------- */

static void print_intro(void)
{
	puts("A disk takes " LATENCY " for a request. Who waits for it does not need the CPU: the\n"
	     "process is BLOCKED, another runs, and the disk's interrupt makes it READY again.\n"
	     "\n"
	     "Processes that compute for 5 ms and read 4 KiB from the disk in turn: one, two,\n"
	     "and four of them. Each once as it should be, and once with a kernel that looks\n"
	     "at the disk until it is done. Look at the totals in the table, and at what the\n"
	     "CPU was used for:\n");
}

static void print_legend(void)
{
	puts("\nTwo of them over " "64 ms, a millisecond a column:\n"
	     "  # computes   = holds the CPU and waits for the disk\n"
	     "  . is blocked   - is ready, but the CPU is another's   (disk: # busy)\n");
}

static void print_outro(void)
{
	puts("Blocked, one process leaves the CPU idle for half of the time, and from two on\n"
	     "there is always somebody to run: computing and the disk go on at the same time.\n"
	     "Holding on, all go one after the other, however many there are.\n"
	     "\n"
	     "Go on alone:\n"
	     "  lde stat --disk disk.img,latency=5ms -n 8 /lde/worker /dev/vda 40\n"
	     "  lde stat --disk disk.img,latency=20ms -n 4 /lde/worker /dev/vda 40   slower\n"
	     "  lde stat --disk disk.img,iops=50 -n 4 /lde/worker /dev/vda 40   it is full");
}

int demo_slow_io(struct demo_stage *stage)
{
	print_intro();
	int status = make_disk();
	if (!status)
		status = make_table(stage);
	if (status)
		return status;
	print_legend();
	status = draw(stage, true);
	if (!status)
		status = draw(stage, false);
	if (!status)
		print_outro();
	return status;
}
