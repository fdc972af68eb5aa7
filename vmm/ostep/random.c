/* SPDX-License-Identifier: MIT */
#include "vmm/ostep/random.h"

#define N MERSENNE_WORDS
#define M 397 /* the distance of the words that are mixed */

#define TWIST      0x9908b0dfu
#define UPPER_BIT  0x80000000u
#define LOWER_BITS 0x7fffffffu

/* How a single number becomes a state, and what mixes a key into that. */
#define INIT_FACTOR 1812433253u
#define INIT_SEED   19650218u
#define KEY_FACTOR  1664525u
#define LAST_FACTOR 1566083941u

static uint32_t mix(uint32_t word)
{
	return word ^ word >> 30;
}

static void init_by_number(struct mersenne *mersenne, uint32_t seed)
{
	mersenne->words[0] = seed;
	for (uint32_t i = 1; i < N; i++)
		mersenne->words[i] = INIT_FACTOR * mix(mersenne->words[i - 1]) + i;
}

/* The place after i; the first word has no predecessor and takes the last one's value. */
static uint32_t step(struct mersenne *mersenne, uint32_t i)
{
	if (i + 1 < N)
		return i + 1;
	mersenne->words[0] = mersenne->words[N - 1];
	return 1;
}

static void init_by_array(struct mersenne *mersenne, const uint32_t *key, uint32_t nr)
{
	uint32_t *words = mersenne->words, i = 1;

	init_by_number(mersenne, INIT_SEED);
	for (uint32_t k = 0; k < (nr > N ? nr : N); k++) {
		words[i] = (words[i] ^ mix(words[i - 1]) * KEY_FACTOR) + key[k % nr] + k % nr;
		i = step(mersenne, i);
	}
	for (uint32_t k = 1; k < N; k++) {
		words[i] = (words[i] ^ mix(words[i - 1]) * LAST_FACTOR) - i;
		i = step(mersenne, i);
	}
	words[0] = UPPER_BIT;
}

void mersenne_seed(struct mersenne *mersenne, int64_t seed)
{
	uint64_t size = seed < 0 ? -(uint64_t)seed : (uint64_t)seed;
	uint32_t key[] = {(uint32_t)size, (uint32_t)(size >> 32)};

	*mersenne = (struct mersenne){.next = N};
	init_by_array(mersenne, key, key[1] ? 2 : 1);
}

static void refill(struct mersenne *mersenne)
{
	uint32_t *words = mersenne->words;

	for (uint32_t i = 0; i < N; i++) {
		uint32_t joined = (words[i] & UPPER_BIT) | (words[(i + 1) % N] & LOWER_BITS);

		words[i] = words[(i + M) % N] ^ joined >> 1 ^ (joined & 1 ? TWIST : 0);
	}
	mersenne->next = 0;
}

static uint32_t next_word(struct mersenne *mersenne)
{
	uint32_t word;

	if (mersenne->next == N)
		refill(mersenne);
	word = mersenne->words[mersenne->next++];
	word ^= word >> 11;
	word ^= word << 7 & 0x9d2c5680u;
	word ^= word << 15 & 0xefc60000u;
	return word ^ word >> 18;
}

double mersenne_fraction(struct mersenne *mersenne)
{
	uint32_t high = next_word(mersenne) >> 5; /* 27 bits */
	uint32_t low = next_word(mersenne) >> 6;  /* 26 bits */

	return (high * 67108864.0 + low) / 9007199254740992.0;
}
