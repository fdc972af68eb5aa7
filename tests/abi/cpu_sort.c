/* SPDX-License-Identifier: MIT */
/* CPU-bound: quick sort of our own, the libc's qsort, and bsearch agree. */
#include <stdlib.h>

#include "abi.h"

#define N 100000

static uint32_t mine[N], libc[N];

static void quick_sort(uint32_t *v, long low, long high)
{
	while (low < high) {
		uint32_t pivot = v[low + (high - low) / 2];
		long i = low - 1, j = high + 1;

		for (;;) {
			uint32_t swap;

			do
				i++;
			while (v[i] < pivot);
			do
				j--;
			while (v[j] > pivot);
			if (i >= j)
				break;
			swap = v[i];
			v[i] = v[j];
			v[j] = swap;
		}
		quick_sort(v, low, j);
		low = j + 1;
	}
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

int main(void)
{
	uint64_t state = 7;
	int found = 0;

	for (int i = 0; i < N; i++)
		mine[i] = libc[i] = (uint32_t)(abi_random(&state) >> 20);
	quick_sort(mine, 0, N - 1);
	qsort(libc, N, sizeof(libc[0]), compare);
	check("the same order", memcmp(mine, libc, sizeof(mine)) == 0);
	for (int i = 0; i < N; i += 100)
		found += bsearch(&mine[i], libc, N, sizeof(libc[0]), compare) != NULL;
	check("all found", found == N / 100);
	printf("%u %u %u\n", mine[0], mine[N / 2], mine[N - 1]);
	printf("%016llx\n", (unsigned long long)abi_hash(mine, sizeof(mine), 0));
	return abi_end();
}
