/* SPDX-License-Identifier: MIT */
/* Which process has which name, as a trace goes on. */
#ifndef VMM_OBSERVE_TRACE_NAMES_H
#define VMM_OBSERVE_TRACE_NAMES_H

#include <lde/event.h>

#include "vmm/observe/trace_schema.h"

struct trace_names {
	char (*by_pid)[LDE_TRACE_NAME_SIZE];
};

/* 0 or -ENOMEM. */
int trace_names_init(struct trace_names *names);
void trace_names_fini(struct trace_names *names);

/* Learns what record says: the name of a new process, or a new name. */
void trace_names_note(struct trace_names *names, const struct lde_trace_record *record);

/* Never NULL, "" for one that is not known; printable. pid 0 is "swapper/0", as
 * Linux calls what runs when nobody does. */
const char *trace_names_of(const struct trace_names *names, uint64_t pid);

#endif
