/* SPDX-License-Identifier: MIT */
/*
 * The random numbers of CPython: MT19937, the Mersenne Twister of Matsumoto and
 * Nishimura, as random.seed(N) starts it and random.random() reads it.
 */
#ifndef VMM_OSTEP_RANDOM_H
#define VMM_OSTEP_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#define MERSENNE_WORDS 624

struct mersenne {
	uint32_t words[MERSENNE_WORDS];
	size_t next; /* the word that is taken next; MERSENNE_WORDS: none is left */
};

/* As random.seed(seed), which takes no notice of the sign. */
void mersenne_seed(struct mersenne *mersenne, int64_t seed);

/* As random.random(): from 0 to below 1, 53 bits. */
double mersenne_fraction(struct mersenne *mersenne);

#endif
