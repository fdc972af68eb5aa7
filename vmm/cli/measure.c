/* SPDX-License-Identifier: MIT */
/*
 * lde measure: what a trap, a switch and an exit cost on this host, in the guest
 * and natively, by the same program (guest/user/meter.c).
 */
#include <errno.h>
#include <getopt.h>
#include <json-c/json.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/log.h"
#include "vmm/cli/cli.h"
#include "vmm/cli/diagnose.h"
#include "vmm/cli/measure_run.h"
#include "vmm/cli/status.h"
#include "vmm/observe/json_text.h"
#include "vmm/observe/table.h"

#define SAMPLES_DEFAULT 100
#define SAMPLES_MAX     5000 /* a run of the slowest still takes less than a minute */
#define NR_ROUNDS       3
#define SPREAD_LIMIT    10 /* percent, between rounds: more is said */
#define PERCENT         100.0
#define WIDTH           80
#define NS_PER_SEC      1e9

#define FORWARDED  "--syscalls=exit"
#define ONE_SPACE  "--without=private-memory"

static const struct operation {
	const char *key;
	const char *guest, *option; /* what meter does, and under which option of run */
	const char *native;	    /* the same there; NULL: there is none */
	const char *title;
} operations[] = {
	{"syscall", "syscall", NULL, "syscall", "null system call"},
	{"syscall_exit", "syscall", FORWARDED, NULL, "  the same via the VMM"},
	{"yield", "yield", NULL, "yield", "sched_yield alone"},
	{"switch", "switch", NULL, "switch", "sched_yield, switch"},
	{"switch_one_space", "switch-beside", ONE_SPACE, "switch-clone-vm",
	 "  in one address space"},
	{"pipe", "pipe", NULL, "pipe", "message by a pipe"},
	{"pipe_one_space", "pipe-beside", ONE_SPACE, "pipe-clone-vm", "  in one address space"},
	{"fault", "fault", NULL, "fault", "page fault"},
	{"signal", "signal", NULL, "signal", "signal and return"},
	{"timer", "timer", NULL, "timer", "timer interrupt"},
	{"cpuid", "cpuid", NULL, "cpuid", "CPUID: exit to KVM"},
	{"write", "write", NULL, "write", "write: exit to the VMM"},
};

#define NR_OPERATIONS (sizeof(operations) / sizeof(operations[0]))

/* One operation on one side: all rounds together. */
struct figure {
	bool is_known;
	size_t nr;
	double median_ns, p99_ns;
	double spread; /* greatest median of a round over the least, less 1 */
	uint64_t clock_ticks, clock_step, batch;
	double insns; /* emulated, for one operation; 0: not known */
};

struct measurement {
	struct figure guest[NR_OPERATIONS], native[NR_OPERATIONS];
	struct kvm_facts facts;
	bool ring0_emulated;
	uint64_t tsc_hz;
	int cpu; /* that all was pinned to; -1: none */
};

/* ---- measuring -------------------------------------------------------------- */

/* The vCPU and what is measured natively stay on the first CPU that is allowed. */
static int pin(void)
{
	cpu_set_t set;
	int cpu = 0;

	if (sched_getaffinity(0, sizeof(set), &set))
		return -1;
	while (cpu < CPU_SETSIZE && !CPU_ISSET(cpu, &set))
		cpu++;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -1 : cpu;
}

/* What rounds of a figure are put together from. */
struct rounds {
	struct sample all;
	double least, greatest; /* medians, in ticks */
};

static int rounds_add(struct rounds *rounds, const struct measure_result *result)
{
	double median = sample_percentile(&result->sample, 50);

	if (!rounds->all.nr || median < rounds->least)
		rounds->least = median;
	if (!rounds->all.nr || median > rounds->greatest)
		rounds->greatest = median;
	rounds->all.clock_ticks = result->sample.clock_ticks;
	rounds->all.clock_step = result->sample.clock_step;
	rounds->all.batch = result->sample.batch;
	return sample_add(&rounds->all, &result->sample);
}

static double to_ns(double ticks, uint64_t tsc_hz)
{
	return tsc_hz ? ticks * NS_PER_SEC / (double)tsc_hz : 0;
}

static void figure_fill(struct figure *figure, const struct rounds *rounds, uint64_t tsc_hz)
{
	figure->is_known = true;
	figure->nr = rounds->all.nr;
	figure->median_ns = to_ns(sample_percentile(&rounds->all, 50), tsc_hz);
	figure->p99_ns = to_ns(sample_percentile(&rounds->all, 99), tsc_hz);
	figure->spread = rounds->least > 0 ? rounds->greatest / rounds->least - 1 : 0;
	figure->clock_ticks = rounds->all.clock_ticks;
	figure->clock_step = rounds->all.clock_step;
	figure->batch = rounds->all.batch;
}

