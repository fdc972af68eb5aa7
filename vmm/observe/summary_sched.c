/* SPDX-License-Identifier: MIT */
#include "vmm/observe/summary_sched.h"

#include "vmm/observe/quantity.h"

/* The guest's numbers may be anything: a difference never goes below 0. */
static uint64_t between(const struct summary *summary, uint64_t start_tsc, uint64_t end_tsc)
{
	uint64_t ticks = end_tsc > start_tsc ? end_tsc - start_tsc : 0;

	return quantity_tsc_to_ns(ticks, summary->tsc_hz);
}

uint64_t summary_response_ns(const struct summary *summary, const struct lde_process_record *record)
{
	return between(summary, record->start_tsc, record->first_run_tsc);
}

uint64_t summary_turnaround_ns(const struct summary *summary,
			       const struct lde_process_record *record)
{
	return between(summary, record->start_tsc, record->end_tsc);
}

/* Sums, of which summary_sched makes means. */
struct sums {
	uint64_t response_ns, turnaround_ns, wait_ns, cpu_ns;
	double share, share_squares; /* CPU / (CPU + READY) of each */
};

static void add_process(struct sums *sums, const struct summary *summary,
			const struct lde_process_record *record)
{
	uint64_t cpu = summary_state_ns(summary, record, LDE_STATE_RUNNING);
	uint64_t wait = summary_state_ns(summary, record, LDE_STATE_READY);
	double share = cpu + wait ? (double)cpu / (double)(cpu + wait) : 1;

	sums->response_ns += summary_response_ns(summary, record);
	sums->turnaround_ns += summary_turnaround_ns(summary, record);
	sums->wait_ns += wait;
	sums->cpu_ns += cpu;
	sums->share += share;
	sums->share_squares += share * share;
}

static uint64_t mean(uint64_t sum, uint32_t nr)
{
	return nr ? sum / nr : 0;
}

void summary_sched(const struct summary *summary, struct summary_sched *sched)
{
	struct sums sums = {0};
	uint64_t busy_ns;

	*sched = (struct summary_sched){0};
	for (uint32_t i = 0; i < summary->nr_records; i++) {
		const struct lde_process_record *record = &summary->records[i];

		add_process(&sums, summary, record);
		sched->nr_begun += record->first_run_tsc != 0;
		sched->nr_ended += record->end_tsc != 0;
	}
	sched->response_ns = mean(sums.response_ns, sched->nr_begun);
	sched->turnaround_ns = mean(sums.turnaround_ns, sched->nr_ended);
	sched->wait_ns = mean(sums.wait_ns, summary->nr_records);
	if (sums.share_squares > 0)
		sched->fairness =
			sums.share * sums.share / (sums.share_squares * summary->nr_records);
	busy_ns = sums.cpu_ns;
	if (summary->ledger)
		busy_ns += quantity_tsc_to_ns(summary->ledger->idle_tsc, summary->tsc_hz);
	sched->overhead_ns = summary->wall_ns > busy_ns ? summary->wall_ns - busy_ns : 0;
}

static void print_ms(FILE *out, uint64_t ns, const char *what)
{
	char text[QUANTITY_SIZE];

	fprintf(out, " %14s  %s\n", quantity_format_ms(ns, text, sizeof(text)), what);
}

void summary_print_sched(const struct summary *summary, FILE *out)
{
	struct summary_sched sched;

	summary_sched(summary, &sched);
	fputc('\n', out);
	print_ms(out, sched.response_ns, "ms mean response         # start to first turn");
	print_ms(out, sched.turnaround_ns, "ms mean turnaround       # start to end");
	print_ms(out, sched.wait_ns, "ms mean wait             # ready, not running");
	fprintf(out, " %14.3f  fairness                 # Jain's index of CPU / (CPU + wait)\n",
		sched.fairness);
	print_ms(out, sched.overhead_ns, "ms overhead              # wall time less CPU and idle time");
}
