/* SPDX-License-Identifier: MIT */
/* cpu-sched-mlfq/mlfq.py: a multi-level feedback queue. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/ostep/number.h"
#include "vmm/ostep/random.h"
#include "vmm/ostep/simulator.h"

struct job {
	int64_t start, length;
	int64_t io_every; /* ticks on the CPU between I/Os; 0 or less: none */
	/* From the records; times as they have them. */
	int64_t used;
	uint64_t first_run, end;
	bool has_run;
	uint64_t used_ns; /* real clock: of this tick's work, before it lost the CPU */
};

struct mlfq {
	struct simulator_common common;
	int64_t nr_queues, quantum, allotment;
	const char *quanta, *allotments; /* lists, the first queue first */
	int64_t nr_jobs, max_length, max_io;
	const char *list;
	int64_t boost, io_time;
	bool stay, io_bump;
	/* What they come to. */
	struct workload_level levels[LDE_SCHED_LEVELS_MAX];
	uint32_t nr_levels;
	struct job *jobs; /* malloced */
	size_t nr;
};

static int parse_options(const struct simulator_call *call, void *ctx)
{
	struct mlfq *sim = ctx;
	const struct ostep_option table[] = {
	    SIMULATOR_OPTION_SEED(&sim->common),
	    {'n', "numQueues", OSTEP_OPTION_INT, .number = &sim->nr_queues, .value = "N",
	     .help = "how many queues, without -Q [3]"},
	    {'q', "quantum", OSTEP_OPTION_INT, .number = &sim->quantum, .value = "N",
	     .help = "how long a slice is, without -Q [10]"},
	    {'a', "allotment", OSTEP_OPTION_INT, .number = &sim->allotment, .value = "N",
	     .help = "slices in a queue, without -A [1]"},
	    {'Q', "quantumList", OSTEP_OPTION_TEXT, .text = &sim->quanta, .value = "LIST",
	     .help = "slices of each queue, the highest first: 5,10,20"},
	    {'A', "allotmentList", OSTEP_OPTION_TEXT, .text = &sim->allotments, .value = "LIST",
	     .help = "slices in each queue, the highest first"},
	    SIMULATOR_OPTION_NR_JOBS("numJobs", &sim->nr_jobs),
	    {'m', "maxlen", OSTEP_OPTION_INT, .number = &sim->max_length, .value = "N",
	     .help = "the longest random job [100]"},
	    {'M', "maxio", OSTEP_OPTION_INT, .number = &sim->max_io, .value = "N",
	     .help = "the longest time between I/Os [10]"},
	    {'B', "boost", OSTEP_OPTION_INT, .number = &sim->boost, .value = "N",
	     .help = "all jobs up that often; 0: never [0]"},
	    {'i', "iotime", OSTEP_OPTION_INT, .number = &sim->io_time, .value = "N",
	     .help = "ticks that an I/O takes [5]"},
	    {'S', "stay", OSTEP_OPTION_FLAG, .flag = &sim->stay,
	     .help = "an I/O gives back slice and allotment"},
	    {'I', "iobump", OSTEP_OPTION_FLAG, .flag = &sim->io_bump,
	     .help = "after an I/O to the front of the queue"},
	    {'l', "jlist", OSTEP_OPTION_TEXT, .text = &sim->list, .value = "LIST",
	     .help = "START,LENGTH,IO:...: the jobs, I/O every IO ticks"},
	    SIMULATOR_OPTION_SOLVE(NULL, &sim->common),
	    SIMULATOR_OPTION_CLOCK(&sim->common),
	};

	return simulator_parse(
	    call, &(struct simulator_options){table, sizeof(table) / sizeof(table[0]), &sim->common,
					      "Jobs that compute and do I/O, in a multi-level "
					      "feedback queue."});
}

/* ---- the queues -------------------------------------------------------------------- */

static int refuse_queues(const struct simulator_call *call, int64_t nr)
{
	return SIMULATOR_REFUSE(call, "%lld queues; give 1 to %d", (long long)nr,
				LDE_SCHED_LEVELS_MAX);
}

/* Of a list with a number for each queue. */
struct numbers {
	const char *option;
	int64_t values[LDE_SCHED_LEVELS_MAX];
	uint32_t nr;
};

