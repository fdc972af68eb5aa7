/* SPDX-License-Identifier: MIT */
/*
 * The states of processes over a stretch of time, as lines of text: one for each
 * process, and one for the disks. Made from the events of a trace, one by one in
 * the order of time; wanted are sched and block.
 */
#ifndef VMM_OBSERVE_STRIP_H
#define VMM_OBSERVE_STRIP_H

#include <stdint.h>
#include <stdio.h>

#include "vmm/observe/trace_reader.h"

#define STRIP_COLUMNS       64
#define STRIP_PROCESSES_MAX 8
#define STRIP_REQUESTS_MAX  64

/* What somebody does in a column: whatever takes most of it. */
enum strip_state {
	STRIP_ABSENT,  /* ' ' */
	STRIP_READY,   /* '-' wants the CPU */
	STRIP_BLOCKED, /* '.' waits, and the CPU is another's */
	STRIP_HOLDING, /* '=' waits, and has the CPU */
	STRIP_RUNNING, /* '#' */
	STRIP_NR_STATES,
};

struct strip_line {
	uint32_t pid;
	enum strip_state state;
	uint32_t nr_requests; /* in flight */
	uint64_t since_ns;
	uint64_t ns[STRIP_COLUMNS][STRIP_NR_STATES];
};

struct strip {
	uint64_t start_ns, end_ns;
	struct strip_line processes[STRIP_PROCESSES_MAX]; /* the first to come */
	unsigned int nr_processes;
	struct strip_line disk; /* RUNNING while it has requests, else BLOCKED */
	struct {
		uint64_t number;
		uint32_t disk, pid;
	} requests[STRIP_REQUESTS_MAX];
	unsigned int nr_requests;
};

void strip_init(struct strip *strip, uint64_t start_ns, uint64_t end_ns);
void strip_event(struct strip *strip, const struct trace_event *event);

/* The lines of all processes that were there, and the disk's. After the last
 * event of interest. */
void strip_print(struct strip *strip, FILE *out);

#endif
