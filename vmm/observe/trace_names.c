/* SPDX-License-Identifier: MIT */
#include "vmm/observe/trace_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int trace_names_init(struct trace_names *names)
{
	/* 2 MiB of which only what is used is ever touched. */
	names->by_pid = calloc(TRACE_NR_PIDS, sizeof(*names->by_pid));
	return names->by_pid ? 0 : -ENOMEM;
}

void trace_names_fini(struct trace_names *names)
{
	free(names->by_pid);
	names->by_pid = NULL;
}

void trace_names_note(struct trace_names *names, const struct lde_trace_record *record)
{
	uint64_t pid = record->kind == LDE_TRACE_PROCESS_FORK ? record->args[0] : record->pid;
	char *name;

	if ((record->kind != LDE_TRACE_PROCESS_FORK && record->kind != LDE_TRACE_PROCESS_EXEC) ||
	    !pid || pid >= TRACE_NR_PIDS)
		return;
	name = names->by_pid[pid];
	memcpy(name, &record->args[1], LDE_TRACE_NAME_SIZE);
	name[LDE_TRACE_NAME_SIZE - 1] = '\0';
	for (; *name; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			*name = '?';
}

const char *trace_names_of(const struct trace_names *names, uint64_t pid)
{
	if (!pid)
		return "swapper/0";
	return pid < TRACE_NR_PIDS ? names->by_pid[pid] : "";
}
