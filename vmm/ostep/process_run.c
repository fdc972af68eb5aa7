/* SPDX-License-Identifier: MIT */
/* cpu-intro/process-run.py: processes that compute and wait for I/O, tick by tick. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/ostep/number.h"
#include "vmm/ostep/random.h"
#include "vmm/ostep/simulator.h"

#define SWITCH_ON_IO     "SWITCH_ON_IO"
#define SWITCH_ON_END    "SWITCH_ON_END"
#define IO_RUN_LATER     "IO_RUN_LATER"
#define IO_RUN_IMMEDIATE "IO_RUN_IMMEDIATE"

#define PERCENT      100.0
#define COLUMN       14
#define COLUMN_EMPTY 10

struct process_run {
	struct simulator_common common;
	const char *programs; /* -P */
	const char *list;     /* -l */
	int64_t io_length;
	const char *switch_when, *io_done;
	bool stats;
	struct workload workload; /* until it is given away to be run */
};

static int parse_options(const struct simulator_call *call, void *ctx)
{
	struct process_run *sim = ctx;
	const struct ostep_option table[] = {
	    SIMULATOR_OPTION_SEED(&sim->common),
	    {'P', "program", OSTEP_OPTION_TEXT, .text = &sim->programs, .value = "LIST",
	     .help = "what each does, exactly: c7,i,c1:c5"},
	    {'l', "processlist", OSTEP_OPTION_TEXT, .text = &sim->list, .value = "LIST",
	     .help = "X:Y,...: X instructions, Y percent of them CPU"},
	    {'L', "iolength", OSTEP_OPTION_INT, .number = &sim->io_length, .value = "N",
	     .help = "ticks that an I/O takes [5]"},
	    {'S', "switch", OSTEP_OPTION_TEXT, .text = &sim->switch_when, .value = "WHEN",
	     .help = SWITCH_ON_IO " or " SWITCH_ON_END " [" SWITCH_ON_IO "]"},
	    {'I', "iodone", OSTEP_OPTION_TEXT, .text = &sim->io_done, .value = "WHAT",
	     .help = IO_RUN_LATER " or " IO_RUN_IMMEDIATE " [" IO_RUN_LATER "]"},
	    SIMULATOR_OPTION_SOLVE(NULL, &sim->common),
	    {'p', "printstats", OSTEP_OPTION_FLAG, .flag = &sim->stats,
	     .help = "with -c: how busy the CPU and the I/O were"},
	    SIMULATOR_OPTION_CLOCK(&sim->common),
	};

	return simulator_parse(
	    call, &(struct simulator_options){table, sizeof(table) / sizeof(table[0]), &sim->common,
					      "Processes that use the CPU and wait for I/O: who "
					      "runs in each tick, who waits."});
}

/* ---- the workload ------------------------------------------------------------------ */

/* "c7" or "i"; Python takes whatever stands behind the i. */
static int load_instruction(const struct simulator_call *call, void *ctx, char *word)
{
	struct workload_job *job = ctx;
	int64_t nr;

	if (word[0] == 'i')
		return workload_add_io(job);
	if (word[0] != 'c' || number_parse_int(word + 1, &nr) || nr > SIMULATOR_TICKS_MAX)
		return SIMULATOR_REFUSE(
		    call, "-P: '%s'; give cN for N ticks of the CPU, or i for an I/O", word);
	return workload_add_cpu(job, nr > 0 ? (uint64_t)nr : 0);
}

struct loader {
	struct workload *workload;
	struct mersenne random;
};

static int load_program(const struct simulator_call *call, void *ctx, char *text)
{
	struct loader *loader = ctx;
	struct workload_job *job = workload_add_job(loader->workload);

	return job ? simulator_split(call, text, ",", load_instruction, job) : -ENOMEM;
}

/* "X:Y": X instructions, each of them one of the CPU with a chance of Y percent. */
static int load_chances(const struct simulator_call *call, void *ctx, char *text)
{
	struct loader *loader = ctx;
	struct workload_job *job = workload_add_job(loader->workload);
	const char *nr_text = strsep(&text, ":");
	int64_t nr;
	double percent;
	int err = job ? 0 : -ENOMEM;

	if (!text || number_parse_int(nr_text, &nr) || nr > SIMULATOR_TICKS_MAX ||
	    number_parse_float(text, &percent))
		return SIMULATOR_REFUSE(
		    call,
		    "-l: '%s%s%s'; give X:Y for each process: X instructions, Y percent "
		    "of them for the CPU, the others I/O",
		    nr_text, text ? ":" : "", text ? text : "");
	for (int64_t i = 0; i < nr && !err; i++)
		err = mersenne_fraction(&loader->random) < percent / PERCENT
			  ? workload_add_cpu(job, 1)
			  : workload_add_io(job);
	return err;
}

