/* SPDX-License-Identifier: MIT */
/* Holds 4 MiB and verifies them again and again for as long as it is told. */
#include <sched.h>

#include "guest.h"

static uint64_t words[512 << 10];

int main(int argc, char **argv)
{
	int64_t end = guest_now_ms() + (int64_t)guest_number(argc, argv, 1, 200);
	uint64_t seed = (uint64_t)getpid() << 32;

	for (size_t i = 0; i < sizeof(words) / 8; i += 16)
		words[i] = seed + i;
	while (guest_now_ms() < end) {
		for (size_t i = 0; i < sizeof(words) / 8; i += 16)
			EXPECT(3, words[i] == seed + i && words[i + 1] == 0);
		sched_yield();
	}
	puts("memory intact");
	return 0;
}
