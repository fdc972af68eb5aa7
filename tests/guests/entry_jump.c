/* SPDX-License-Identifier: MIT */
/*
 * Jumps to the kernel's system-call entry instead of calling it, with a return
 * address and flags of its own choice: entry_jump ADDRESS RCX R11. It is ended,
 * or served as a system call; it never gets more rights.
 */
#include "guest.h"

static unsigned long after_flags;

int main(int argc, char **argv)
{
	unsigned long entry = guest_number(argc, argv, 1, 0);
	unsigned long rcx = guest_number(argc, argv, 2, 0);
	unsigned long r11 = guest_number(argc, argv, 3, 0);
	long ret = -1;

	EXPECT(2, argc > 3);
	__asm__ volatile("lea 1f(%%rip), %%rdx\n\ttest %%rcx, %%rcx\n\tcmove %%rdx, %%rcx\n\t"
			 "mov %4, %%r11\n\tmov $39, %%eax\n\tjmp *%3\n1:\n\t"
			 "pushf\n\tpop %0\n\tcld"
			 : "=m"(after_flags), "=a"(ret), "+c"(rcx)
			 : "r"(entry), "r"(r11)
			 : "rdx", "r11", "memory");
	EXPECT(3, (after_flags & 0x3200) == 0x200);
	EXPECT(4, ret == getpid());
	puts("served as a system call");
	return 0;
}