static int load_number(const struct simulator_call *call, void *ctx, char *word)
{
	struct numbers *numbers = ctx;

	if (numbers->nr == LDE_SCHED_LEVELS_MAX)
		return refuse_queues(call, numbers->nr + 1);
	if (number_parse_int(word, &numbers->values[numbers->nr++]))
		return SIMULATOR_REFUSE(call, "%s: '%s'; give a number for each queue: 5,10,20",
					numbers->option, word);
	return 0;
}

static int load_quanta(const struct simulator_call *call, struct mlfq *sim)
{
	struct numbers quanta = {.option = "-Q"};
	int err;

	if (!sim->quanta[0]) {
		if (sim->nr_queues < 1 || sim->nr_queues > LDE_SCHED_LEVELS_MAX)
			return refuse_queues(call, sim->nr_queues);
		sim->nr_levels = (uint32_t)sim->nr_queues;
		for (uint32_t i = 0; i < sim->nr_levels; i++)
			sim->levels[i].quantum = sim->quantum;
		return 0;
	}
	err = simulator_split(call, sim->quanta, ",", load_number, &quanta);
	sim->nr_levels = quanta.nr;
	for (uint32_t i = 0; i < quanta.nr; i++)
		sim->levels[i].quantum = quanta.values[i];
	return err;
}

static int load_allotments(const struct simulator_call *call, struct mlfq *sim)
{
	struct numbers allotments = {.option = "-A"};
	uint32_t nr = sim->nr_levels;
	int err;

	for (uint32_t i = 0; i < nr; i++)
		sim->levels[i].allotment = sim->allotment;
	if (!sim->allotments[0])
		return 0;
	err = simulator_split(call, sim->allotments, ",", load_number, &allotments);
	if (err)
		return err;
	if (allotments.nr != nr)
		return SIMULATOR_REFUSE(call,
					"-A %s: %u allotments for %u queues; give one for each",
					sim->allotments, allotments.nr, nr);
	for (uint32_t i = 0; i < nr; i++) {
		/* From the lowest queue nobody goes down. */
		if (allotments.values[i] <= 0 && i + 1 < nr)
			return SIMULATOR_REFUSE(call, "-A %s: an allotment is 1 or more slices",
						sim->allotments);
		sim->levels[i].allotment = allotments.values[i];
	}
	return 0;
}

/* ---- the jobs ---------------------------------------------------------------------- */

static int add_job(const struct simulator_call *call, struct mlfq *sim, struct job job)
{
	struct job *jobs = reallocarray(sim->jobs, sim->nr + 1, sizeof(*jobs));

	if (!jobs)
		return simulator_no_memory(call);
	jobs[sim->nr++] = job;
	sim->jobs = jobs;
	return 0;
}

static int load_job(const struct simulator_call *call, void *ctx, char *text)
{
	struct mlfq *sim = ctx;
	const char *start = strsep(&text, ","), *length = strsep(&text, ","),
		   *io_every = strsep(&text, ",");
	struct job job = {0};

	if (!io_every || text || number_parse_int(start, &job.start) ||
	    number_parse_int(length, &job.length) || number_parse_int(io_every, &job.io_every))
		return SIMULATOR_REFUSE(
		    call,
		    "-l: job %zu: give START,LENGTH,IO for each job, with a colon between "
		    "two: 0,20,0:5,8,3",
		    sim->nr);
	return add_job(call, sim, job);
}

static int64_t draw(struct mersenne *random, int64_t max)
{
	return (int64_t)(mersenne_fraction(random) * ((double)max - 1) + 1);
}

static int load_random(const struct simulator_call *call, struct mlfq *sim)
{
	struct mersenne random;
	int err = simulator_check_nr_jobs(call, sim->nr_jobs);

	mersenne_seed(&random, sim->common.seed);
	for (int64_t i = 0; i < sim->nr_jobs && !err; i++) {
		struct job job = {.length = draw(&random, sim->max_length)};

		job.io_every = draw(&random, sim->max_io);
		err = add_job(call, sim, job);
	}
	return err;
}

static int load(const struct simulator_call *call, void *ctx)
{
	struct mlfq *sim = ctx;
	int err = load_quanta(call, sim);

	if (!err)
		err = load_allotments(call, sim);
	if (err)
		return err;
	return sim->list[0] ? simulator_split(call, sim->list, ":", load_job, sim)
			    : load_random(call, sim);
}

static const char *truth(bool value)
{
	return value ? "True" : "False";
}

