/* SPDX-License-Identifier: MIT */
/*
 * The demonstration of the timer: the same three programs, once with
 * preemption and once without it, and the counters side by side.
 */
#include <inttypes.h>
#include <stdio.h>

#include "vmm/cli/demo.h"
#include "vmm/cli/demo_run.h"
#include "vmm/observe/quantity.h"

#define NR_PROGRAMS 3
#define HOG_MS      "1000"
#define TICKS       "5"
#define TICK_MS     "100" /* so that a ticker alone needs half a second */
#define TIMEOUT     "15s" /* a run takes about one second; a hung one ends */

/* The tickers first, so that they have begun when hog gets the CPU. */
#define WORKLOAD                                                                                   \
	"/lde/ticker", TICKS, TICK_MS, "a", ":", "/lde/ticker", TICKS, TICK_MS, "b", ":",          \
		"/lde/hog", HOG_MS

static const char *const with_timer[] = {"run", "--timeout", TIMEOUT, WORKLOAD, NULL};
static const char *const without_timer[] = {"run",        "--timeout", TIMEOUT, "--without",
					    "preemption", WORKLOAD,    NULL};

/* What one of the two runs showed. */
struct outcome {
	uint64_t preempted, voluntary, timer_arms;
	uint64_t wall_ns;
	uint64_t life_ns[NR_PROGRAMS]; /* from a program's start to its end */
};

static void outcome_take(void *ctx, const struct machine_report *report)
{
	struct outcome *outcome = ctx;
	const struct lde_ledger *ledger = report->ledger;

	outcome->wall_ns = report->wall_ns;
	if (ledger) {
		outcome->preempted = ledger->switches_preempted;
		outcome->voluntary = ledger->switches_voluntary;
		outcome->timer_arms = ledger->timer_arms;
	}
	for (uint32_t i = 0; i < report->nr_records; i++) {
		const struct lde_process_record *record = &report->records[i];

		if (record->job < NR_PROGRAMS && record->end_tsc > record->start_tsc)
			outcome->life_ns[record->job] = quantity_tsc_to_ns(
				record->end_tsc - record->start_tsc, report->tsc_hz);
	}
}

static int run_once(struct demo_stage *stage, const char *const *argv, const char *trace,
		    struct outcome *outcome)
{
	*outcome = (struct outcome){0};
	return demo_run(stage, &(struct demo_command){argv, trace, true, outcome_take, outcome});
}

static void print_counts(const char *what, uint64_t with, uint64_t without)
{
	char left[QUANTITY_SIZE], right[QUANTITY_SIZE];

	printf("  %-36s %12s %12s\n", what, quantity_format_count(with, left, sizeof(left)),
	       quantity_format_count(without, right, sizeof(right)));
}

static void print_times(const char *what, uint64_t with_ns, uint64_t without_ns)
{
	printf("  %-36s %9" PRIu64 " ms %9" PRIu64 " ms\n", what, with_ns / 1000000,
	       without_ns / 1000000);
}

static void print_comparison(const struct outcome *with, const struct outcome *without)
{
	printf("What the two runs took:\n\n  %-36s %12s %12s\n", "", "with timer", "without");
	print_counts("the timer took the CPU back", with->preempted, without->preempted);
	print_counts("a process gave the CPU away itself", with->voluntary, without->voluntary);
	print_counts("the timer was armed", with->timer_arms, without->timer_arms);
	print_times("ticker a ended after", with->life_ns[0], without->life_ns[0]);
	print_times("ticker b ended after", with->life_ns[1], without->life_ns[1]);
	print_times("hog ended after", with->life_ns[2], without->life_ns[2]);
	print_times("all together", with->wall_ns, without->wall_ns);
}

static void print_intro(void)
{
	puts("Limited direct execution lets a program run on the CPU itself. But while it\n"
	     "runs, the kernel does not. How does the kernel get the CPU back?\n"
	     "\n"
	     "Three programs on one virtual CPU: the tickers a and b sleep, and every 100 ms\n"
	     "want the CPU for a moment; hog computes for one second and never waits.\n"
	     "\n"
	     "First with the timer interrupt, as it should be. Look at how late the ticks are,\n"
	     "and in the chart at the tickers' moments on the CPU:\n");
}

static void print_outro(void)
{
	puts("\n"
	     "With the timer, a ticker runs when it is due: the kernel takes the CPU from hog,\n"
	     "and hog hardly notices. Without it, hog keeps the CPU until it ends by itself:\n"
	     "it makes no system call that waits, so the tickers come as late as hog is long.\n"
	     "An endless loop in hog would have been the end of everything.\n"
	     "\n"
	     "Go on alone:\n"
	     "  lde stat /lde/hog 500 : /lde/hog 500      they share the CPU, slice by slice\n"
	     "  lde stat --quantum 1ms -n 2 /lde/hog 500  ten times as many switches\n"
	     "  lde stat /lde/hog 500                     alone: no switch and no timer at all\n"
	     "  lde run --sched fifo -n 2 /lde/hog 500    who runs next: lde help policies");
}

int demo_switching(struct demo_stage *stage)
{
	struct outcome with, without;
	int status;

	print_intro();
	status = run_once(stage, with_timer, "with", &with);
	if (status)
		return status;
	puts("Now the same without it: nothing interrupts a process that computes. Look for\n"
	     "the tickers in the first second: they are ready, and do not get the CPU.\n");
	status = run_once(stage, without_timer, "without", &without);
	if (status)
		return status;
	print_comparison(&with, &without);
	print_outro();
	return 0;
}
