/* SPDX-License-Identifier: MIT */
/*
 * What the processes of an OSTEP simulation are to do, and what the kernel has
 * recorded of them.
 *
 * Data only. The workload is input: lengths, rules, random draws. The records
 * are output: who had the CPU in each tick, and why, is the kernel's to say, and
 * whoever prints a table takes it from them alone. Times are ticks of the logical
 * clock, which begins with 0.
 */
#ifndef VMM_OSTEP_WORKLOAD_H
#define VMM_OSTEP_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lde/boot.h>

/* ---- what to run ---------------------------------------------------------------- */

enum workload_rules {
	/* No slices. An I/O is two instructions: one that issues it, and when it is done
	 * io_ticks + 1 later, one that takes note. Time begins with 1. */
	WORKLOAD_PROCESS_RUN,
	WORKLOAD_FIFO,
	WORKLOAD_SJF,
	WORKLOAD_RR,
	/* An I/O is issued with the last tick of the CPU before it, and costs no other. */
	WORKLOAD_MLFQ,
	/* A draw takes a whole quantum, also if the job needs less. */
	WORKLOAD_LOTTERY,
};

enum workload_op {
	WORKLOAD_CPU, /* so many ticks */
	WORKLOAD_IO,  /* one of workload.io_ticks; ticks is 1 */
};

struct workload_step {
	enum workload_op op;
	uint64_t ticks; /* >= 1 */
};

/* Its number is its place in workload.jobs. */
struct workload_job {
	uint64_t arrival;            /* mlfq; else 0 */
	uint64_t length;             /* the ticks on the CPU of all steps: what sjf goes by */
	uint32_t tickets;            /* lottery: 1..LDE_TICKETS_MAX; else 0 */
	size_t nr_steps;             /* 0: it ends as soon as it has the CPU */
	struct workload_step *steps; /* malloced */
};

/* Of one queue of mlfq. Either may be 0 or less: then it is never used up. */
struct workload_level {
	int64_t quantum;   /* ticks of a slice */
	int64_t allotment; /* slices, before it goes down a queue */
};

struct workload {
	enum workload_rules rules;
	struct workload_job *jobs; /* malloced */
	size_t nr_jobs;            /* >= 1 */
	uint64_t io_ticks;
	/* What a tick of CPU time is on the real clock, where the timer ends slices, an I/O
	 * takes as long as so many ticks, and times of records are ns since the first job
	 * had the CPU; if with mlfq none comes at 0, since so long before the first one came.
	 * 0: the logical clock. */
	uint64_t real_tick_ns;

	/* process-run */
	bool switch_on_end;    /* SWITCH_ON_END, else SWITCH_ON_IO */
	bool io_run_immediate; /* IO_RUN_IMMEDIATE, else IO_RUN_LATER */

	uint64_t quantum; /* rr, lottery: >= 1 */

	/* mlfq: level 0 is the first to run, as in --sched mlfq */
	struct workload_level levels[LDE_SCHED_LEVELS_MAX];
	uint32_t nr_levels;
	uint64_t boost; /* 0: never */
	bool stay;      /* an I/O gives back the slice and the allotment of the level */
	bool io_bump;   /* who comes from an I/O is put in front of its queue */

	/* lottery: the simulator's random numbers, in order; the kernel takes each modulo
	 * the tickets that are left. When they are used up the run ends, whoever is left. */
	uint32_t *draws; /* malloced */
	size_t nr_draws;
};

/* ---- what happened ---------------------------------------------------------------- */

/*
 * In the order in which the kernel did it. Within a tick: BOOST, IO_DONE and
 * ARRIVED, DRAW, DISPATCH, then RUN or IDLE, of which each tick has one; then what the
 * instruction did (IO_ISSUED, DONE), and what that means (BLOCKED, READY, DISPATCH).
 *
 * On the real clock there are RUN when an instruction ends and IDLE when the CPU has
 * been idle, and a DISPATCH is for as long as the job has the CPU. With mlfq not only
 * RUN has what is left, but also DISPATCH, and READY what the job will go on with.
 *
 * time is the tick's number for all of it up to RUN and IDLE. What comes after that
 * has the time at which the tick was over, but with process-run, which counts in
 * rows, the tick's number too.
 */
enum record_kind {
	RECORD_ARRIVED = 1, /* mlfq: the job enters the system */
	RECORD_DISPATCH,    /* the job has the CPU from here on, for a new slice: RUNNING */
	RECORD_RUN,         /* it used the tick; op, and with mlfq level and what is left */
	RECORD_IDLE,        /* nobody used the tick */
	RECORD_IO_ISSUED,   /* the I/O has been issued */
	RECORD_IO_DONE,     /* the I/O is complete */
	RECORD_BLOCKED,     /* the job lost the CPU, to wait for its I/O */
	RECORD_READY,       /* the job may run: its slice is over, another one goes first, or
			     * its I/O is done */
	RECORD_DONE,        /* the job has ended */
	RECORD_BOOST,       /* mlfq: everybody to the first level; no job */
	RECORD_DRAW,        /* lottery: the job has won */
};

enum record_op {
	RECORD_OP_NONE,
	RECORD_OP_CPU,
	RECORD_OP_IO,      /* process-run: the instruction that issues it */
	RECORD_OP_IO_DONE, /* process-run: the one that takes note */
};

#define RECORD_NO_JOB UINT32_MAX

struct record {
	uint64_t time;
	enum record_kind kind;
	uint32_t job; /* or RECORD_NO_JOB: IDLE, BOOST */
	union {
		struct {
			enum record_op op;
			uint32_t level;     /* mlfq */
			int64_t ticks_left; /* mlfq: of the slice, after this tick; or ns */
			int64_t allot_left; /* mlfq: slices at this level, with this one */
			bool is_displaced;  /* mlfq, READY on the real clock: in its slice */
		} run;
		struct {
			uint32_t winner;  /* the ticket */
			uint32_t tickets; /* of how many */
		} draw;
	};
};

struct recording {
	struct record *records; /* malloced */
	size_t nr;
	int ended_by; /* the signal that cut it short; 0: none */
};

/* ---- building one ------------------------------------------------------------------ */

/* A job that does nothing yet, behind the others; NULL: no memory. Those that were
 * added before may move. */
struct workload_job *workload_add_job(struct workload *workload);

/* Behind the job's other steps; its length grows with it. 0 or -ENOMEM. */
int workload_add_cpu(struct workload_job *job, uint64_t ticks);
int workload_add_io(struct workload_job *job);

void workload_fini(struct workload *workload);
void recording_fini(struct recording *recording);

#endif
