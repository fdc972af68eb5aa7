/* SPDX-License-Identifier: MIT */
/* The scheduling policy that the kernel is asked for (include/lde/boot.h). */
#ifndef VMM_DEV_SCHED_CONFIG_H
#define VMM_DEV_SCHED_CONFIG_H

#include <stdint.h>

#include <lde/boot.h>

struct sched_config {
	const char *name; /* LDE_SCHED_*; NULL: round robin */
	uint64_t seed;    /* lottery; 0: the kernel's own */
	/* mlfq: the quantum of each level in ns; 0: that of --quantum */
	uint64_t quanta_ns[LDE_SCHED_LEVELS_MAX];
	uint32_t nr_levels;
	uint32_t allotment; /* mlfq; 0: the kernel's own */
	uint64_t boost_ns;  /* mlfq; 0: never */
};

/* What one program is given. */
struct sched_share {
	uint32_t tickets;   /* 1..LDE_TICKETS_MAX; 0: LDE_TICKETS_DEFAULT */
	uint64_t length_ns; /* CPU time that it says it needs; 0: not said */
};

#endif