static void print_inputs(FILE *out, const struct mlfq *sim)
{
	fprintf(out, "Here is the list of inputs:\nOPTIONS jobs %zu\nOPTIONS queues %u\n", sim->nr,
		sim->nr_levels);
	/* The simulator counts queues from the lowest, which is 0. */
	for (uint32_t i = 0; i < sim->nr_levels; i++)
		fprintf(out,
			"OPTIONS allotments for queue %2u is %3lld\n"
			"OPTIONS quantum length for queue %2u is %3lld\n",
			sim->nr_levels - 1 - i, (long long)sim->levels[i].allotment,
			sim->nr_levels - 1 - i, (long long)sim->levels[i].quantum);
	fprintf(out,
		"OPTIONS boost %lld\nOPTIONS ioTime %lld\nOPTIONS stayAfterIO %s\n"
		"OPTIONS iobump %s\n\n\n",
		(long long)sim->boost, (long long)sim->io_time, truth(sim->stay),
		truth(sim->io_bump));
	fputs("For each job, three defining characteristics are given:\n"
	      "  startTime : at what time does the job enter the system\n"
	      "  runTime   : the total CPU time needed by the job to finish\n"
	      "  ioFreq    : every ioFreq time units, the job issues an I/O\n"
	      "              (the I/O takes ioTime units to complete)\n\nJob List:\n",
	      out);
	for (size_t i = 0; i < sim->nr; i++)
		fprintf(out, "  Job %2zu: startTime %3lld - runTime %3lld - ioFreq %3lld\n", i,
			(long long)sim->jobs[i].start, (long long)sim->jobs[i].length,
			(long long)sim->jobs[i].io_every);
	fputc('\n', out);
}

static void print_question(FILE *out, const void *sim)
{
	print_inputs(out, sim);
	fputs("Compute the execution trace for the given workloads.\n"
	      "If you would like, also compute the response and turnaround\n"
	      "times for each of the jobs.\n\n"
	      "Use the -c flag to get the exact results when you are finished.\n\n",
	      out);
}

/* ---- the workload ------------------------------------------------------------------ */

static int check_job(const struct simulator_call *call, const struct mlfq *sim, size_t i)
{
	const struct job *job = &sim->jobs[i];
	bool does_io = job->io_every > 0 && job->io_every < job->length;

	if (job->start < 0 || job->start > SIMULATOR_TICKS_MAX)
		return SIMULATOR_REFUSE(call, "job %zu starts at %lld; 0 to %d can be run with -c",
					i, (long long)job->start, SIMULATOR_TICKS_MAX);
	if (job->length < 1 || job->length > SIMULATOR_TICKS_MAX)
		return SIMULATOR_REFUSE(call,
					"job %zu has the length %lld; 1 to %d can be run with -c",
					i, (long long)job->length, SIMULATOR_TICKS_MAX);
	if (does_io && (sim->io_time < 0 || sim->io_time > SIMULATOR_TICKS_MAX))
		return SIMULATOR_REFUSE(call, "-i %lld; an I/O takes 0 to %d ticks",
					(long long)sim->io_time, SIMULATOR_TICKS_MAX);
	return 0;
}

/* An I/O after every io_every ticks, but not after the last one. */
static int add_steps(struct workload_job *job, const struct job *from)
{
	int64_t left = from->length;
	int err = 0;

	while (!err && from->io_every > 0 && left > from->io_every) {
		err = workload_add_cpu(job, (uint64_t)from->io_every);
		if (!err)
			err = workload_add_io(job);
		left -= from->io_every;
	}
	return err ? err : workload_add_cpu(job, (uint64_t)left);
}

static int load_workload(const struct simulator_call *call, void *ctx, struct workload *workload)
{
	const struct mlfq *sim = ctx;

	*workload = (struct workload){
	    .rules = WORKLOAD_MLFQ,
	    .io_ticks = sim->io_time > 0 ? (uint64_t)sim->io_time : 0,
	    .nr_levels = sim->nr_levels,
	    .boost = sim->boost > 0 ? (uint64_t)sim->boost : 0,
	    .stay = sim->stay,
	    .io_bump = sim->io_bump,
	    .real_tick_ns = sim->common.real_tick_ns,
	};
	memcpy(workload->levels, sim->levels, sizeof(workload->levels));
	for (size_t i = 0; i < sim->nr; i++) {
		struct workload_job *job;
		int err = check_job(call, sim, i);

		if (err)
			return err;
		job = workload_add_job(workload);
		if (!job || add_steps(job, &sim->jobs[i]))
			return simulator_no_memory(call);
		job->arrival = (uint64_t)sim->jobs[i].start;
	}
	return 0;
}

