/* SPDX-License-Identifier: MIT */
/*
 * What can go wrong with a stack: it grows over its end, jumps over the guard,
 * or rsp points nowhere while the kernel is called or interrupts.
 */
#include "guest.h"

#pragma GCC diagnostic ignored "-Winfinite-recursion"

static __attribute__((noinline)) unsigned long recurse(volatile char *outer)
{
	volatile char frame[512];

	frame[0] = outer[0];
	return recurse(frame) + (unsigned long)frame[1];
}

/* Calls and spins on a stack pointer that is not one, then comes back. */
static long wander(unsigned long rsp)
{
	long ret;

	__asm__ volatile("mov %%rsp, %%rbx\n\tmov %1, %%rsp\n\t"
			 "mov $39, %%eax\n\tsyscall\n\t"
			 /* 2^26 ticks, some quanta: a software KVM may be slow here */
			 "rdtsc\n\tmov %%eax, %%esi\n1:\trdtsc\n\tsub %%esi, %%eax\n\t"
			 "cmp $0x4000000, %%eax\n\tjb 1b\n\t"
			 "mov $24, %%eax\n\tsyscall\n\t"
			 "mov $39, %%eax\n\tsyscall\n\t"
			 "mov %%rbx, %%rsp"
			 : "=&a"(ret)
			 : "r"(rsp)
			 : "rbx", "rcx", "rdx", "rsi", "r11", "memory");
	return ret;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	unsigned long number = guest_number(argc, argv, 2, 0);
	volatile char here = 0;

	if (strcmp(what, "overflow") == 0)
		return recurse(&here) ? GUEST_SURVIVED : GUEST_SURVIVED + 2;
	if (strcmp(what, "below") == 0) {
		(&here)[-(long)number] = 1;
		return GUEST_SURVIVED;
	}
	if (strcmp(what, "push") == 0) {
		__asm__ volatile("mov %0, %%rsp\n\tpush %%rax" : : "r"(number));
		return GUEST_SURVIVED;
	}
	if (strcmp(what, "wander") == 0) {
		EXPECT(3, wander(number) == getpid());
		puts("came back");
		return 0;
	}
	return GUEST_BROKEN;
}
