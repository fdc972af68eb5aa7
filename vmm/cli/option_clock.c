/* SPDX-License-Identifier: MIT */
/* --clock real|logical[,tick=DURATION][,slow=DURATION] */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vmm/base/units.h"
#include "vmm/cli/option_values.h"

#define REFUSE(complaint, ...) complaint_set(complaint, -EINVAL, __VA_ARGS__)

#define VALUE_SIZE 128

#define CLOCK_HELP                                                                                 \
	"give real[,slow=DURATION] or logical[,tick=DURATION][,slow=DURATION], for example "       \
	"logical,tick=1ms,slow=5ms"

static int parse_duration(const char *word, uint64_t *ns, struct complaint *complaint)
{
	const char *value = strchr(word, '=') + 1;
	enum units_error error = units_parse_duration(value, ns);

	if (error)
		return REFUSE(complaint, "--clock: %s %s; give " UNITS_DURATION_HELP, word,
			      units_error_text(error));
	if (!*ns || *ns > OPTION_QUANTUM_MAX)
		return REFUSE(complaint, "--clock: %s is too %s; give 1ns to 1h", word,
			      *ns ? "long" : "short");
	return 0;
}

static int parse_word(const char *word, struct clock_config *clock, struct complaint *complaint)
{
	clock->has_slow |= strncmp(word, "slow=", 5) == 0;
	if (strncmp(word, "slow=", 5) == 0)
		return parse_duration(word, &clock->slow_ns, complaint);
	if (strncmp(word, "tick=", 5) == 0 && clock->is_logical)
		return parse_duration(word, &clock->tick_ns, complaint);
	return REFUSE(complaint, "--clock: '%s' is nothing that it takes; " CLOCK_HELP, word);
}

int option_parse_clock(const char *text, struct clock_config *clock, struct complaint *complaint)
{
	char copy[VALUE_SIZE], *rest = copy, *word;
	int err = 0;

	*clock = (struct clock_config){0};
	if (snprintf(copy, sizeof(copy), "%s", text) >= (int)sizeof(copy))
		return REFUSE(complaint, "--clock %.20s...: too long; " CLOCK_HELP, text);
	word = strsep(&rest, ",");
	clock->is_logical = strcmp(word, LDE_CLOCK_LOGICAL) == 0;
	if (!clock->is_logical && strcmp(word, "real") != 0)
		return REFUSE(complaint, "--clock %s: no such clock; " CLOCK_HELP, text);
	while (!err && (word = strsep(&rest, ",")))
		err = parse_word(word, clock, complaint);
	return err;
}
