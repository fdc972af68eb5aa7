/* SPDX-License-Identifier: MIT */
/* Unprivileged instructions that look dangerous work in ring 3. */
#include <cpuid.h>

#include "guest.h"

int main(void)
{
	unsigned int a, b, c, d, low, high;
	uint64_t word = 1, before, after = 0;
	unsigned short selector;

	__cpuid(0, a, b, c, d);
	EXPECT(3, a >= 1);
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	before = (uint64_t)high << 32 | low;
	__asm__ volatile("mfence\n\tlfence\n\tpause\n\tsfence");
	__asm__ volatile("lock xaddq %0, %1" : "+r"(word), "+m"(after) : : "memory");
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	after = (uint64_t)high << 32 | low;
	EXPECT(4, after > before);
	__asm__ volatile("mov %%cs, %0" : "=r"(selector));
	EXPECT(5, selector == 0x33);
	__asm__ volatile("clflush %0" : "+m"(word));
	__asm__ volatile("prefetcht0 %0" : : "m"(word));
	__asm__ volatile("fninit\n\temms");
	__asm__ volatile("nopw 0(%%rax,%%rax,1)" : : : "memory");
	__asm__ volatile("lar %1, %0" : "=r"(a) : "r"(0x10) : "cc");
	__asm__ volatile("verr %%ax" : : "a"(0x10) : "cc");
	puts("allowed");
	return 0;
}
