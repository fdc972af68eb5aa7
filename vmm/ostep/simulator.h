/* SPDX-License-Identifier: MIT */
/*
 * The simulators of OSTEP's homework as lde has them: the same options, the same
 * text. Where the simulator computes what would have happened, here a machine runs
 * the workload, and the table is made of what its kernel recorded.
 *
 * One file has one of them, in this order: its options, the workload that they
 * make, the text without answers, the table.
 */
#ifndef VMM_OSTEP_SIMULATOR_H
#define VMM_OSTEP_SIMULATOR_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include "vmm/base/complaint.h"
#include "vmm/ostep/options.h"
#include "vmm/ostep/workload.h"

/* Runs the workload and fills in the recording: recording_run, but for tests of what
 * is above it. 0, or -errno and a complaint. */
typedef int simulator_record_fn(const struct workload *workload, struct recording *recording,
				struct complaint *complaint);

struct simulator_call {
	const char *name;  /* what the user called, for complaints: "ostep mlfq" */
	char *const *argv; /* argv[0] is of no interest; NULL at the end */
	FILE *out;
	simulator_record_fn *record;
	struct complaint *complaint;
};

/*
 * Nothing is printed unless all went well: 0; OSTEP_OPTIONS_HELP after the help; or
 * -errno and a complaint.
 */
int ostep_process_run(const struct simulator_call *call);
int ostep_scheduler(const struct simulator_call *call);
int ostep_mlfq(const struct simulator_call *call);
int ostep_lottery(const struct simulator_call *call);

/* ---- what they have in common --------------------------------------------------- */

/* Of their options, all have these three; in their tables by the macros below, and so
 * has the number of jobs, which is not process-run's. */
struct simulator_common {
	int64_t seed;
	bool solve;            /* -c */
	const char *clock;     /* --clock, NULL: logical */
	uint64_t real_tick_ns; /* made of it, as workload.real_tick_ns */
};

#define SIMULATOR_OPTION_SEED(common)                                                              \
	{                                                                                          \
		.letter = 's', .name = "seed", .kind = OSTEP_OPTION_INT,                           \
		.number = &(common)->seed, .value = "N", .help = "of the random numbers [0]"       \
	}
#define SIMULATOR_OPTION_SOLVE(long_name, common)                                                  \
	{                                                                                          \
		.letter = 'c', .name = (long_name), .kind = OSTEP_OPTION_FLAG,                     \
		.flag = &(common)->solve, .help = "run the jobs, and print what happened"          \
	}
#define SIMULATOR_OPTION_NR_JOBS(long_name, nr)                                                    \
	{                                                                                          \
		.letter = 'j', .name = (long_name), .kind = OSTEP_OPTION_INT, .number = (nr),      \
		.value = "N", .help = "how many jobs, of random length [3]"                        \
	}
#define SIMULATOR_OPTION_CLOCK(common)                                                             \
	{                                                                                          \
		.name = "clock", .kind = OSTEP_OPTION_TEXT, .is_ours = true,                       \
		.text = &(common)->clock, .value = "WHICH",                                        \
		.help = "logical, or real[,tick=10ms]: the timer's [logical]"                      \
	}

struct simulator_options {
	const struct ostep_option *table;
	size_t nr;
	struct simulator_common *common;
	const char *summary; /* of the help */
};

/* Refuses more jobs than are made; of random length, by -j. */
int simulator_check_nr_jobs(const struct simulator_call *call, int64_t nr);

/* Takes the call's options apart, and prints the help if asked to; then as
 * ostep_options_parse. */
int simulator_parse(const struct simulator_call *call, const struct simulator_options *options);

/* More jobs than that, or ticks of all together, are not run. */
#define SIMULATOR_JOBS_MAX  1000
#define SIMULATOR_TICKS_MAX 1000000

/* What makes one simulator, in the order in which it is called. Each gets sim, what
 * its options go into; 0, or what the simulator returns instead, -errno with a complaint. */
struct simulator_ops {
	int (*parse)(const struct simulator_call *call, void *sim);
	/* From the options to the jobs. */
	int (*load)(const struct simulator_call *call, void *sim);
	/* Without -c the last one. */
	void (*print_question)(FILE *out, const void *sim);
	/* Fills in workload, which is empty; it is the simulator's, and freed afterwards. */
	int (*load_workload)(const struct simulator_call *call, void *sim,
			     struct workload *workload);
	/* The recording's jobs are the workload's. */
	int (*print_answers)(const struct simulator_call *call, void *sim,
			     const struct workload *workload, const struct recording *recording);
};

/* All of it. common is sim's; what else sim has malloced is the caller's, in any case. */
int simulator_run(const struct simulator_call *call, const struct simulator_ops *ops,
		  const struct simulator_common *common, void *sim);

/* A complaint that begins with the command's name; -EINVAL. */
#define SIMULATOR_REFUSE(call, format, ...)                                                        \
	complaint_set((call)->complaint, -EINVAL, "%s: " format, (call)->name, __VA_ARGS__)

/* On the real clock: ns in ticks. */
static inline double simulator_real_ticks(const struct workload *workload, uint64_t ns)
{
	return (double)ns / (double)workload->real_tick_ns;
}

/* On the real clock, the last line: what was not the jobs' own computing, nor idle. */
void simulator_print_overhead(FILE *out, double total, double of_jobs, double idle);

/*
 * Gives the words of a list to take, one by one, until it returns something else than
 * 0. A list that ends with the separator has an empty word there, as Python splits.
 * Returns what take returned last, or -ENOMEM with a complaint.
 */
typedef int simulator_take_fn(const struct simulator_call *call, void *ctx, char *word);
int simulator_split(const struct simulator_call *call, const char *list, const char *separator,
		    simulator_take_fn *take, void *ctx);

/* -ENOMEM and a complaint. */
static inline int simulator_no_memory(const struct simulator_call *call)
{
	complaint_set(call->complaint, -ENOMEM, "%s: out of memory", call->name);
	return -ENOMEM;
}

#endif
