/* SPDX-License-Identifier: MIT */
/*
 * From the events of a trace to the records of a workload: the same things in the
 * same order, told by jobs and ticks instead of processes and times.
 */
#ifndef VMM_OSTEP_REPLAY_H
#define VMM_OSTEP_REPLAY_H

#include "vmm/observe/trace_reader.h"
#include "vmm/observe/trace_schema.h"
#include "vmm/ostep/workload.h"

#define REPLAY_PIDS_MAX TRACE_NR_PIDS

/* Of a job with mlfq on the real clock, by the kernel's last word. */
struct replay_level {
	uint32_t level;
	uint64_t used_ns, slice_ns;
	bool is_displaced;
	bool is_running;
	uint64_t turn_ns; /* when that began */
};

struct replay {
	const struct workload *workload;
	struct recording *recording;
	uint32_t job_of[REPLAY_PIDS_MAX]; /* RECORD_NO_JOB: of none */
	bool *is_after_io; /* by job: the next instruction takes note of it */
	uint64_t now;      /* ticks that are over */
	bool has_news;     /* something has happened since the last one was */
	bool was_drawn;    /* who gets the CPU */
	uint64_t drawn_at;
	bool is_over;      /* what follows is of no interest */
	/* The real clock. */
	bool has_begun;
	bool is_idle;
	uint64_t began_ns;           /* what times are counted from */
	struct replay_level *levels; /* by job */
};

/* 0 or -ENOMEM. */
int replay_init(struct replay *replay, const struct workload *workload,
		struct recording *recording);

/* pid is of that job, below nr_jobs. */
void replay_set_job(struct replay *replay, uint32_t pid, uint32_t job);

/* The next event. 0 or -ENOMEM. */
int replay_event(struct replay *replay, const struct trace_event *event);

void replay_fini(struct replay *replay);

#endif