/* The difference of two runs of which one has twice as many samples. */
static double insns_each(const struct measure_result *once, const struct measure_result *twice)
{
	uint64_t more = twice->sample.nr - once->sample.nr;

	if (twice->insns_emulated <= once->insns_emulated || !more)
		return 0;
	return (double)(twice->insns_emulated - once->insns_emulated) /
	       (double)(more * once->sample.batch);
}

static int measure_guest(struct measurement *m, size_t i, unsigned int nr)
{
	const struct operation *operation = &operations[i];
	struct rounds rounds = {0};
	struct measure_result results[NR_ROUNDS];
	int status = 0, done = 0;

	/* The last round is twice as long: the instructions come from its difference. */
	for (; done < NR_ROUNDS && !status; done++) {
		unsigned int samples = done == NR_ROUNDS - 1 ? 2 * nr : nr;

		status = measure_in_guest(operation->guest, samples, operation->option,
					  &results[done]);
		if (!status && rounds_add(&rounds, &results[done]))
			status = STATUS_LDE_FAILED;
	}
	if (!status) {
		m->tsc_hz = results[0].tsc_hz;
		m->ring0_emulated = results[0].ring0_emulated;
		figure_fill(&m->guest[i], &rounds, m->tsc_hz);
		m->guest[i].insns = insns_each(&results[0], &results[NR_ROUNDS - 1]);
	}
	while (done > 0)
		measure_fini(&results[--done]);
	sample_fini(&rounds.all);
	return status;
}

static int measure_native(struct measurement *m, size_t i, unsigned int nr)
{
	struct rounds rounds = {0};
	int status = 0;

	for (int round = 0; round < NR_ROUNDS && !status; round++) {
		struct measure_result result;

		status = measure_natively(operations[i].native, nr, &result);
		if (!status && rounds_add(&rounds, &result))
			status = STATUS_LDE_FAILED;
		measure_fini(&result);
	}
	if (!status)
		figure_fill(&m->native[i], &rounds, m->tsc_hz);
	sample_fini(&rounds.all);
	return status;
}

static int measure_all(struct measurement *m, unsigned int nr)
{
	m->cpu = pin();
	for (size_t i = 0; i < NR_OPERATIONS; i++) {
		int status = measure_guest(m, i, nr);

		if (!status && operations[i].native)
			status = measure_native(m, i, nr);
		if (status)
			return status;
	}
	return 0;
}

/* ---- printing ------------------------------------------------------------------ */

static void add_figure_row(struct table *table, const char *title, const struct figure *figure)
{
	table_add(table, "%s", title);
	table_add(table, "%zu", figure->nr);
	table_add(table, "%llu", (unsigned long long)figure->batch);
	table_add(table, "%.*f", figure->median_ns < 100 ? 1 : 0, figure->median_ns);
	table_add(table, "%.*f", figure->p99_ns < 100 ? 1 : 0, figure->p99_ns);
	table_add(table, "%.0f %%", figure->spread * PERCENT);
}

/* The last column is only there where KVM counts, or there are two sides. */
static void print_table(const struct figure *figures, const struct figure *insns)
{
	static const struct table_column columns[] = {
		{"OPERATION", true}, {"N", false},	{"EACH OF", false}, {"MEDIAN ns", false},
		{"P99 ns", false},   {"SPREAD", false}, {"INSNS", false},
	};
	struct table table;

	table_init(&table, columns, insns ? 7 : 6);
	for (size_t i = 0; i < NR_OPERATIONS; i++) {
		if (!figures[i].is_known)
			continue;
		add_figure_row(&table, operations[i].title, &figures[i]);
		if (insns)
			table_add(&table, "%.0f", insns[i].insns);
	}
	table_print(&table, stdout, WIDTH);
	table_fini(&table);
}

static bool is_unsteady(const struct measurement *m)
{
	for (size_t i = 0; i < NR_OPERATIONS; i++)
		if (m->guest[i].spread * PERCENT > SPREAD_LIMIT ||
		    m->native[i].spread * PERCENT > SPREAD_LIMIT)
			return true;
	return false;
}

static void print_text(const struct measurement *m)
{
	printf("KVM: %s; time-stamp counter %.3f GHz; ", m->facts.module[0] ? m->facts.module : "unknown",
	       (double)m->tsc_hz / NS_PER_SEC);
	if (m->cpu >= 0)
		printf("all on CPU %d\n\n", m->cpu);
	else
		puts("not pinned\n");
	puts(" In the guest:\n");
	print_table(m->guest, m->ring0_emulated ? m->guest : NULL);
	puts("\n The same program natively:\n");
	print_table(m->native, NULL);
	printf("\nN samples in %d rounds, the medians of which differ by SPREAD. Each sample is\n"
	       "EACH OF operations between two readings of the counter: what is left when the\n"
	       "cost of these (%llu ticks, natively %llu) is subtracted is divided by EACH OF.\n"
	       "The counter is precise to %.1f ns.\n",
	       NR_ROUNDS, (unsigned long long)m->guest[0].clock_ticks,
	       (unsigned long long)m->native[0].clock_ticks,
	       to_ns((double)m->guest[0].clock_step, m->tsc_hz));
	if (m->ring0_emulated)
		puts("\nThis KVM emulates ring 0: times inside the guest's kernel are the emulator's.\n"
		     "INSNS is how many instructions of ring 0 it has emulated for one operation.");
	if (is_unsteady(m))
		printf("\nSome rounds differ by more than %d %%: something else runs on this machine, or\n"
		       "its clock changes. Measure again, or give --samples more.\n",
		       SPREAD_LIMIT);
}

