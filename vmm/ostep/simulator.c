/* SPDX-License-Identifier: MIT */
#include "vmm/ostep/simulator.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/units.h"

#define HELP_COLUMN 26
#define PERCENT     100.0

/* Of --clock real, in ns. */
#define REAL_TICK_DEFAULT 10000000
#define REAL_TICK_MIN     100000
#define REAL_TICK_MAX     1000000000

static void print_option(FILE *out, const struct ostep_option *option)
{
	const char *value = option->value ? option->value : "";
	char letter[] = {'-', option->letter, '\0'}, text[HELP_COLUMN * 2];

	snprintf(text, sizeof(text), "%s%s%s%s%s%s", option->letter ? letter : "",
		 option->letter && option->name ? ", " : "", option->name ? "--" : "",
		 option->name ? option->name : "", option->value ? " " : "", value);
	fprintf(out, "  %-*s %s\n", HELP_COLUMN, text, option->help);
}

static void print_help(const struct simulator_call *call, const struct ostep_option *options,
		       size_t nr, const char *summary)
{
	fprintf(call->out, "Usage: lde %s [OPTION]...\n%s\n\n", call->name, summary);
	for (size_t i = 0; i < nr; i++)
		print_option(call->out, &options[i]);
	fprintf(call->out, "  %-*s %s\n", HELP_COLUMN, "-h, --help", "this text");
}

#define CLOCK_HELP "give logical, real, or real,tick=DURATION with 100us to 1s"

static int set_clock(const struct simulator_call *call, struct simulator_common *common)
{
	static const char real[] = "real", real_tick[] = "real,tick=";
	const char *clock = common->clock;

	if (!clock || strcmp(clock, "logical") == 0)
		return 0;
	common->real_tick_ns = REAL_TICK_DEFAULT;
	if (strcmp(clock, real) == 0)
		return 0;
	if (strncmp(clock, real_tick, sizeof(real_tick) - 1) != 0 ||
	    units_parse_duration(clock + sizeof(real_tick) - 1, &common->real_tick_ns) ||
	    common->real_tick_ns < REAL_TICK_MIN || common->real_tick_ns > REAL_TICK_MAX)
		return SIMULATOR_REFUSE(call, "--clock %s; " CLOCK_HELP, clock);
	return 0;
}

void simulator_print_overhead(FILE *out, double total, double of_jobs, double idle)
{
	double overhead = total - of_jobs - idle;

	fprintf(out, "Real clock: total %.2f, jobs %.2f, idle %.2f, overhead %.2f (%.2f%%)\n",
		total, of_jobs, idle, overhead, total > 0 ? PERCENT * overhead / total : 0);
}

int simulator_parse(const struct simulator_call *call, const struct simulator_options *options)
{
	int err = ostep_options_parse(options->table, options->nr, call->name, call->argv,
				      call->complaint);

	if (err == OSTEP_OPTIONS_HELP)
		print_help(call, options->table, options->nr, options->summary);
	return err ? err : set_clock(call, options->common);
}

int simulator_check_nr_jobs(const struct simulator_call *call, int64_t nr)
{
	if (nr > SIMULATOR_TICKS_MAX)
		return SIMULATOR_REFUSE(call, "-j %lld; give up to %d", (long long)nr,
					SIMULATOR_TICKS_MAX);
	return 0;
}

/* What is printed trusts the numbers of jobs. */
static bool is_sound(const struct workload *workload, const struct recording *recording)
{
	for (size_t i = 0; i < recording->nr; i++) {
		const struct record *record = &recording->records[i];
		bool has_job = record->kind != RECORD_IDLE && record->kind != RECORD_BOOST;

		if (has_job && record->job >= workload->nr_jobs)
			return false;
		if ((record->kind == RECORD_RUN || record->kind == RECORD_READY) &&
		    record->run.level >= LDE_SCHED_LEVELS_MAX)
			return false;
	}
	return true;
}

/* Of the CPU, and those in which everybody may be waiting: each takes about as long. */
static uint64_t count_ticks(const struct workload *workload)
{
	uint64_t ticks = 0;

	for (size_t i = 0; i < workload->nr_jobs; i++) {
		const struct workload_job *job = &workload->jobs[i];

		ticks += job->arrival + job->length;
		for (size_t k = 0; k < job->nr_steps; k++)
			if (job->steps[k].op == WORKLOAD_IO)
				ticks += workload->io_ticks + 1;
	}
	return ticks;
}

static int check_size(const struct simulator_call *call, const struct workload *workload)
{
	if (!workload->nr_jobs)
		return complaint_set(call->complaint, -EINVAL, "%s: there is no job to run",
				     call->name);
	if (workload->nr_jobs > SIMULATOR_JOBS_MAX)
		return SIMULATOR_REFUSE(call, "%zu jobs; up to %d can be run with -c",
					workload->nr_jobs, SIMULATOR_JOBS_MAX);
	if (count_ticks(workload) > SIMULATOR_TICKS_MAX)
		return SIMULATOR_REFUSE(call,
					"the jobs compute and wait for %" PRIu64
					" ticks; up to %d can be run with -c",
					count_ticks(workload), SIMULATOR_TICKS_MAX);
	return 0;
}

static int record(const struct simulator_call *call, const struct workload *workload,
		  struct recording *recording)
{
	int err = check_size(call, workload);

	if (!err)
		err = call->record(workload, recording, call->complaint);
	if (!err && !is_sound(workload, recording))
		err = complaint_set(call->complaint, -EIO, "%s: the kernel's records make no sense",
				    call->name);
	return err;
}

static int answer(const struct simulator_call *call, const struct simulator_ops *ops, void *sim)
{
	struct workload workload = {0};
	struct recording recording = {0};
	int err = ops->load_workload(call, sim, &workload);

	if (!err)
		err = record(call, &workload, &recording);
	if (!err)
		err = ops->print_answers(call, sim, &workload, &recording);
	recording_fini(&recording);
	workload_fini(&workload);
	return err;
}

int simulator_run(const struct simulator_call *call, const struct simulator_ops *ops,
		  const struct simulator_common *common, void *sim)
{
	int err = ops->parse(call, sim);

	if (!err)
		err = ops->load(call, sim);
	if (!err && common->solve)
		return answer(call, ops, sim);
	if (!err)
		ops->print_question(call->out, sim);
	return err;
}

int simulator_split(const struct simulator_call *call, const char *list, const char *separator,
		    simulator_take_fn *take, void *ctx)
{
	char *copy = strdup(list), *rest = copy, *word;
	int err = copy ? 0 : simulator_no_memory(call);

	while (!err && (word = strsep(&rest, separator)))
		err = take(call, ctx, word);
	free(copy);
	return err;
}
