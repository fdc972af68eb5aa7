/* SPDX-License-Identifier: MIT */
/* cpu-sched-lottery/lottery.py: jobs with tickets, and a draw for each slice. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/ostep/number.h"
#include "vmm/ostep/random.h"
#include "vmm/ostep/simulator.h"

/* The simulator draws numbers from 0 to below this. */
#define DRAW_RANGE 1000001

/* What maximum a random number needs, so as not to be 0 for ever. */
#define MAX_LEAST 2

/* On the real clock jobs take longer than their length, and so more draws. */
#define REAL_DRAWS_FACTOR 4
#define REAL_DRAWS_MORE   100

struct job {
	int64_t length, tickets;
	int64_t left; /* of the length, as the records go on */
};

struct lottery {
	struct simulator_common common;
	const char *list;
	int64_t nr_jobs, max_length, max_tickets, quantum;
	struct job *jobs; /* malloced */
	size_t nr;
	int64_t total; /* ticks of all jobs: so many draws there are */
	size_t nr_draws;
	uint32_t *draws; /* malloced */
};

static int parse_options(const struct simulator_call *call, void *ctx)
{
	struct lottery *sim = ctx;
	const struct ostep_option table[] = {
	    SIMULATOR_OPTION_SEED(&sim->common),
	    SIMULATOR_OPTION_NR_JOBS("jobs", &sim->nr_jobs),
	    {'l', "jlist", OSTEP_OPTION_TEXT, .text = &sim->list, .value = "LIST",
	     .help = "LENGTH:TICKETS,...: the jobs instead"},
	    {'m', "maxlen", OSTEP_OPTION_INT, .number = &sim->max_length, .value = "N",
	     .help = "random lengths are below that [10]"},
	    {'T', "maxticket", OSTEP_OPTION_INT, .number = &sim->max_tickets, .value = "N",
	     .help = "random numbers of tickets, too [100]"},
	    {'q', "quantum", OSTEP_OPTION_INT, .number = &sim->quantum, .value = "N",
	     .help = "how long a slice is [1]"},
	    SIMULATOR_OPTION_SOLVE("compute", &sim->common),
	    SIMULATOR_OPTION_CLOCK(&sim->common),
	};

	return simulator_parse(
	    call, &(struct simulator_options){table, sizeof(table) / sizeof(table[0]), &sim->common,
					      "Jobs with tickets: who holds the one that is drawn "
					      "has the next slice."});
}

/* ---- the jobs ---------------------------------------------------------------------- */

static int add_job(const struct simulator_call *call, struct lottery *sim, int64_t length,
		   int64_t tickets)
{
	struct job *jobs = reallocarray(sim->jobs, sim->nr + 1, sizeof(*jobs));

	if (!jobs)
		return simulator_no_memory(call);
	sim->jobs = jobs;
	jobs[sim->nr++] = (struct job){length, tickets, length};
	sim->total += length;
	if (sim->total <= SIMULATOR_TICKS_MAX)
		return 0;
	return SIMULATOR_REFUSE(call, "the jobs are %lld ticks long; up to %d all together",
				(long long)sim->total, SIMULATOR_TICKS_MAX);
}

static int load_job(const struct simulator_call *call, void *ctx, char *text)
{
	struct lottery *sim = ctx;
	const char *length_text = strsep(&text, ":"), *tickets_text = strsep(&text, ":");
	int64_t length, tickets;

	if (!tickets_text || text || number_parse_int(length_text, &length) ||
	    number_parse_int(tickets_text, &tickets) || length < -SIMULATOR_TICKS_MAX ||
	    length > SIMULATOR_TICKS_MAX)
		return SIMULATOR_REFUSE(
		    call,
		    "-l: job %zu: give LENGTH:TICKETS for each job, with a comma between "
		    "two: 10:100,20:50; lengths up to %d",
		    sim->nr, SIMULATOR_TICKS_MAX);
	return add_job(call, sim, length, tickets);
}

/* From 1 to below max; what is 0 is drawn again. */
static int64_t draw_positive(struct mersenne *random, int64_t max)
{
	int64_t value;

	do
		value = (int64_t)((double)max * mersenne_fraction(random));
	while (value == 0);
	return value;
}

static int load_random(const struct simulator_call *call, struct lottery *sim,
		       struct mersenne *random)
{
	int err = 0;

