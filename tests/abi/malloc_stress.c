/* SPDX-License-Identifier: MIT */
/*
 * The heap keeps what is put into it: random allocations of 1 byte to 600 KiB,
 * resized and freed in random order, each with a pattern that is verified.
 */
#include <stdlib.h>

#include "abi.h"

#define NR_BLOCKS 256
#define NR_ROUNDS 8000

static struct block {
	unsigned char *p;
	size_t len;
	unsigned char seed;
} blocks[NR_BLOCKS];

static void fill(struct block *b)
{
	for (size_t i = 0; i < b->len; i += 1 + i / 32)
		b->p[i] = (unsigned char)(b->seed + i);
}

static int is_intact(const struct block *b, size_t len)
{
	for (size_t i = 0; i < len; i += 1 + i / 32)
		if (b->p[i] != (unsigned char)(b->seed + i))
			return 0;
	return 1;
}

static size_t random_size(uint64_t *state)
{
	uint64_t r = abi_random(state);

	return 1 + (size_t)(r >> 32) % (r % 64 == 0 ? 600000 : r % 4 == 0 ? 20000 : 300);
}

int main(void)
{
	size_t nr_alloc = 0, nr_resize = 0, nr_free = 0, live = 0, peak = 0;
	uint64_t state = 88172645463325252;
	int bad = 0;

	for (int i = 0; i < NR_ROUNDS; i++) {
		struct block *b = &blocks[abi_random(&state) % NR_BLOCKS];
		size_t len = random_size(&state);

		if (!b->p) {
			b->p = malloc(len);
			nr_alloc++;
		} else if (abi_random(&state) % 2) {
			bad += !is_intact(b, b->len);
			free(b->p);
			live -= b->len;
			*b = (struct block){ 0 };
			nr_free++;
			continue;
		} else {
			unsigned char *p = realloc(b->p, len);

			live -= b->len;
			b->p = p;
			bad += !is_intact(b, len < b->len ? len : b->len);
			nr_resize++;
		}
		if (!b->p)
			return 2;
		b->len = len;
		b->seed = (unsigned char)i;
		fill(b);
		live += len;
		if (live > peak)
			peak = live;
	}
	for (int i = 0; i < NR_BLOCKS; i++) {
		if (blocks[i].p)
			bad += !is_intact(&blocks[i], blocks[i].len);
		free(blocks[i].p);
	}
	printf("%zu allocated, %zu resized, %zu freed, peak %zu bytes\n", nr_alloc, nr_resize,
	       nr_free, peak);
	check("every block kept its bytes", bad == 0);
	unsigned char *zeroed = calloc(1000, 1000);
	int dirty = 0;

	for (int i = 0; zeroed && i < 1000000; i++)
		dirty |= zeroed[i];
	check("calloc is zero", zeroed && !dirty);
	free(zeroed);
	check("malloc of half the address space fails",
	      malloc((size_t)1 << 62) == NULL && errno == ENOMEM);
	return abi_end();
}