/* ---- the table -------------------------------------------------------------------- */

struct table {
	FILE *out;
	struct mlfq *sim;
	const struct workload *workload;
	bool is_real;
	/* The real clock. */
	uint32_t running;  /* or RECORD_NO_JOB */
	uint64_t turn_ns;  /* its turn began */
	uint64_t since_ns; /* it does this tick's work in this turn */
	uint64_t slice_ns; /* that it has for the turn */
	uint64_t free_ns;  /* nobody runs */
	uint64_t idle_ns, total_ns;
};

static double real_ticks(const struct table *table, int64_t ns)
{
	return (double)ns / (double)table->workload->real_tick_ns;
}

static void print_time(const struct table *table, uint64_t time)
{
	if (table->is_real)
		fprintf(table->out, "[ time %.2f ] ", simulator_real_ticks(table->workload, time));
	else
		fprintf(table->out, "[ time %llu ] ", (unsigned long long)time);
}

static int priority_of(const struct table *table, const struct record *record)
{
	return (int)table->sim->nr_levels - 1 - (int)record->run.level;
}

static void print_left(const struct table *table, const struct record *record)
{
	if (table->is_real)
		fprintf(table->out, "[ TICKS %.2f", real_ticks(table, record->run.ticks_left));
	else
		fprintf(table->out, "[ TICKS %lld", (long long)record->run.ticks_left);
	fprintf(table->out, " ALLOT %lld ", (long long)record->run.allot_left);
}

/* Of a tick's work: how much longer it took. */
static void print_jitter(struct table *table, struct job *job, uint64_t now)
{
	uint64_t took = job->used_ns + now - table->since_ns;

	fprintf(table->out, " jitter %+.3f", simulator_real_ticks(table->workload, took) - 1);
	job->used_ns = 0;
	table->since_ns = now;
}

static void note_first_run(struct job *job, uint64_t time)
{
	if (!job->has_run)
		job->first_run = time;
	job->has_run = true;
}

static void print_run(struct table *table, const struct record *record)
{
	struct job *job = &table->sim->jobs[record->job];

	note_first_run(job, record->time);
	job->used++;
	print_time(table, record->time);
	fprintf(table->out, "Run JOB %u at PRIORITY %d ", record->job, priority_of(table, record));
	print_left(table, record);
	fprintf(table->out, "TIME %lld (of %lld) ]", (long long)(job->length - job->used),
		(long long)job->length);
	if (table->is_real)
		print_jitter(table, job, record->time);
	fputc('\n', table->out);
}

/* It has lost the CPU in the midst of its work: its slice was over, and by how much, or
 * somebody goes first. What it goes on with is the kernel's word. */
static void print_loss(struct table *table, const struct record *record)
{
	int64_t over = (int64_t)(record->time - table->turn_ns) - (int64_t)table->slice_ns;

	print_time(table, record->time);
	fprintf(table->out, "%s JOB %u to PRIORITY %d ",
		record->run.is_displaced ? "DISPLACED" : "PREEMPTED", record->job,
		priority_of(table, record));
	print_left(table, record);
	fputc(']', table->out);
	if (!record->run.is_displaced)
		fprintf(table->out, " jitter %+.3f", real_ticks(table, over));
	fputc('\n', table->out);
}

/* Who has the CPU, and since when. */
static void take_turn(struct table *table, const struct record *record)
{
	struct job *job = &table->sim->jobs[record->job];

	if (record->kind == RECORD_DISPATCH) {
		note_first_run(job, record->time);
		table->running = record->job;
		table->turn_ns = table->since_ns = record->time;
		table->slice_ns = (uint64_t)record->run.ticks_left;
		return;
	}
	if (record->job != table->running)
		return;
	if (record->kind == RECORD_READY) {
		print_loss(table, record);
		job->used_ns += record->time - table->since_ns;
	}
	table->running = RECORD_NO_JOB;
	table->free_ns = record->time;
}

static void print_idle(struct table *table, const struct record *record)
{
	uint64_t idle_ns = record->time - table->free_ns;

	print_time(table, record->time);
	fputs("IDLE", table->out);
	if (table->is_real)
		fprintf(table->out, " for %.2f", simulator_real_ticks(table->workload, idle_ns));
	fputc('\n', table->out);
	table->idle_ns += idle_ns;
	table->free_ns = record->time;
}