	if (sim->nr_jobs > 0 && (sim->max_length < MAX_LEAST || sim->max_tickets < MAX_LEAST))
		return SIMULATOR_REFUSE(
		    call,
		    "-m %lld -T %lld; each is at least 2, for lengths and tickets are "
		    "below them and not 0",
		    (long long)sim->max_length, (long long)sim->max_tickets);
	for (int64_t i = 0; i < sim->nr_jobs && !err; i++) {
		int64_t length = draw_positive(random, sim->max_length);

		err = add_job(call, sim, length, draw_positive(random, sim->max_tickets));
	}
	return err;
}

static int load_draws(const struct simulator_call *call, struct lottery *sim,
		      struct mersenne *random)
{
	sim->nr_draws = sim->total > 0 ? (size_t)sim->total : 0;
	if (sim->common.real_tick_ns)
		sim->nr_draws = sim->nr_draws * REAL_DRAWS_FACTOR + REAL_DRAWS_MORE;
	sim->draws = calloc(sim->nr_draws + 1, sizeof(*sim->draws));
	if (!sim->draws)
		return simulator_no_memory(call);
	for (size_t i = 0; i < sim->nr_draws; i++)
		sim->draws[i] = (uint32_t)(mersenne_fraction(random) * DRAW_RANGE);
	return 0;
}

static int load(const struct simulator_call *call, void *ctx)
{
	struct lottery *sim = ctx;
	struct mersenne random;
	int err;

	mersenne_seed(&random, sim->common.seed);
	err = sim->list[0] ? simulator_split(call, sim->list, ",", load_job, sim)
			   : load_random(call, sim, &random);
	return err ? err : load_draws(call, sim, &random);
}

static void print_jobs(FILE *out, const struct lottery *sim)
{
	fprintf(out,
		"ARG jlist %s\nARG jobs %lld\nARG maxlen %lld\nARG maxticket %lld\n"
		"ARG quantum %lld\nARG seed %lld\n\n"
		"Here is the job list, with the run time of each job: \n",
		sim->list, (long long)sim->nr_jobs, (long long)sim->max_length,
		(long long)sim->max_tickets, (long long)sim->quantum, (long long)sim->common.seed);
	for (size_t i = 0; i < sim->nr; i++)
		fprintf(out, "  Job %zu ( length = %lld, tickets = %lld )\n", i,
			(long long)sim->jobs[i].length, (long long)sim->jobs[i].tickets);
	fputs("\n\n", out);
}

static void print_question(FILE *out, const void *ctx)
{
	const struct lottery *sim = ctx;

	print_jobs(out, sim);
	fputs("Here is the set of random numbers you will need (at most):\n", out);
	for (int64_t i = 0; i < sim->total; i++)
		fprintf(out, "Random %u\n", sim->draws[i]);
}

/* ---- the workload ------------------------------------------------------------------ */

static int check_job(const struct simulator_call *call, const struct job *job, size_t i)
{
	if (job->length < 0)
		return SIMULATOR_REFUSE(
		    call, "job %zu has the length %lld; at least 0 can be run with -c", i,
		    (long long)job->length);
	if (job->tickets < 1 || job->tickets > LDE_TICKETS_MAX)
		return SIMULATOR_REFUSE(
		    call,
		    "job %zu has %lld tickets; with 1 to %d it can be run with -c: one "
		    "without would never be",
		    i, (long long)job->tickets, LDE_TICKETS_MAX);
	return 0;
}

static int load_workload(const struct simulator_call *call, void *ctx, struct workload *workload)
{
	struct lottery *sim = ctx;

	if (sim->quantum < 1 || sim->quantum > SIMULATOR_TICKS_MAX)
		return SIMULATOR_REFUSE(call, "-q %lld; a slice is 1 to %d ticks long",
					(long long)sim->quantum, SIMULATOR_TICKS_MAX);
	workload->rules = WORKLOAD_LOTTERY;
	workload->quantum = (uint64_t)sim->quantum;
	workload->real_tick_ns = sim->common.real_tick_ns;
	for (size_t i = 0; i < sim->nr; i++) {
		struct workload_job *job;
		int err = check_job(call, &sim->jobs[i], i);

		if (err)
			return err;
		job = workload_add_job(workload);
		if (!job || workload_add_cpu(job, (uint64_t)sim->jobs[i].length))
			return simulator_no_memory(call);
		job->tickets = (uint32_t)sim->jobs[i].tickets;
	}
	workload->draws = sim->draws;
	workload->nr_draws = sim->nr_draws;
	sim->draws = NULL;
	return 0;
}

/* ---- the table -------------------------------------------------------------------- */

