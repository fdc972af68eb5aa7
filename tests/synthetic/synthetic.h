/* SPDX-License-Identifier: MIT */
/* Traces of runs that never were, with schedules that could have been. */
#ifndef TESTS_SYNTHETIC_SYNTHETIC_H
#define TESTS_SYNTHETIC_SYNTHETIC_H

#include <stdint.h>

struct synthetic {
	uint32_t nr_processes; /* of the command line; more come by fork */
	uint64_t nr_events;    /* about so many */
	uint32_t seed;	       /* the same seed, the same trace */
	uint32_t classes;      /* LDE_TRACE_C_*; 0: all */
};

#define SYNTHETIC_HZ	 2000000000u
#define SYNTHETIC_ORIGIN 5000000u

/* Writes the trace to the folder dir. 0 or -errno. */
int synthetic_write(const char *dir, const struct synthetic *wanted);

#endif