static void add_figure(struct json_object *to, const char *key, const struct figure *figure)
{
	struct json_object *object;
	char text[32];

	if (!figure->is_known)
		return;
	object = json_object_new_object();
	json_object_object_add(to, key, object);
	json_object_object_add(object, "samples", json_object_new_uint64(figure->nr));
	json_object_object_add(object, "batch", json_object_new_uint64(figure->batch));
	json_object_object_add(object, "clock_ticks", json_object_new_uint64(figure->clock_ticks));
	json_object_object_add(object, "clock_step", json_object_new_uint64(figure->clock_step));
	snprintf(text, sizeof(text), "%.2f", figure->median_ns);
	json_object_object_add(object, "median_ns",
			       json_object_new_double_s(figure->median_ns, text));
	snprintf(text, sizeof(text), "%.2f", figure->p99_ns);
	json_object_object_add(object, "p99_ns", json_object_new_double_s(figure->p99_ns, text));
	snprintf(text, sizeof(text), "%.4f", figure->spread);
	json_object_object_add(object, "spread", json_object_new_double_s(figure->spread, text));
	if (figure->insns > 0) {
		snprintf(text, sizeof(text), "%.2f", figure->insns);
		json_object_object_add(object, "ring0_insns",
				       json_object_new_double_s(figure->insns, text));
	}
}

static int print_json(const struct measurement *m)
{
	struct json_object *root = json_object_new_object(), *list = json_object_new_object();

	json_object_object_add(root, "version", json_object_new_int(1));
	json_object_object_add(root, "kvm", json_object_new_string(m->facts.module));
	json_object_object_add(root, "ring0_emulated", json_object_new_boolean(m->ring0_emulated));
	json_object_object_add(root, "tsc_hz", json_object_new_uint64(m->tsc_hz));
	if (m->cpu >= 0)
		json_object_object_add(root, "cpu", json_object_new_int(m->cpu));
	json_object_object_add(root, "operations", list);
	for (size_t i = 0; i < NR_OPERATIONS; i++) {
		struct json_object *operation = json_object_new_object();

		json_object_object_add(list, operations[i].key, operation);
		add_figure(operation, "guest", &m->guest[i]);
		add_figure(operation, "native", &m->native[i]);
	}
	return json_text_print(root, stdout) || fflush(stdout) ? STATUS_LDE_FAILED : 0;
}

/* ---- the command ----------------------------------------------------------------- */

static int print_help(void)
{
	puts("Usage: lde measure [--samples N] [--json]\n"
	     "Measure what a system call, a trap, a switch, an interrupt and an exit cost on\n"
	     "this host: the same program in the guest and natively. Takes some seconds.\n"
	     "\n"
	     "  --samples N  samples of each operation in a round, 10 to 5000 [100]\n"
	     "  --json       print one JSON object on stdout\n"
	     "  --help       this text\n"
	     "\n"
	     "Example: lde measure --json >before.json");
	return 0;
}

struct request {
	unsigned long nr_samples;
	bool json, help;
};

static int take_options(int argc, char **argv, struct request *request)
{
	static const struct option options[] = {
		{"samples", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;
	char *end;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:h", options, NULL)) != -1) {
		if (option == ':' || option == '?') {
			log_line("%s: %s; see lde measure --help", argv[optind - 1],
				 option == ':' ? "needs a value" : "no such option");
			return STATUS_LDE_FAILED;
		}
		request->json |= option == 'j';
		request->help |= option == 'h';
		if (option != 's')
			continue;
		request->nr_samples = strtoul(optarg, &end, 10);
		if (optarg[0] < '0' || optarg[0] > '9' || *end || request->nr_samples < 10 ||
		    request->nr_samples > SAMPLES_MAX) {
			log_line("--samples %s; give 10 to %d", optarg, SAMPLES_MAX);
			return STATUS_LDE_FAILED;
		}
	}
	if (optind == argc)
		return 0;
	log_line("%s: lde measure takes no arguments; see lde measure --help", argv[optind]);
	return STATUS_LDE_FAILED;
}

int cli_measure(int argc, char **argv)
{
	struct request request = {.nr_samples = SAMPLES_DEFAULT};
	struct measurement m = {.cpu = -1};
	int status = take_options(argc, argv, &request);

	if (status)
		return status;
	if (request.help)
		return print_help();
	diagnose_gather(&m.facts);
	status = measure_all(&m, (unsigned int)request.nr_samples);
	if (status)
		return status;
	if (request.json)
		return print_json(&m);
	print_text(&m);
	return 0;
}