struct table {
	FILE *out;
	struct lottery *sim;
	const struct workload *workload;
	size_t nr_draws, nr_done;
	/* The real clock. */
	const struct record *draw; /* not yet printed */
	bool is_running;
	uint64_t began_ns, ended_ns;
	int64_t at_begin; /* left of the job that runs */
};

static void print_holders(const struct table *table, uint32_t winner)
{
	fputs("  Jobs:\n", table->out);
	for (size_t i = 0; i < table->sim->nr; i++) {
		const struct job *job = &table->sim->jobs[i];

		fprintf(table->out, " (%c job:%zu timeleft:%lld tix:", i == winner ? '*' : ' ', i,
			(long long)job->left);
		if (job->left > 0)
			fprintf(table->out, "%lld ) ", (long long)job->tickets);
		else
			fputs("--- ) ", table->out);
	}
	fputc('\n', table->out);
}

static void print_draw(struct table *table, const struct record *record)
{
	size_t i = table->nr_draws++;

	fprintf(table->out, "Random %u -> Winning ticket %u (of %u) -> Run %u\n",
		i < table->workload->nr_draws ? table->workload->draws[i] : 0, record->draw.winner,
		record->draw.tickets, record->job);
	print_holders(table, record->job);
}

/* How long the winner had the CPU, and how much longer that is than its quantum, or, if it
 * has ended, than what was left. */
static void print_turn(struct table *table, const struct record *record)
{
	double ran = simulator_real_ticks(table->workload, record->time - table->began_ns);
	double meant =
	    (double)(record->kind == RECORD_DONE ? table->at_begin : table->sim->quantum);

	fprintf(table->out, "--> JOB %u ran for %.3f at time %.2f, jitter %+.3f\n", record->job,
		ran, simulator_real_ticks(table->workload, table->began_ns), ran - meant);
	table->is_running = false;
	table->ended_ns = record->time;
}

static void take_real(struct table *table, const struct record *record)
{
	switch (record->kind) {
	case RECORD_DRAW:
		/* The draw comes first, and then the one before loses the CPU. */
		table->draw = record;
		break;
	case RECORD_DISPATCH:
		if (table->draw)
			print_draw(table, table->draw);
		table->draw = NULL;
		table->is_running = true;
		table->began_ns = record->time;
		table->at_begin = table->sim->jobs[record->job].left;
		break;
	case RECORD_READY:
	case RECORD_DONE:
		if (table->is_running)
			print_turn(table, record);
		break;
	default:
		break;
	}
}

static void print_done(struct table *table, const struct record *record)
{
	table->nr_done++;
	if (table->workload->real_tick_ns)
		fprintf(table->out, "--> JOB %u DONE at time %.2f\n", record->job,
			simulator_real_ticks(table->workload, record->time));
	else
		fprintf(table->out, "--> JOB %u DONE at time %llu\n", record->job,
			(unsigned long long)record->time);
}

static void take_record(struct table *table, const struct record *record)
{
	if (table->workload->real_tick_ns)
		take_real(table, record);
	switch (record->kind) {
	case RECORD_DRAW:
		if (!table->workload->real_tick_ns)
			print_draw(table, record);
		break;
	case RECORD_RUN:
		/* One that had nothing to do ends in the tick that it has drawn. */
		if (table->sim->jobs[record->job].left)
			table->sim->jobs[record->job].left--;
		break;
	case RECORD_DONE:
		print_done(table, record);
		break;
	default:
		break;
	}
}

static int print_answers(const struct simulator_call *call, void *ctx,
			 const struct workload *workload, const struct recording *recording)
{
	struct lottery *sim = ctx;
	struct table table = {.out = call->out, .sim = sim, .workload = workload};

	print_jobs(call->out, sim);
	fputs("** Solutions **\n\n", call->out);
	for (size_t i = 0; i < recording->nr; i++)
		take_record(&table, &recording->records[i]);
	/* The numbers may be used up before. */
	if (table.nr_done == sim->nr)
		fputc('\n', call->out);
	if (workload->real_tick_ns)
		simulator_print_overhead(call->out, simulator_real_ticks(workload, table.ended_ns),
					 (double)sim->total, 0);
	return 0;
}

static const struct simulator_ops ops = {parse_options, load, print_question, load_workload,
					 print_answers};

int ostep_lottery(const struct simulator_call *call)
{
	struct lottery sim = {
	    .list = "",
	    .nr_jobs = 3,
	    .max_length = 10,
	    .max_tickets = 100,
	    .quantum = 1,
	};
	int err = simulator_run(call, &ops, &sim.common, &sim);

	free(sim.draws);
	free(sim.jobs);
	return err;
}
