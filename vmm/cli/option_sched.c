/* SPDX-License-Identifier: MIT */
/* The values of --sched, and of what programs are given for it. */
#include "vmm/cli/option_values.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/units.h"

#define REFUSE(complaint, ...) complaint_set(complaint, -EINVAL, __VA_ARGS__)

#define VALUE_SIZE 128 /* of one KEY=VALUE */

#define MLFQ_QUEUES_DEFAULT    3
#define MLFQ_ALLOTMENT_DEFAULT 2
#define MLFQ_ALLOTMENT_MAX     10000
#define MLFQ_BOOST_DEFAULT     1000000000ull /* ns */
#define BOOST_NEVER            "never"

#define SCHED_HELP                                                                                 \
	"give rr, fifo, sjf, stcf, lottery[,seed=N], stride, "                                     \
	"mlfq[,queues=N][,quanta=10ms/20ms/...][,allotment=N][,boost=1s|never][,stay=yes]"         \
	"[,bump=yes], or scan[,switch=io|end][,io=later|immediate]"

/* Decimal digits and nothing else, from min to max. */
static bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && !errno && *value >= min &&
	       *value <= max;
}

/* A duration that can be a quantum. */
static bool parse_quantum(const char *text, uint64_t *ns)
{
	return !units_parse_duration(text, ns) && *ns >= OPTION_QUANTUM_MIN &&
	       *ns <= OPTION_QUANTUM_MAX;
}

static int parse_seed(const char *value, struct sched_config *sched, struct complaint *complaint)
{
	if (parse_number(value, 1, UINT64_MAX, &sched->seed))
		return 0;
	return REFUSE(complaint, "--sched: seed=%s; give a number from 1 on", value);
}

/* How many levels there are has one source: queues= or quanta=, or both agree. */
static int set_levels(struct sched_config *sched, uint32_t nr, struct complaint *complaint)
{
	if (sched->nr_levels && sched->nr_levels != nr)
		return REFUSE(complaint,
			      "--sched: there cannot be %u queues and %u; give queues= or quanta= "
			      "once, or as many quanta as queues",
			      sched->nr_levels, nr);
	sched->nr_levels = nr;
	return 0;
}

static int parse_queues(const char *value, struct sched_config *sched, struct complaint *complaint)
{
	uint64_t nr;

	if (!parse_number(value, 1, LDE_SCHED_LEVELS_MAX, &nr))
		return REFUSE(complaint, "--sched: queues=%s; give 1 to %d", value,
			      LDE_SCHED_LEVELS_MAX);
	return set_levels(sched, (uint32_t)nr, complaint);
}

static int parse_quanta(const char *value, struct sched_config *sched, struct complaint *complaint)
{
	char copy[VALUE_SIZE], *rest = copy, *word;
	uint32_t nr = 0;

	snprintf(copy, sizeof(copy), "%s", value);
	while ((word = strsep(&rest, "/"))) {
		if (nr == LDE_SCHED_LEVELS_MAX || !parse_quantum(word, &sched->quanta_ns[nr]))
			return REFUSE(complaint,
				      "--sched: quanta=%s; give up to %d durations of 1us to 1h, "
				      "from the first queue on: quanta=10ms/20ms/40ms",
				      value, LDE_SCHED_LEVELS_MAX);
		nr++;
	}
	return set_levels(sched, nr, complaint);
}

static int parse_allotment(const char *value, struct sched_config *sched,
			   struct complaint *complaint)
{
	uint64_t nr;

	if (!parse_number(value, 1, MLFQ_ALLOTMENT_MAX, &nr))
		return REFUSE(complaint,
			      "--sched: allotment=%s; give how many quanta a process may use in a "
			      "queue, 1 to %d",
			      value, MLFQ_ALLOTMENT_MAX);
	sched->allotments[0] = (uint32_t)nr;
	sched->nr_allotments = 1;
	return 0;
}

static int parse_boost(const char *value, struct sched_config *sched, struct complaint *complaint)
{
	if (strcmp(value, BOOST_NEVER) == 0) {
		sched->boost_ns = 0;
		return 0;
	}
	if (parse_quantum(value, &sched->boost_ns))
		return 0;
	return REFUSE(complaint, "--sched: boost=%s; give 1us to 1h, or " BOOST_NEVER, value);
}

/* The rule holds if the value is word, and does not if it is the other one. */
static int parse_rule(const char *key, const char *value, const char *word, const char *other,
		      const char *rule, struct sched_config *sched, struct complaint *complaint)
{
	size_t nr = 0;

	if (strcmp(value, word) != 0 && strcmp(value, other) != 0)
		return REFUSE(complaint, "--sched: %s=%s; give %s or %s", key, value, word, other);
	while (sched->rules[nr] && sched->rules[nr] != rule)
		nr++;
	if (strcmp(value, word) == 0)
		sched->rules[nr] = rule;
	return 0;
}

static int parse_stay(const char *value, struct sched_config *sched, struct complaint *complaint)
{
	return parse_rule("stay", value, "yes", "no", LDE_RULE_STAY, sched, complaint);
}

