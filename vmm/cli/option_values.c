/* SPDX-License-Identifier: MIT */
#include "vmm/cli/option_values.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lde/boot.h>
#include <lde/device.h>
#include <lde/event.h>
#include <lde/layout.h>

#include "vmm/base/units.h"

/* Limits that can be taken away. */
static const char *const limits[] = {LDE_WITHOUT_PREEMPTION,        LDE_WITHOUT_BLOCKING,
				     LDE_WITHOUT_USER_MODE,         LDE_WITHOUT_PRIVATE_MEMORY,
				     LDE_WITHOUT_HIDDEN_TRAP_TABLE, LDE_WITHOUT_POINTER_CHECKS,
				     NULL};

#define REFUSE(complaint, ...) complaint_set(complaint, -EINVAL, __VA_ARGS__)

int option_parse_memory(const char *text, uint64_t *bytes, struct complaint *complaint)
{
	enum units_error error = units_parse_size(text, bytes);
	unsigned long long below_mib;

	if (error)
		return REFUSE(complaint, "--memory %s %s; give 64M to 3G: %s", text,
			      units_error_text(error), UNITS_SIZE_HELP);
	if (*bytes < LDE_MEMORY_MIN)
		return REFUSE(complaint, "--memory %s: too small; give 64M to 3G", text);
	if (*bytes > LDE_MEMORY_MAX)
		return REFUSE(complaint, "--memory %s: too large; give 64M to 3G", text);
	below_mib = *bytes / OPTION_MEMORY_STEP * OPTION_MEMORY_STEP >> 20;
	if (*bytes % OPTION_MEMORY_STEP != 0)
		return REFUSE(complaint, "--memory %s: not a multiple of 2M; give %lluM or %lluM",
			      text, below_mib, below_mib + (OPTION_MEMORY_STEP >> 20));
	return 0;
}

int option_parse_quantum(const char *text, uint64_t *ns, struct complaint *complaint)
{
	enum units_error error = units_parse_duration(text, ns);

	if (error)
		return REFUSE(complaint, "--quantum %s %s; give 1us to 1h: %s", text,
			      units_error_text(error), UNITS_DURATION_HELP);
	if (*ns < OPTION_QUANTUM_MIN)
		return REFUSE(complaint, "--quantum %s: too short; give 1us to 1h", text);
	if (*ns > OPTION_QUANTUM_MAX)
		return REFUSE(complaint,
			      "--quantum %s: too long; give 1us to 1h, or switch the timer off: "
			      "--without preemption",
			      text);
	return 0;
}

int option_parse_timeout(const char *text, uint64_t *ns, struct complaint *complaint)
{
	enum units_error error = units_parse_duration(text, ns);

	if (error)
		return REFUSE(complaint, "--timeout %s %s; give %s", text, units_error_text(error),
			      UNITS_DURATION_HELP);
	if (*ns < OPTION_TIMEOUT_MIN)
		return REFUSE(complaint,
			      "--timeout %s: too short; give 1ms or more, or no --timeout at all "
			      "for no limit",
			      text);
	if (*ns > OPTION_TIMEOUT_MAX)
		return REFUSE(complaint,
			      "--timeout %s: too long; give 1ms to 8760h, or no --timeout at all "
			      "for no limit",
			      text);
	return 0;
}

int option_parse_syscalls(const char *text, bool *forward, struct complaint *complaint)
{
	*forward = strcmp(text, LDE_SYSCALLS_EXIT) == 0;
	if (*forward || strcmp(text, "kernel") == 0)
		return 0;
	return REFUSE(complaint,
		      "--syscalls %s; give kernel, or exit to have each one leave the machine "
		      "before it is handled",
		      text);
}

int option_parse_console(const char *text, bool *is_virtio, struct complaint *complaint)
{
	*is_virtio = strcmp(text, "virtio") == 0;
	if (*is_virtio || strcmp(text, "port") == 0)
		return 0;
	return REFUSE(complaint,
		      "--console %s; give port, one exit for a write, or virtio, queues and no "
		      "exit",
		      text);
}

int option_parse_count(const char *text, uint32_t *count, struct complaint *complaint)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0')
		return REFUSE(complaint,
			      "-n %s: not a number; give how many processes to start, 1 to %d",
			      text, OPTION_COUNT_MAX);
	if (value == 0)
		return REFUSE(complaint, "-n %s: would start nothing; give 1 to %d", text,
			      OPTION_COUNT_MAX);
	if (errno || value > OPTION_COUNT_MAX)
		return REFUSE(complaint, "-n %s: too many; give 1 to %d", text, OPTION_COUNT_MAX);
	*count = (uint32_t)value;
	return 0;
}

int option_parse_processes(const char *text, uint32_t *max, struct complaint *complaint)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno || value == 0 ||
	    value > OPTION_PROCESSES_MAX)
		return REFUSE(complaint,
			      "--processes %s: give how many processes there may be at a time, "
			      "1 to %d",
			      text, OPTION_PROCESSES_MAX);
	*max = (uint32_t)value;
	return 0;
}

int option_check_env(const char *text, struct complaint *complaint)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text)
		return REFUSE(complaint,
			      "--env %s: not NAME=VALUE; for the whole environment of the host: "
			      "--env-host",
			      text);
	return 0;
}

/* Components as the guest would name them: no ".", no "..", none empty. */
static bool is_canonical_path(const char *path)
{
	while (*path == '/') {
		size_t len = strcspn(++path, "/");

		if (!len || (len <= 2 && strncmp(path, "..", len) == 0))
			return false;
		path += len;
	}
	return true;
}

