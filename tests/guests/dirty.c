/* SPDX-License-Identifier: MIT */
/*
 * Leaves every register dirty and, so, either ends or keeps the CPU for a
 * while: dirty end|spin. The rival of clean_start.
 */
#include <sys/syscall.h>

#include "guest.h"
#include "hold.h"

int main(int argc, char **argv)
{
	static struct hold_vectors junk;
	static unsigned long words[2];
	int spins = argc > 1 && strcmp(argv[1], "spin") == 0;

	memset(&junk, 0xa5, sizeof(junk));
	junk.mxcsr = 0x7fbf;
	junk.fcw = 0x0f7f;
	guest_call(SYS_arch_prctl, 0x1001, (long)words, 0);
	if (spins) {
		for (int i = 0; i < 6; i++)
			hold_vectors(&junk, &junk, hold_level(), 20000000, 0);
		return 0;
	}
	/* The registers are loaded by a hold that does not come back. */
	if (hold_level() == HOLD_AVX512)
		__asm__ volatile(".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,31\n\t"
				 "vmovdqu64 (%0), %%zmm\\n\n\t.endr\n\tkmovq (%0), %%k1"
				 :
				 : "r"(&junk));
	else if (hold_level() == HOLD_AVX)
		__asm__ volatile(".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n\t"
				 "vmovdqu (%0), %%ymm\\n\n\t.endr"
				 :
				 : "r"(&junk));
	__asm__ volatile("fldcw %0\n\tldmxcsr %1\n\tfldpi\n\tfld1\n\tmovups %2, %%xmm1\n\t"
			 "mov $0x2b, %%eax\n\tmov %%eax, %%ds\n\tmov %%eax, %%es\n\t"
			 "mov %%eax, %%gs\n\tmov %%eax, %%fs\n\t"
			 "mov $-1, %%rbx\n\tmov %%rbx, %%rbp\n\tmov %%rbx, %%r8\n\tmov %%rbx, %%r9\n\t"
			 "mov %%rbx, %%r10\n\tmov %%rbx, %%r12\n\tmov %%rbx, %%r13\n\t"
			 "mov %%rbx, %%r14\n\tmov %%rbx, %%r15\n\tmov %%rbx, %%rdx\n\t"
			 "mov %%rbx, %%rsi\n\tmov $231, %%eax\n\txor %%edi, %%edi\n\t"
			 "std\n\tsyscall"
			 :
			 : "m"(junk.fcw), "m"(junk.mxcsr), "m"(junk.zmm[0]));
	return GUEST_BROKEN;
}