static int parse_bump(const char *value, struct sched_config *sched, struct complaint *complaint)
{
	return parse_rule("bump", value, "yes", "no", LDE_RULE_IO_BUMP, sched, complaint);
}

static int parse_switch(const char *value, struct sched_config *sched, struct complaint *complaint)
{
	return parse_rule("switch", value, "end", "io", LDE_RULE_SWITCH_ON_END, sched, complaint);
}

static int parse_io(const char *value, struct sched_config *sched, struct complaint *complaint)
{
	return parse_rule("io", value, "immediate", "later", LDE_RULE_IO_IMMEDIATE, sched,
			  complaint);
}

static const struct key {
	const char *policy, *name;
	int (*parse)(const char *value, struct sched_config *sched, struct complaint *complaint);
} keys[] = {
	{LDE_SCHED_LOTTERY, "seed", parse_seed},
	{LDE_SCHED_MLFQ, "queues", parse_queues},
	{LDE_SCHED_MLFQ, "quanta", parse_quanta},
	{LDE_SCHED_MLFQ, "allotment", parse_allotment},
	{LDE_SCHED_MLFQ, "boost", parse_boost},
	{LDE_SCHED_MLFQ, "stay", parse_stay},
	{LDE_SCHED_MLFQ, "bump", parse_bump},
	{LDE_SCHED_SCAN, "switch", parse_switch},
	{LDE_SCHED_SCAN, "io", parse_io},
};

static int parse_key(const char *word, struct sched_config *sched, struct complaint *complaint)
{
	size_t len = strcspn(word, "=");

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (word[len] == '=' && strlen(keys[i].name) == len &&
		    strncmp(keys[i].name, word, len) == 0 &&
		    strcmp(keys[i].policy, sched->name) == 0)
			return keys[i].parse(word + len + 1, sched, complaint);
	return REFUSE(complaint, "--sched %s: '%s' is nothing that it takes; " SCHED_HELP,
		      sched->name, word);
}

static const char *find_policy(const char *name)
{
	static const char *const names[] = {LDE_SCHED_RR,      LDE_SCHED_FIFO, LDE_SCHED_SJF,
					    LDE_SCHED_STCF,    LDE_SCHED_MLFQ, LDE_SCHED_LOTTERY,
					    LDE_SCHED_STRIDE,  LDE_SCHED_SCAN};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return names[i];
	return NULL;
}

static void set_defaults(struct sched_config *sched)
{
	if (strcmp(sched->name, LDE_SCHED_MLFQ) != 0)
		return;
	sched->allotments[0] = MLFQ_ALLOTMENT_DEFAULT;
	sched->nr_allotments = 1;
	sched->boost_ns = MLFQ_BOOST_DEFAULT;
}

int option_parse_sched(const char *text, struct sched_config *sched, struct complaint *complaint)
{
	char copy[VALUE_SIZE], *rest = copy, *word;
	int err = 0;

	*sched = (struct sched_config){0};
	if (snprintf(copy, sizeof(copy), "%s", text) >= (int)sizeof(copy))
		return REFUSE(complaint, "--sched %.20s...: too long; " SCHED_HELP, text);
	sched->name = find_policy(strsep(&rest, ","));
	if (!sched->name)
		return REFUSE(complaint, "--sched %s: no such policy; " SCHED_HELP, text);
	set_defaults(sched);
	while (!err && (word = strsep(&rest, ",")))
		err = parse_key(word, sched, complaint);
	if (!err && strcmp(sched->name, LDE_SCHED_MLFQ) == 0 && !sched->nr_levels)
		sched->nr_levels = MLFQ_QUEUES_DEFAULT;
	return err;
}

int option_parse_tickets(const char *text, uint32_t *tickets, struct complaint *complaint)
{
	uint64_t nr;

	if (!parse_number(text, 1, LDE_TICKETS_MAX, &nr))
		return REFUSE(complaint, "--tickets %s; give 1 to %d (without the option: %d)",
			      text, LDE_TICKETS_MAX, LDE_TICKETS_DEFAULT);
	*tickets = (uint32_t)nr;
	return 0;
}

int option_parse_nice(const char *text, uint32_t *tickets, struct complaint *complaint)
{
	double weight = LDE_TICKETS_DEFAULT;
	uint64_t steps;
	bool up = text[0] == '-';

	if (!parse_number(text + up, 0, up ? 20 : 19, &steps))
		return REFUSE(complaint,
			      "--nice %s; give -20 to 19, each step down a quarter more CPU", text);
	for (uint64_t i = 0; i < steps; i++)
		weight = up ? weight * 1.25 : weight / 1.25;
	*tickets = (uint32_t)(weight + 0.5);
	return 0;
}

int option_parse_length(const char *text, uint64_t *ns, struct complaint *complaint)
{
	if (units_parse_duration(text, ns) || !*ns || *ns > OPTION_LENGTH_MAX)
		return REFUSE(complaint,
			      "--length %s; give the CPU time that the program needs, up to 1h: "
			      UNITS_DURATION_HELP,
			      text);
	return 0;
}
