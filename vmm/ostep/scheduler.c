/* SPDX-License-Identifier: MIT */
/* cpu-sched/scheduler.py: jobs that only compute, under FIFO, SJF and RR. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/ostep/number.h"
#include "vmm/ostep/random.h"
#include "vmm/ostep/simulator.h"

/* The job list may have fractions of a second down to these. */
#define SCALE_MAX 1000000
#define DECIMAL   10

/* On the real clock a second of the simulator's is a tick, and what the greatest
 * fraction of it takes is at least so many ns. */
#define REAL_TICK_LEAST 100000

struct scheduler {
	struct simulator_common common;
	int64_t nr_jobs, max_length, quantum;
	const char *list, *policy;
	double *lengths; /* of the jobs, in seconds; malloced */
	size_t nr_lengths;
	int64_t scale; /* ticks of a second */
};

static int parse_options(const struct simulator_call *call, void *ctx)
{
	struct scheduler *sim = ctx;
	const struct ostep_option table[] = {
	    SIMULATOR_OPTION_SEED(&sim->common),
	    SIMULATOR_OPTION_NR_JOBS("jobs", &sim->nr_jobs),
	    {'l', "jlist", OSTEP_OPTION_TEXT, .text = &sim->list, .value = "LIST",
	     .help = "the lengths of the jobs instead: 10,2.5,7"},
	    {'m', "maxlen", OSTEP_OPTION_INT, .number = &sim->max_length, .value = "N",
	     .help = "the longest random job [10]"},
	    {'p', "policy", OSTEP_OPTION_TEXT, .text = &sim->policy, .value = "NAME",
	     .help = "FIFO, SJF or RR [FIFO]"},
	    {'q', "quantum", OSTEP_OPTION_INT, .number = &sim->quantum, .value = "N",
	     .help = "how long a slice of RR is [1]"},
	    SIMULATOR_OPTION_SOLVE(NULL, &sim->common),
	    SIMULATOR_OPTION_CLOCK(&sim->common),
	};

	return simulator_parse(
	    call, &(struct simulator_options){table, sizeof(table) / sizeof(table[0]), &sim->common,
					      "Jobs on one CPU, under three policies: response, "
					      "turnaround and waiting time."});
}

/* ---- the jobs ---------------------------------------------------------------------- */

static int add_length(const struct simulator_call *call, struct scheduler *sim, double length)
{
	double *lengths = reallocarray(sim->lengths, sim->nr_lengths + 1, sizeof(*lengths));

	if (!lengths)
		return simulator_no_memory(call);
	lengths[sim->nr_lengths++] = length;
	sim->lengths = lengths;
	return 0;
}

static int load_length(const struct simulator_call *call, void *ctx, char *word)
{
	double length;

	if (number_parse_float(word, &length))
		return SIMULATOR_REFUSE(call, "-l: '%s'; give the length of each job: 10,2.5,7",
					word);
	return add_length(call, ctx, length);
}

static double draw_length(struct mersenne *random, int64_t max)
{
	return (double)(int64_t)((double)max * mersenne_fraction(random)) + 1;
}

static int load_random(const struct simulator_call *call, struct scheduler *sim)
{
	struct mersenne random;
	int err = simulator_check_nr_jobs(call, sim->nr_jobs);

	mersenne_seed(&random, sim->common.seed);
	for (int64_t i = 0; i < sim->nr_jobs && !err; i++)
		err = add_length(call, sim, draw_length(&random, sim->max_length));
	return err;
}

static int load(const struct simulator_call *call, void *ctx)
{
	struct scheduler *sim = ctx;

	return sim->list[0] ? simulator_split(call, sim->list, ",", load_length, sim)
			    : load_random(call, sim);
}

static void print_jobs(FILE *out, const struct scheduler *sim)
{
	char text[NUMBER_FLOAT_SIZE];

	fprintf(out, "ARG policy %s\n", sim->policy);
	if (sim->list[0])
		fprintf(out, "ARG jlist %s\n", sim->list);
	else
		fprintf(out, "ARG jobs %lld\nARG maxlen %lld\nARG seed %lld\n",
			(long long)sim->nr_jobs, (long long)sim->max_length,
			(long long)sim->common.seed);
	fputs("\nHere is the job list, with the run time of each job: \n", out);
	for (size_t i = 0; i < sim->nr_lengths; i++) {
		if (sim->list[0])
			number_format_float(sim->lengths[i], text);
		else
			snprintf(text, sizeof(text), "%.0f", sim->lengths[i]);
		fprintf(out, "  Job %zu ( length = %s )\n", i, text);
	}
	fputs("\n\n", out);
}

static void print_question(FILE *out, const void *sim)
{
	print_jobs(out, sim);
	fputs("Compute the turnaround time, response time, and wait time for each job.\n"
	      "When you are done, run this program again, with the same arguments,\n"
	      "but with -c, which will thus provide you with the answers. You can use\n"
	      "-s <somenumber> or your own job list (-l 10,15,20 for example)\n"
	      "to generate different problems for yourself.\n\n",
	      out);
}

