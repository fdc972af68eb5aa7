/* SPDX-License-Identifier: MIT */
#include "vmm/observe/sample.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* "KEY NUMBER" or, with key NULL, "NUMBER", and nothing else on the line. */
static bool take_number(const char *line, const char *key, uint64_t *value)
{
	char *end;

	if (key) {
		size_t len = strlen(key);

		if (strncmp(line, key, len) != 0 || line[len] != ' ')
			return false;
		line += len + 1;
	}
	if (line[0] < '0' || line[0] > '9')
		return false;
	errno = 0;
	*value = strtoull(line, &end, 10);
	return !errno && (*end == '\n' || *end == '\0');
}

static bool take_line(struct sample *sample, const char *line)
{
	uint64_t value;

	if (line[0] == '\n' || take_number(line, "clock", &sample->clock_ticks) ||
	    take_number(line, "step", &sample->clock_step) ||
	    take_number(line, "batch", &sample->batch))
		return true;
	if (sample->nr == SAMPLE_MAX || !take_number(line, NULL, &value))
		return false;
	sample->values[sample->nr++] = value;
	return true;
}

static int by_value(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

int sample_parse(struct sample *sample, const char *text)
{
	*sample = (struct sample){.values = calloc(SAMPLE_MAX, sizeof(*sample->values))};
	if (!sample->values)
		return -ENOMEM;
	while (*text) {
		if (!take_line(sample, text))
			break;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	if (*text || !sample->batch || !sample->nr) {
		sample_fini(sample);
		return -EINVAL;
	}
	qsort(sample->values, sample->nr, sizeof(*sample->values), by_value);
	return 0;
}

void sample_fini(struct sample *sample)
{
	free(sample->values);
	*sample = (struct sample){0};
}

int sample_add(struct sample *sample, const struct sample *other)
{
	size_t nr = sample->nr + other->nr;
	uint64_t *values = realloc(sample->values, nr * sizeof(*values));

	if (!values)
		return -ENOMEM;
	memcpy(values + sample->nr, other->values, other->nr * sizeof(*values));
	qsort(values, nr, sizeof(*values), by_value);
	sample->values = values;
	sample->nr = nr;
	return 0;
}

double sample_percentile(const struct sample *sample, double percent)
{
	size_t idx;
	uint64_t ticks;

	if (!sample->nr)
		return 0;
	idx = (size_t)(percent / 100 * (double)sample->nr);
	if (idx >= sample->nr)
		idx = sample->nr - 1;
	ticks = sample->values[idx];
	ticks -= ticks < sample->clock_ticks ? ticks : sample->clock_ticks;
	return (double)ticks / (double)sample->batch;
}