static int check_rules(const struct simulator_call *call, const struct process_run *sim)
{
	if (strcmp(sim->switch_when, SWITCH_ON_IO) != 0 &&
	    strcmp(sim->switch_when, SWITCH_ON_END) != 0)
		return SIMULATOR_REFUSE(call, "-S %s; give " SWITCH_ON_IO " or " SWITCH_ON_END,
					sim->switch_when);
	if (strcmp(sim->io_done, IO_RUN_LATER) != 0 && strcmp(sim->io_done, IO_RUN_IMMEDIATE) != 0)
		return SIMULATOR_REFUSE(call, "-I %s; give " IO_RUN_LATER " or " IO_RUN_IMMEDIATE,
					sim->io_done);
	if (sim->io_length < 0 || sim->io_length > SIMULATOR_TICKS_MAX)
		return SIMULATOR_REFUSE(call, "-L %lld; an I/O takes 0 to %d ticks",
					(long long)sim->io_length, SIMULATOR_TICKS_MAX);
	if (!sim->programs[0] && !sim->list[0])
		return SIMULATOR_REFUSE(
		    call, "%s",
		    "there are no processes; give -l X:Y,... or -P LIST, for example -l "
		    "5:100,5:50 or -P c7,i,c1:c5");
	return 0;
}

static int load(const struct simulator_call *call, void *ctx)
{
	struct process_run *sim = ctx;
	struct loader loader = {.workload = &sim->workload};
	int err = check_rules(call, sim);

	if (err)
		return err;
	sim->workload = (struct workload){
	    .rules = WORKLOAD_PROCESS_RUN,
	    .real_tick_ns = sim->common.real_tick_ns,
	    .io_ticks = (uint64_t)sim->io_length,
	    .switch_on_end = strcmp(sim->switch_when, SWITCH_ON_END) == 0,
	    .io_run_immediate = strcmp(sim->io_done, IO_RUN_IMMEDIATE) == 0,
	};
	mersenne_seed(&loader.random, sim->common.seed);
	if (sim->programs[0])
		err = simulator_split(call, sim->programs, ":", load_program, &loader);
	else
		err = simulator_split(call, sim->list, ",", load_chances, &loader);
	return err == -ENOMEM ? simulator_no_memory(call) : err;
}

static int load_workload(const struct simulator_call *call, void *ctx, struct workload *workload)
{
	struct process_run *sim = ctx;

	(void)call;
	*workload = sim->workload;
	sim->workload = (struct workload){0};
	return 0;
}

/* ---- without answers -------------------------------------------------------------- */

static void print_program(FILE *out, const struct workload_job *job)
{
	for (size_t i = 0; i < job->nr_steps; i++)
		for (uint64_t tick = 0; tick < job->steps[i].ticks; tick++)
			fputs(job->steps[i].op == WORKLOAD_CPU ? "  cpu\n" : "  io\n  io_done\n",
			      out);
	fputc('\n', out);
}

static void print_question(FILE *out, const void *ctx)
{
	const struct workload *workload = &((const struct process_run *)ctx)->workload;

	fputs("Produce a trace of what would happen when you run these processes:\n", out);
	for (size_t i = 0; i < workload->nr_jobs; i++) {
		fprintf(out, "Process %zu\n", i);
		print_program(out, &workload->jobs[i]);
	}
	fprintf(out,
		"Important behaviors:\n"
		"  System will switch when the current process is FINISHED%s\n"
		"  After IOs, the process issuing the IO will run %s\n\n",
		workload->switch_on_end ? "" : " or ISSUES AN IO",
		workload->io_run_immediate ? "IMMEDIATELY" : "LATER (when it is its turn)");
}

/* ---- the table -------------------------------------------------------------------- */

/* What the records up to here have made of the processes. */
struct table {
	FILE *out;
	size_t nr_jobs;
	enum record_kind *states; /* of each process, by the record that made it so */
	size_t nr_ios;            /* issued, and not done */
	bool io_done;             /* in this tick */
	uint64_t ticks, cpu_busy, io_busy;
	/* The real clock. */
	const struct workload *workload;
	uint64_t since_ns; /* who has the CPU does this instruction */
	uint64_t *used_ns; /* of its instruction, before it lost the CPU; by process */
	uint64_t idle_ns;
};

static const char *state_name(enum record_kind state)
{
	switch (state) {
	case RECORD_DISPATCH:
		return "RUNNING";
	case RECORD_BLOCKED:
		return "BLOCKED";
	case RECORD_DONE:
		return "DONE";
	default:
		return "READY";
	}
}

static const char *op_name(enum record_op op)
{
	switch (op) {
	case RECORD_OP_IO:
		return "RUN:io";
	case RECORD_OP_IO_DONE:
		return "RUN:io_done";
	default:
		return "RUN:cpu";
	}
}

static void print_titles(const struct table *table)
{
	char title[COLUMN * 2];

	fputs("Time", table->out);
	for (size_t i = 0; i < table->nr_jobs; i++) {
		snprintf(title, sizeof(title), "PID:%2zu", i);
		fprintf(table->out, "%*s", COLUMN, title);
	}
	fprintf(table->out, "%*s%*s", COLUMN, "CPU", COLUMN, "IOs");
	if (table->workload->real_tick_ns)
		fprintf(table->out, "%*s", COLUMN, "jitter");
	fputc('\n', table->out);
}

