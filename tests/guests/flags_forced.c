/* SPDX-License-Identifier: MIT */
/*
 * popf and iret in ring 3 do not change IOPL and IF, whatever is asked; NT can
 * be set and harms nobody, over system calls and interrupts.
 */
#include "guest.h"

#define IF   0x200UL
#define IOPL 0x3000UL
#define NT   0x4000UL

static unsigned long popf(unsigned long flags)
{
	__asm__ volatile("push %0\n\tpopf\n\tpushf\n\tpop %0" : "+r"(flags) : : "cc", "memory");
	return flags;
}

static unsigned long iret(unsigned long flags)
{
	__asm__ volatile("mov %%rsp, %%rax\n\tpushq $0x2b\n\tpush %%rax\n\tpush %0\n\tpushq $0x33\n\t"
			 "lea 1f(%%rip), %%rax\n\tpush %%rax\n\tiretq\n1:\n\tpushf\n\tpop %0"
			 : "+r"(flags)
			 :
			 : "rax", "cc", "memory");
	return flags;
}

int main(void)
{
	unsigned long flags = popf(0);

	EXPECT(3, (flags & (IF | IOPL | NT)) == IF);
	EXPECT(4, (popf(flags | IOPL) & (IF | IOPL)) == IF);
	EXPECT(5, (popf(flags & ~IF) & (IF | IOPL)) == IF);
	EXPECT(6, (iret(flags | IOPL) & (IF | IOPL)) == IF);
	EXPECT(7, (iret(flags & ~IF) & (IF | IOPL)) == IF);
	popf(flags | NT);
	EXPECT(8, getpid() > 0);
	guest_spin(50000000); /* some quanta */
	guest_sleep_ms(1);
	EXPECT(9, (popf(flags) & (IF | IOPL | NT)) == IF);
	/* What a system call is given in r11 is only what the CPU puts there. */
	__asm__ volatile("mov $39, %%eax\n\tmov $0x7202, %%r11d\n\tmov $-1, %%rcx\n\tsyscall\n\t"
			 "pushf\n\tpop %0"
			 : "=r"(flags)
			 :
			 : "rax", "rcx", "r11", "memory");
	EXPECT(10, (flags & (IF | IOPL | NT)) == IF);
	puts("flags are the kernel's");
	return 0;
}