int option_check_take(const char *text, struct complaint *complaint)
{
	if (text[0] != '/')
		return REFUSE(complaint,
			      "--take %s: not absolute; give a path of the guest, which begins "
			      "with '/'",
			      text);
	if (strcmp(text, "/") != 0 && !is_canonical_path(text))
		return REFUSE(complaint,
			      "--take %s: '.', '..', '//' and a '/' at the end have no place in "
			      "it; give the file's own path",
			      text);
	if (strlen(text) >= LDE_EXPORT_PATH_MAX)
		return REFUSE(complaint, "--take %.20s...: too long; give at most %d bytes", text,
			      LDE_EXPORT_PATH_MAX - 1);
	return 0;
}

int option_parse_limit(const char *text, const char **limit, struct complaint *complaint)
{
	char known[160] = "";

	for (size_t i = 0; limits[i]; i++) {
		if (strcmp(text, limits[i]) == 0) {
			*limit = limits[i];
			return 0;
		}
		snprintf(known + strlen(known), sizeof(known) - strlen(known), " %s", limits[i]);
	}
	return REFUSE(complaint, "--without %s: no such limit; what can be taken away:%s", text,
		      known);
}

/* Classes of events by the words of --events. */
static const struct {
	const char *word;
	uint32_t class;
} event_classes[] = {
	{"sched", LDE_TRACE_C_SCHED}, {"syscall", LDE_TRACE_C_SYSCALL},
	{"irq", LDE_TRACE_C_IRQ},     {"exit", LDE_TRACE_C_EXIT},
	{"fault", LDE_TRACE_C_FAULT}, {"block", LDE_TRACE_C_BLOCK},
	{"signal", LDE_TRACE_C_SIGNAL},
	{"all", LDE_TRACE_C_ALL},
	/* Which say little without the traps that they are of. */
	{"registers", LDE_TRACE_C_REGISTERS | LDE_TRACE_C_SCHED | LDE_TRACE_C_SYSCALL |
			      LDE_TRACE_C_IRQ | LDE_TRACE_C_FAULT},
};
#define NR_EVENT_CLASSES (sizeof(event_classes) / sizeof(event_classes[0]))

static uint32_t event_class(const char *word, size_t len)
{
	for (size_t i = 0; i < NR_EVENT_CLASSES; i++)
		if (strlen(event_classes[i].word) == len &&
		    strncmp(event_classes[i].word, word, len) == 0)
			return event_classes[i].class;
	return 0;
}

int option_parse_events(const char *text, uint32_t *classes, struct complaint *complaint)
{
	const char *word = text;

	*classes = LDE_TRACE_C_PROCESS;
	do {
		size_t len = strcspn(word, ",");
		uint32_t class = event_class(word, len);

		if (!class)
			return REFUSE(complaint,
				      "--events %s: '%.*s' is no class of events; give some of "
				      "sched,syscall,irq,exit,fault,block,signal,all,registers",
				      text, (int)len, word);
		*classes |= class;
		word += len;
	} while (*word++ == ',');
	return 0;
}

int option_parse_trace_buffer(const char *text, uint64_t *bytes, struct complaint *complaint)
{
	enum units_error error = units_parse_size(text, bytes);

	if (error)
		return REFUSE(complaint, "--trace-buffer %s %s; give 4K to 32M: %s", text,
			      units_error_text(error), UNITS_SIZE_HELP);
	if (*bytes < OPTION_TRACE_BUFFER_MIN || *bytes > OPTION_TRACE_BUFFER_MAX)
		return REFUSE(complaint, "--trace-buffer %s: too %s; give 4K to 32M", text,
			      *bytes < OPTION_TRACE_BUFFER_MIN ? "small" : "large");
	return 0;
}

/* The cause of that name; NR_EXIT_CAUSES is "total". -1: none. */
static int find_cause(const char *name, size_t len)
{
	for (int cause = 0; cause <= NR_EXIT_CAUSES; cause++) {
		const char *known =
			cause == NR_EXIT_CAUSES ? "total" : exits_cause_name((enum exit_cause)cause);

		if (strlen(known) == len && strncmp(known, name, len) == 0)
			return cause;
	}
	return -1;
}

static int refuse_cause(const char *text, struct complaint *complaint)
{
	char known[200] = "total";

	for (int cause = 0; cause < NR_EXIT_CAUSES; cause++)
		snprintf(known + strlen(known), sizeof(known) - strlen(known), ", %s",
			 exits_cause_name((enum exit_cause)cause));
	return REFUSE(complaint, "--max-exits %s: no such reason; give REASON=N, with one of %s",
		      text, known);
}

int option_parse_max_exits(const char *text, enum exit_cause *cause, uint64_t *limit,
			   struct complaint *complaint)
{
	size_t len = strcspn(text, "=");
	int found = find_cause(text, len);
	unsigned long long value;
	char *end;

	if (found < 0)
		return refuse_cause(text, complaint);
	errno = 0;
	value = text[len] ? strtoull(text + len + 1, &end, 10) : 0;
	if (!text[len] || text[len + 1] < '0' || text[len + 1] > '9' || *end || errno)
		return REFUSE(complaint,
			      "--max-exits %s: not a number; give REASON=N, for example total=100",
			      text);
	*cause = (enum exit_cause)found;
	*limit = value;
	return 0;
}