/* Of an instruction: how much longer than a tick it took. */
static void print_jitter(struct table *table, const struct record *record)
{
	uint64_t took = record->time - table->since_ns;

	table->since_ns = record->time;
	if (record->kind == RECORD_IDLE) {
		table->idle_ns += took;
		return;
	}
	took += table->used_ns[record->job];
	table->used_ns[record->job] = 0;
	fprintf(table->out, "%+*.3f", COLUMN, simulator_real_ticks(table->workload, took) - 1);
}

static void print_time(const struct table *table, uint64_t time)
{
	if (table->workload->real_tick_ns)
		fprintf(table->out, "%7.2f", simulator_real_ticks(table->workload, time));
	else
		fprintf(table->out, "%3llu", (unsigned long long)time);
	fputc(table->io_done ? '*' : ' ', table->out);
}

/* A tick: record is the RUN or the IDLE of it. */
static void print_tick(struct table *table, const struct record *record)
{
	/* A process without an instruction ends in its tick, and that is none either. */
	bool is_busy = record->kind == RECORD_RUN && record->run.op != RECORD_OP_NONE;

	print_time(table, record->time);
	for (size_t i = 0; i < table->nr_jobs; i++)
		fprintf(table->out, "%*s", COLUMN,
			is_busy && i == record->job ? op_name(record->run.op)
						    : state_name(table->states[i]));
	fprintf(table->out, "%*s", COLUMN, is_busy ? "1" : " ");
	/* The simulator's column is narrower when it is empty. */
	if (table->nr_ios)
		fprintf(table->out, "%*zu", COLUMN, table->nr_ios);
	else
		fprintf(table->out, "%*s", table->workload->real_tick_ns ? COLUMN : COLUMN_EMPTY,
			" ");
	if (table->workload->real_tick_ns)
		print_jitter(table, record);
	fputc('\n', table->out);
	table->ticks = record->time;
	table->cpu_busy += is_busy;
	table->io_busy += table->nr_ios > 0;
	table->io_done = false;
}

static void take_turn(struct table *table, const struct record *record)
{
	if (record->kind == RECORD_DISPATCH)
		table->since_ns = record->time;
	else if (record->kind == RECORD_READY && table->states[record->job] == RECORD_DISPATCH)
		table->used_ns[record->job] += record->time - table->since_ns;
}

static void take_record(struct table *table, const struct record *record)
{
	switch (record->kind) {
	case RECORD_RUN:
	case RECORD_IDLE:
		print_tick(table, record);
		break;
	case RECORD_IO_ISSUED:
		table->nr_ios++;
		break;
	case RECORD_IO_DONE:
		table->nr_ios--;
		table->io_done = true;
		break;
	case RECORD_DISPATCH:
	case RECORD_READY:
	case RECORD_BLOCKED:
	case RECORD_DONE:
		take_turn(table, record);
		table->states[record->job] = record->kind;
		break;
	default:
		break;
	}
}

static void print_real_stats(const struct table *table)
{
	const struct workload *workload = table->workload;

	fputc('\n', table->out);
	simulator_print_overhead(table->out, simulator_real_ticks(workload, table->ticks),
				 (double)table->cpu_busy,
				 simulator_real_ticks(workload, table->idle_ns));
}

static void print_stats(const struct table *table)
{
	double total = (double)table->ticks;

	fprintf(table->out, "\nStats: Total Time %llu\n", (unsigned long long)table->ticks);
	fprintf(table->out, "Stats: CPU Busy %llu (%.2f%%)\n", (unsigned long long)table->cpu_busy,
		PERCENT * (double)table->cpu_busy / total);
	fprintf(table->out, "Stats: IO Busy  %llu (%.2f%%)\n\n", (unsigned long long)table->io_busy,
		PERCENT * (double)table->io_busy / total);
}

static int print_answers(const struct simulator_call *call, void *ctx,
			 const struct workload *workload, const struct recording *recording)
{
	const struct process_run *sim = ctx;
	struct table table = {.out = call->out, .nr_jobs = workload->nr_jobs, .workload = workload};
	int err;

	table.states = calloc(workload->nr_jobs, sizeof(*table.states));
	table.used_ns = calloc(workload->nr_jobs, sizeof(*table.used_ns));
	err = table.states && table.used_ns ? 0 : simulator_no_memory(call);
	if (!err) {
		print_titles(&table);
		for (size_t i = 0; i < recording->nr; i++)
			take_record(&table, &recording->records[i]);
		if (workload->real_tick_ns)
			print_real_stats(&table);
		else if (sim->stats)
			print_stats(&table);
	}
	free(table.used_ns);
	free(table.states);
	return err;
}

static const struct simulator_ops ops = {parse_options, load, print_question, load_workload,
					 print_answers};

int ostep_process_run(const struct simulator_call *call)
{
	struct process_run sim = {
	    .programs = "",
	    .list = "",
	    .io_length = 5,
	    .switch_when = SWITCH_ON_IO,
	    .io_done = IO_RUN_LATER,
	};
	int err = simulator_run(call, &ops, &sim.common, &sim);

	workload_fini(&sim.workload);
	return err;
}
