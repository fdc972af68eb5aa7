/* SPDX-License-Identifier: MIT */
/* The scheduling policy that the kernel is asked for (include/lde/boot.h). */
#ifndef VMM_DEV_SCHED_CONFIG_H
#define VMM_DEV_SCHED_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lde/boot.h>

struct sched_config {
	const char *name; /* LDE_SCHED_*; NULL: round robin */
	uint64_t seed;    /* lottery; 0: the kernel's own */
	/* mlfq: the quantum of each level in ns; 0: that of --quantum */
	uint64_t quanta_ns[LDE_SCHED_LEVELS_MAX];
	uint32_t nr_levels;
	/* mlfq: quanta at each level, LDE_SCHED_ENDLESS: no end; 0 levels: the kernel's own */
	uint32_t allotments[LDE_SCHED_LEVELS_MAX];
	uint32_t nr_allotments; /* 0, 1: for all levels, or nr_levels */
	uint64_t boost_ns;      /* mlfq; 0: never */
	const char *rules[5];   /* LDE_RULE_*, NULL-terminated */
	const uint32_t *draws;  /* lottery: what it is to draw; borrowed */
	size_t nr_draws;
};

/* The clock by which processes are scheduled. */
struct clock_config {
	bool is_logical;
	uint64_t tick_ns; /* 0: LDE_TICK_NS_DEFAULT */
	bool has_slow;    /* a /dev/slow, a read of which takes... */
	uint64_t slow_ns; /* ...so long */
};

/* What one program is given. */
struct sched_share {
	uint32_t tickets;   /* 1..LDE_TICKETS_MAX; 0: LDE_TICKETS_DEFAULT */
	uint64_t length_ns; /* CPU time that it says it needs; 0: not said */
	uint64_t arrival_ns; /* it comes so long after the start */
};

#endif
