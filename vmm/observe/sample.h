/* SPDX-License-Identifier: MIT */
/* Repeated measurements of one thing, and what can be said of them. */
#ifndef VMM_OBSERVE_SAMPLE_H
#define VMM_OBSERVE_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#define SAMPLE_MAX 100000

/* What the built-in program meter prints (guest/user/meter.c), in ticks. */
struct sample {
	uint64_t clock_ticks; /* of reading the counter twice, in each value */
	uint64_t clock_step;  /* what all readings are multiples of, from each other */
	uint64_t batch;       /* operations in each value */
	uint64_t *values;     /* sorted; malloced */
	size_t nr;
};

/* Takes the program's output. 0, -EINVAL if it is not that, or -ENOMEM. */
int sample_parse(struct sample *sample, const char *text);
void sample_fini(struct sample *sample);

/* Puts the values of another one of the same operation to them. 0 or -ENOMEM. */
int sample_add(struct sample *sample, const struct sample *other);

/* Ticks of one operation, less those of the clock, below which percent (0..100)
 * of the values are; 0 if there are none. */
double sample_percentile(const struct sample *sample, double percent);

#endif