/* ---- the workload ------------------------------------------------------------------ */

/* Whether the length is a whole number of ticks, and how many. */
static bool to_ticks(double length, int64_t scale, int64_t *ticks)
{
	*ticks = (int64_t)(length * (double)scale + 0.5);
	return (double)*ticks / (double)scale == length;
}

static int64_t greatest_common_divisor(int64_t a, int64_t b)
{
	while (b) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* The least scale that makes all lengths whole numbers of ticks. */
static int find_scale(const struct simulator_call *call, struct scheduler *sim)
{
	int64_t divisor, ticks;

	sim->scale = 1;
	for (size_t i = 0; i < sim->nr_lengths; i++)
		while (!to_ticks(sim->lengths[i], sim->scale, &ticks)) {
			sim->scale *= DECIMAL;
			if (sim->scale > SCALE_MAX)
				return SIMULATOR_REFUSE(
				    call,
				    "-l: job %zu: lengths with up to 6 decimals can be "
				    "run with -c",
				    i);
		}
	divisor = sim->scale;
	for (size_t i = 0; i < sim->nr_lengths; i++) {
		to_ticks(sim->lengths[i], sim->scale, &ticks);
		divisor = greatest_common_divisor(divisor, ticks);
	}
	sim->scale /= divisor;
	return 0;
}

static int check_lengths(const struct simulator_call *call, const struct scheduler *sim)
{
	for (size_t i = 0; i < sim->nr_lengths; i++)
		if (!(sim->lengths[i] >= 0 && sim->lengths[i] <= SIMULATOR_TICKS_MAX))
			return SIMULATOR_REFUSE(
			    call, "job %zu has the length %g; 0 to %d can be run with -c", i,
			    sim->lengths[i], SIMULATOR_TICKS_MAX);
	return 0;
}

static int choose_policy(const struct simulator_call *call, const struct scheduler *sim,
			 struct workload *workload)
{
	static const struct {
		const char *name;
		enum workload_rules rules;
	} policies[] = {{"FIFO", WORKLOAD_FIFO}, {"SJF", WORKLOAD_SJF}, {"RR", WORKLOAD_RR}};

	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (strcmp(sim->policy, policies[i].name) == 0) {
			workload->rules = policies[i].rules;
			return 0;
		}
	return SIMULATOR_REFUSE(call, "-p %s; give FIFO, SJF or RR", sim->policy);
}

static int load_workload(const struct simulator_call *call, void *ctx, struct workload *workload)
{
	struct scheduler *sim = ctx;
	int err = choose_policy(call, sim, workload);

	if (!err && workload->rules == WORKLOAD_RR &&
	    (sim->quantum < 1 || sim->quantum > SIMULATOR_TICKS_MAX))
		err = SIMULATOR_REFUSE(call, "-q %lld; a slice is 1 to %d long",
				       (long long)sim->quantum, SIMULATOR_TICKS_MAX);
	if (!err)
		err = check_lengths(call, sim);
	if (!err)
		err = find_scale(call, sim);
	if (!err && sim->common.real_tick_ns &&
	    sim->common.real_tick_ns / (uint64_t)sim->scale < REAL_TICK_LEAST)
		err = SIMULATOR_REFUSE(call,
				       "--clock %s: a tick is too short for so many decimals of -l",
				       sim->common.clock);
	if (!err)
		workload->real_tick_ns = sim->common.real_tick_ns / (uint64_t)sim->scale;
	if (!err)
		workload->quantum = (uint64_t)(sim->quantum * sim->scale);
	for (size_t i = 0; i < sim->nr_lengths && !err; i++) {
		struct workload_job *job = workload_add_job(workload);
		int64_t ticks;

		to_ticks(sim->lengths[i], sim->scale, &ticks);
		if (!job || workload_add_cpu(job, (uint64_t)ticks))
			err = simulator_no_memory(call);
	}
	return err;
}

/* ---- the table -------------------------------------------------------------------- */

struct job {
	bool has_run;
	double left; /* seconds */
	double last_ran;
	double response, turnaround, wait;
};

struct table {
	FILE *out;
	const struct scheduler *sim;
	const struct workload *workload;
	bool is_rr;
	struct job *jobs;
	size_t *order; /* of the first time on the CPU */
	size_t nr_started;
	/* The slice that goes on. */
	uint32_t running; /* or RECORD_NO_JOB */
	uint64_t ticks;
	double start;
};

/* Seconds are added up as the simulator does, from slices: fractions of a second are
 * rounded in binary, and it shows. */
static double slice_seconds(const struct table *table, const struct job *job, bool is_done)
{
	return is_done ? job->left : (double)table->ticks / (double)table->sim->scale;
}

static double real_seconds(const struct table *table, const struct record *record)
{
	return simulator_real_ticks(table->workload, record->time) / (double)table->sim->scale;
}

static void begin_slice(struct table *table, const struct record *record)
{
	uint32_t number = record->job;
	struct job *job = &table->jobs[number];

	if (table->workload->real_tick_ns)
		table->start = real_seconds(table, record);
	table->running = number;
	table->ticks = 0;
	job->wait += table->start - job->last_ran;
	if (job->has_run)
		return;
	job->has_run = true;
	job->response = table->start;
	if (table->nr_started < table->sim->nr_lengths)
		table->order[table->nr_started++] = number;
}

/* On the real clock: how much longer it was than it was meant to be. */
static void print_jitter(const struct table *table, const struct job *job, double seconds,
			 bool is_done)
{
	double meant = is_done || !table->is_rr ? job->left : (double)table->sim->quantum;

	fprintf(table->out, " jitter %+.3f", seconds - meant);
}

static void end_slice(struct table *table, const struct record *record)
{
	uint32_t number = record->job;
	bool is_real = table->workload->real_tick_ns, is_done = record->kind == RECORD_DONE;
	struct job *job = &table->jobs[number];
	double seconds = is_real ? real_seconds(table, record) - table->start
				 : slice_seconds(table, job, is_done);
	double end = table->start + seconds;

	fprintf(table->out, "  [ time %3lld ] Run job %*u for %.2f secs", (long long)table->start,
		table->is_rr ? 3 : 0, number, seconds);
	if (is_done) {
		fprintf(table->out, " ( DONE at %.2f )", end);
		job->turnaround = end;
	}
	if (is_real)
		print_jitter(table, job, seconds, is_done);
	fputc('\n', table->out);
	table->running = RECORD_NO_JOB;
	job->left -= seconds;
	job->last_ran = end;
	table->start = end;
}

static void take_record(struct table *table, const struct record *record)
{
	switch (record->kind) {
	case RECORD_DISPATCH:
		begin_slice(table, record);
		break;
	case RECORD_RUN:
		table->ticks++;
		break;
	case RECORD_READY:
	case RECORD_DONE:
		if (record->job == table->running)
			end_slice(table, record);
		break;
	default:
		break;
	}
}

static double sum_lengths(const struct scheduler *sim)
{
	double sum = 0;

	for (size_t i = 0; i < sim->nr_lengths; i++)
		sum += sim->lengths[i];
	return sum;
}

static void print_statistics(const struct table *table)
{
	double response = 0, turnaround = 0, wait = 0, nr = (double)table->sim->nr_lengths;

	fputs("\nFinal statistics:\n", table->out);
	for (size_t i = 0; i < table->sim->nr_lengths; i++) {
		size_t number = table->is_rr ? i : table->order[i];
		const struct job *job = &table->jobs[number];

		fprintf(table->out, "  Job %3zu -- Response: %3.2f  Turnaround %3.2f  Wait %3.2f\n",
			number, job->response, job->turnaround, job->wait);
		response += job->response;
		turnaround += job->turnaround;
		wait += job->wait;
	}
	fprintf(table->out, "\n  Average -- Response: %3.2f  Turnaround %3.2f  Wait %3.2f\n\n",
		response / nr, turnaround / nr, wait / nr);
	if (table->workload->real_tick_ns)
		simulator_print_overhead(table->out, table->start, sum_lengths(table->sim), 0);
}

static int table_init(const struct simulator_call *call, struct table *table,
		      const struct workload *workload)
{
	table->workload = workload;
	table->is_rr = workload->rules == WORKLOAD_RR;
	table->order = calloc(table->sim->nr_lengths, sizeof(*table->order));
	table->jobs = calloc(table->sim->nr_lengths, sizeof(*table->jobs));
	if (!table->order || !table->jobs)
		return simulator_no_memory(call);
	for (size_t i = 0; i < table->sim->nr_lengths; i++)
		table->jobs[i].left = table->sim->lengths[i];
	return 0;
}

static void print_table(struct table *table, const struct recording *recording)
{
	fputs("** Solutions **\n\nExecution trace:\n", table->out);
	for (size_t i = 0; i < recording->nr; i++)
		take_record(table, &recording->records[i]);
	print_statistics(table);
}

static int print_answers(const struct simulator_call *call, void *sim,
			 const struct workload *workload, const struct recording *recording)
{
	struct table table = {.out = call->out, .sim = sim, .running = RECORD_NO_JOB};
	int err = table_init(call, &table, workload);

	if (!err) {
		print_jobs(call->out, sim);
		print_table(&table, recording);
	}
	free(table.order);
	free(table.jobs);
	return err;
}

static const struct simulator_ops ops = {parse_options, load, print_question, load_workload,
					 print_answers};

int ostep_scheduler(const struct simulator_call *call)
{
	struct scheduler sim = {
	    .nr_jobs = 3, .max_length = 10, .quantum = 1, .list = "", .policy = "FIFO"};
	int err = simulator_run(call, &ops, &sim.common, &sim);

	free(sim.lengths);
	return err;
}
