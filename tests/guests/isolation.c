/* SPDX-License-Identifier: MIT */
/*
 * Processes have the same addresses and not the same memory: each writes its
 * own pattern to a fixed mapping, data, heap and stack, and finds nothing else
 * there over yields and preemption. isolation MS SEED
 */
#include <sched.h>
#include <sys/mman.h>

#include "guest.h"

#define WORDS 8192

static uint64_t data[WORDS] = { 1 };

static void fill(uint64_t *p, uint64_t seed)
{
	for (size_t i = 0; i < WORDS; i += 8)
		p[i] = seed + i;
}

static int is_filled(const uint64_t *p, uint64_t seed)
{
	for (size_t i = 0; i < WORDS; i += 8)
		if (p[i] != seed + i)
			return 0;
	return 1;
}

int main(int argc, char **argv)
{
	int64_t end = guest_now_ms() + (int64_t)guest_number(argc, argv, 1, 100);
	uint64_t seed = guest_number(argc, argv, 2, 1) << 32;
	uint64_t *heap = malloc(WORDS * 8);
	uint64_t stack[WORDS];
	uint64_t *fixed = mmap((void *)0x123450000000, WORDS * 8, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	EXPECT(2, heap && fixed == (void *)0x123450000000);
	while (guest_now_ms() < end) {
		fill(data, seed);
		fill(heap, seed + 1);
		fill(stack, seed + 2);
		fill(fixed, seed + 3);
		sched_yield();
		guest_spin(100000);
		EXPECT(3, is_filled(data, seed));
		EXPECT(4, is_filled(heap, seed + 1));
		EXPECT(5, is_filled(stack, seed + 2));
		EXPECT(6, is_filled(fixed, seed + 3));
		seed += 0x10000;
	}
	puts("memory kept");
	return 0;
}
