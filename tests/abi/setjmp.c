/* SPDX-License-Identifier: MIT */
/* setjmp and longjmp: back out of deep calls, many times, values intact. */
#include <setjmp.h>

#include "abi.h"

static jmp_buf back, other;

static __attribute__((noinline)) int descend(int depth, int value)
{
	volatile char pad[200];

	pad[0] = 1;
	if (depth == 0) {
		if (value)
			longjmp(back, value);
		return 0;
	}
	return descend(depth - 1, value) + pad[0];
}

int main(void)
{
	volatile int round = 0;
	volatile long sum = 0;
	int value = setjmp(back);

	sum += value;
	if (round < 1000) {
		round++;
		descend(round % 200, round);
	}
	printf("%d rounds, sum %ld\n", round, sum);
	if (setjmp(other) == 0)
		longjmp(other, 0);
	else
		printf("0 becomes 1\n");
	check("sum", sum == 500500);
	return abi_end();
}
