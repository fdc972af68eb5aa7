/* SPDX-License-Identifier: MIT */
/* The stack grows on demand: recursion over 4 MiB of it, and large frames. */
#include "abi.h"

static __attribute__((noinline)) unsigned long sum_to(unsigned long n)
{
	volatile unsigned long frame[10];

	frame[n % 10] = n;
	return n ? sum_to(n - 1) + frame[n % 10] : 0;
}

static __attribute__((noinline)) int large_frame(int seed)
{
	volatile unsigned char frame[1 << 20];
	int sum = 0;

	for (size_t i = 0; i < sizeof(frame); i += 1000)
		frame[i] = (unsigned char)(seed + (int)i);
	for (size_t i = 0; i < sizeof(frame); i += 1000)
		sum += frame[i];
	return sum;
}

static int ackermann(int m, int n)
{
	if (m == 0)
		return n + 1;
	return n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

int main(void)
{
	unsigned long depth = (4UL << 20) / 112;

	printf("%lu\n", sum_to(depth));
	check("sum", sum_to(depth) == depth * (depth + 1) / 2);
	printf("%d %d\n", large_frame(1), large_frame(2));
	printf("ackermann(2, 300) = %d\n", ackermann(2, 300));
	return abi_end();
}
