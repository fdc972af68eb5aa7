/* SPDX-License-Identifier: MIT */
/*
 * Scheduling policies: who is next, and for how long. The scheduler knows no
 * more of one than this table of operations. Times are TSC ticks.
 */
#ifndef GUEST_CORE_POLICY_H
#define GUEST_CORE_POLICY_H

#include <lde/boot.h>

#include "guest/lib/compiler.h"
#include "guest/lib/heap.h"

struct process;

/* What a program asks of the scheduler, on the command line; children inherit it. */
struct policy_share {
	uint32_t tickets; /* >= 1: lottery, stride */
	int32_t nice;     /* the same in words of setpriority(2): nice.h */
	uint64_t length;  /* CPU time that it says it needs; 0: it does not say */
};

/* What a policy keeps of a process. */
struct policy_state {
	struct heap_node node; /* sjf, stcf, stride: the run queue */
	uint64_t pass;         /* stride: where it has got to */
	uint64_t burst;        /* sjf, stcf: CPU time since it last waited... */
	uint64_t expected;     /* ...and what such a burst takes, by experience */
	uint64_t total;        /* sjf, stcf: CPU time in all */
	uint64_t used;         /* mlfq: of the allotment of its level... */
	uint64_t left;         /* ...and what was left of its slice when it stopped; 0: all */
	uint32_t level;        /* mlfq: 0 is the first to run */
	uint32_t epoch;        /* mlfq: of the boost that it has seen */
	uint64_t debt;         /* lottery: time that it had beyond its slices */
	bool is_woken;         /* mlfq: it runs since it woke up on the first level */
	bool has_waited;       /* mlfq: since it had the CPU last */
	uint32_t entered;      /* lottery: its tickets when it came into the queue */
	uint64_t woken_at;     /* scan: tick at which its wait was over */
};

/* Why a process comes into the run queue. */
enum policy_event {
	POLICY_WOKEN,     /* it is new, or what it waited for has come */
	POLICY_PREEMPTED, /* its slice was over */
	POLICY_DISPLACED, /* in its slice, by one that .preempts said goes first */
	POLICY_YIELDED,   /* it let others go first */
};

/* A slice that no timer ends. */
#define POLICY_SLICE_ENDLESS (1ull << 62)

struct policy_ops {
	const char *name;
	bool has_slices; /* process.slice means something */
	/* p is new. p->slice must be set here or in enqueue. */
	void (*admit)(struct process *p);
	/* p has become READY. */
	void (*enqueue)(struct process *p, enum policy_event event);
	/* Takes the next one off the queue; NULL if nobody is READY. */
	struct process *(*pick)(void);
	/* p has had the CPU for so many ticks and gives it away, or has to; before
	 * enqueue. waits: to wait for something. NULL: of no interest. */
	void (*charge)(struct process *p, uint64_t ticks, bool waits);
	/* Whether p, just enqueued, is to have the CPU at once, running having had
	 * it for so many ticks. NULL: never. */
	bool (*preempts)(const struct process *p, const struct process *running, uint64_t ticks);
	/* Logical clock: tick begins; before anybody is woken in it. NULL: of no
	 * interest. */
	void (*tick)(uint64_t tick);
	/* Logical clock: whether tick, which begins, is one of those. NULL: none. */
	bool (*is_special)(uint64_t tick);
	/* Logical clock: a slice goes on without its process, if that ends in it. */
	bool has_whole_slices;
	/* Logical clock: p ends without having done anything; whether a tick goes by.
	 * NULL: no. */
	bool (*ends_in_a_tick)(const struct process *p);
	/* For the self-check, of a READY process. NULL: if its queue_link is. */
	bool (*is_queued)(const struct process *p);
};

#define POLICY_LEVELS_MAX LDE_SCHED_LEVELS_MAX

struct policy_config {
	const char *name;
	uint64_t quantum;
	uint64_t seed;                      /* lottery; not 0 */
	uint32_t nr_levels;                 /* mlfq: 1..POLICY_LEVELS_MAX */
	uint64_t quanta[POLICY_LEVELS_MAX]; /* mlfq: of each level, from the first */
	uint32_t allotments[POLICY_LEVELS_MAX]; /* mlfq: quanta at a level, >= 1 */
	uint64_t boost;                     /* mlfq: everybody up, that often; 0: never */
	bool stay;           /* mlfq: LDE_RULE_STAY, and so on */
	bool io_bump;
	bool switch_on_end;  /* scan */
	bool io_immediate;
	const uint32_t *draws; /* lottery: numbers from the host, big-endian; kept */
	uint32_t nr_draws;
	bool is_logical;     /* times are ticks of the logical clock */
};

/* The policy of that name, set up; NULL: there is none. The config is copied. */
const struct policy_ops *policy_create(const struct policy_config *config);

/* One for each file policy_*.c; policy_create knows them all. */
const struct policy_ops *policy_fifo(const struct policy_config *config);
const struct policy_ops *policy_sjf(const struct policy_config *config);
const struct policy_ops *policy_stcf(const struct policy_config *config);
const struct policy_ops *policy_rr(const struct policy_config *config);
const struct policy_ops *policy_mlfq(const struct policy_config *config);
const struct policy_ops *policy_lottery(const struct policy_config *config);
const struct policy_ops *policy_stride(const struct policy_config *config);
const struct policy_ops *policy_scan(const struct policy_config *config);

#endif