static void print_event(const struct table *table, const struct record *record, const char *event)
{
	print_time(table, record->time);
	fprintf(table->out, "%s JOB %u\n", event, record->job);
}

static void take_record(struct table *table, const struct record *record)
{
	switch (record->kind) {
	case RECORD_BOOST:
		print_time(table, record->time);
		fprintf(table->out, "BOOST ( every %lld )\n", (long long)table->sim->boost);
		break;
	case RECORD_ARRIVED:
		print_event(table, record, "JOB BEGINS by");
		break;
	case RECORD_IO_DONE:
		print_event(table, record, "IO_DONE by");
		break;
	case RECORD_IDLE:
		print_idle(table, record);
		break;
	case RECORD_RUN:
		print_run(table, record);
		break;
	case RECORD_IO_ISSUED:
		print_event(table, record, "IO_START by");
		/* Without a time in the simulator, too. */
		fputs("IO DONE\n", table->out);
		break;
	case RECORD_DONE:
		print_event(table, record, "FINISHED");
		table->sim->jobs[record->job].end = table->total_ns = record->time;
		break;
	default:
		break;
	}
	if (table->is_real && (record->kind == RECORD_DISPATCH || record->kind == RECORD_READY ||
			       record->kind == RECORD_BLOCKED || record->kind == RECORD_DONE))
		take_turn(table, record);
}

static void print_job_statistics(const struct table *table, size_t i, double response,
				 double turnaround)
{
	int decimals = table->is_real ? 2 : 0;

	fprintf(table->out, "  Job %2zu: startTime %3lld - response %3.*f - turnaround %3.*f\n", i,
		(long long)table->sim->jobs[i].start, decimals, response, decimals, turnaround);
}

/* A time of a record, in ticks, from the job's start on. */
static double since_start(const struct table *table, const struct job *job, uint64_t time)
{
	double ticks = table->is_real ? simulator_real_ticks(table->workload, time) : (double)time;

	return ticks - (double)job->start;
}

static void print_statistics(const struct table *table)
{
	const struct mlfq *sim = table->sim;
	double responses = 0, turnarounds = 0, nr = (double)sim->nr;

	fputs("\nFinal statistics:\n", table->out);
	for (size_t i = 0; i < sim->nr; i++) {
		const struct job *job = &sim->jobs[i];
		double response = since_start(table, job, job->first_run);
		double turnaround = since_start(table, job, job->end);

		print_job_statistics(table, i, response, turnaround);
		responses += response;
		turnarounds += turnaround;
	}
	/* The number of the last job, as the simulator has it there. */
	fprintf(table->out, "\n  Avg %2zu: startTime n/a - response %.2f - turnaround %.2f\n\n\n",
		sim->nr - 1, responses / nr, turnarounds / nr);
}

static void print_overhead(const struct table *table)
{
	int64_t used = 0;

	for (size_t i = 0; i < table->sim->nr; i++)
		used += table->sim->jobs[i].used;
	simulator_print_overhead(table->out, simulator_real_ticks(table->workload, table->total_ns),
				 (double)used,
				 simulator_real_ticks(table->workload, table->idle_ns));
}

static int print_answers(const struct simulator_call *call, void *sim,
			 const struct workload *workload, const struct recording *recording)
{
	struct table table = {
	    .out = call->out,
	    .sim = sim,
	    .workload = workload,
	    .is_real = workload->real_tick_ns,
	    .running = RECORD_NO_JOB,
	};

	print_inputs(call->out, sim);
	fputs("\nExecution Trace:\n\n", call->out);
	for (size_t i = 0; i < recording->nr; i++)
		take_record(&table, &recording->records[i]);
	print_statistics(&table);
	if (table.is_real)
		print_overhead(&table);
	return 0;
}

static const struct simulator_ops ops = {parse_options, load, print_question, load_workload,
					 print_answers};

int ostep_mlfq(const struct simulator_call *call)
{
	struct mlfq sim = {
	    .nr_queues = 3,
	    .quantum = 10,
	    .allotment = 1,
	    .quanta = "",
	    .allotments = "",
	    .nr_jobs = 3,
	    .max_length = 100,
	    .max_io = 10,
	    .list = "",
	    .io_time = 5,
	};
	int err = simulator_run(call, &ops, &sim.common, &sim);

	free(sim.jobs);
	return err;
}
