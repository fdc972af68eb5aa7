/* SPDX-License-Identifier: MIT */
#include "vmm/cli/option_disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/units.h"

#define REFUSE(complaint, ...) complaint_set(complaint, -EINVAL, __VA_ARGS__)

/* Takes the name off text, doubled commas made one; where the options begin. */
static const char *take_name(const char *text, char *name)
{
	while (*text && (*text != ',' || text[1] == ',')) {
		text += *text == ',';
		*name++ = *text++;
	}
	*name = '\0';
	return text;
}

static int parse_latency(const char *value, struct disk_spec *spec, struct complaint *complaint)
{
	enum units_error error = units_parse_duration(value, &spec->latency_ns);

	if (error)
		return REFUSE(complaint, "--disk latency=%s %s; give at most 60s: %s", value,
			      units_error_text(error), UNITS_DURATION_HELP);
	if (spec->latency_ns > OPTION_DISK_LATENCY_MAX)
		return REFUSE(complaint, "--disk latency=%s: too long; give at most 60s", value);
	return 0;
}

/* A whole number in decimal, at most max. */
static bool parse_number(const char *value, uint64_t max, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(value, &end, 10);
	return value[0] >= '0' && value[0] <= '9' && !*end && !errno && *number <= max;
}

static int parse_iops(const char *value, struct disk_spec *spec, struct complaint *complaint)
{
	uint64_t iops;

	if (!parse_number(value, OPTION_DISK_IOPS_MAX, &iops) || !iops)
		return REFUSE(complaint,
			      "--disk iops=%s: give how many requests a second, 1 to %d", value,
			      OPTION_DISK_IOPS_MAX);
	spec->iops = (uint32_t)iops;
	return 0;
}

static int parse_fault(const char *value, struct disk_spec *spec, struct complaint *complaint)
{
	static const char kind[] = "EIO:";
	char *end = NULL;
	double percent = -1;

	if (!strncmp(value, kind, strlen(kind)) && value[strlen(kind)] >= '0' &&
	    value[strlen(kind)] <= '9')
		percent = strtod(value + strlen(kind), &end);
	if (!end || strcmp(end, "%") != 0 || !(percent >= 0 && percent <= 100))
		return REFUSE(complaint,
			      "--disk fault=%s: give how many of the requests are to fail, as "
			      "EIO:1%%",
			      value);
	spec->fault_ppm = (uint32_t)(percent * 1e4 + 0.5);
	return 0;
}

static int parse_seed(const char *value, struct disk_spec *spec, struct complaint *complaint)
{
	if (!parse_number(value, UINT64_MAX, &spec->fault_seed))
		return REFUSE(complaint, "--disk seed=%s: give a number", value);
	spec->has_fault_seed = true;
	return 0;
}

static int parse_option(const char *option, struct disk_spec *spec, struct complaint *complaint)
{
	static const struct {
		const char *key;
		int (*parse)(const char *value, struct disk_spec *spec,
			     struct complaint *complaint);
	} keys[] = {
		{"latency=", parse_latency},
		{"iops=", parse_iops},
		{"fault=", parse_fault},
		{"seed=", parse_seed},
	};

	if (!strcmp(option, "ro")) {
		spec->is_read_only = true;
		return 0;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strncmp(option, keys[i].key, strlen(keys[i].key)))
			return keys[i].parse(option + strlen(keys[i].key), spec, complaint);
	return REFUSE(complaint,
		      "--disk ...,%s: no such option; there are ro, latency=TIME, iops=N, "
		      "fault=EIO:P%%, seed=N; a comma in a file's name is written twice",
		      option);
}

static int parse_options(char *options, struct disk_spec *spec, struct complaint *complaint)
{
	char *rest = options, *option;

	while ((option = strsep(&rest, ","))) {
		int err = parse_option(option, spec, complaint);
		if (err)
			return err;
	}
	return 0;
}

int option_parse_disk(const char *text, struct disk_spec *spec, struct complaint *complaint)
{
	char *name = malloc(strlen(text) + 1);
	int err = 0;

	*spec = (struct disk_spec){0};
	if (!name)
		return complaint_set(complaint, -ENOMEM, "out of memory");
	const char *rest = take_name(text, name);
	char *options = *rest ? strdup(rest + 1) : NULL;
	if (!*name)
		err = REFUSE(complaint, "--disk '%s': an empty name; give a file", text);
	else if (*rest && !options)
		err = complaint_set(complaint, -ENOMEM, "out of memory");
	else if (options)
		err = parse_options(options, spec, complaint);
	free(options);
	if (err)
		free(name);
	else
		spec->path = name;
	return err;
}
