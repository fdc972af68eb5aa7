/* SPDX-License-Identifier: MIT */
/*
 * The bystander of every attack: computes in x87 and integers, sleeps, yields
 * and verifies its memory, and says at the end that nothing happened to it.
 */
#include <sched.h>

#include "guest.h"

static uint64_t pattern[8192];

int main(void)
{
	volatile long double third = 1;
	uint64_t state = 1;

	for (size_t i = 0; i < 8192; i++)
		pattern[i] = guest_random(&state);
	third /= 3;
	for (int round = 0; round < 4; round++) {
		guest_sleep_ms(1);
		sched_yield();
		guest_spin(100000);
		EXPECT(3, third * 3 == 1);
	}
	state = 1;
	for (size_t i = 0; i < 8192; i++)
		EXPECT(4, pattern[i] == guest_random(&state));
	puts("witness alive");
	return 0;
}
