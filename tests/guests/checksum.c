/* SPDX-License-Identifier: MIT */
/*
 * Computes the checksum of a sequence that its pid determines, in two ways,
 * yields in between, and prints whether they agree. One of very many.
 */
#include <sched.h>
#include <sys/syscall.h>

int main(void);

static unsigned long call1(long nr, long a)
{
	unsigned long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "0"(nr), "D"(a) : "rcx", "r11", "memory");
	return ret;
}

int main(void)
{
	unsigned long x = call1(SYS_getpid, 0) | 1, sum = 0, back = 0, start = x;

	for (int i = 0; i < 20000; i++) {
		x = x * 6364136223846793005 + 1442695040888963407;
		sum += x >> 33;
		if (i % 10000 == 0)
			call1(SYS_sched_yield, 0);
	}
	/* Backwards through the same sequence: the multiplier's inverse. */
	for (int i = 0; i < 20000; i++) {
		back += x >> 33;
		x = (x - 1442695040888963407) * 13877824140714322085u;
	}
	return x == start && back == sum ? 0 : 3;
}
