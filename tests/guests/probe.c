/* SPDX-License-Identifier: MIT */
/*
 * Touches one address directly: probe read|write|stack-read|exec|jump
 * ADDRESS. An address of the kernel, or of nobody, must end the process; exits
 * with 1 if not.
 */
#include "guest.h"

int main(int argc, char **argv)
{
	volatile unsigned char *p = (volatile unsigned char *)guest_number(argc, argv, 2, 0);
	const char *how = argc > 2 ? argv[1] : "";

	/* By rax: an address in rsp or rbp would be of the stack segment. */
	if (strcmp(how, "read") == 0) {
		unsigned char byte;

		__asm__ volatile("movb (%1), %0" : "=r"(byte) : "a"(p) : "memory");
		fprintf(stderr, "read 0x%02x\n", byte);
	} else if (strcmp(how, "write") == 0) {
		__asm__ volatile("movb $0xcc, (%0)" : : "a"(p) : "memory");
	} else if (strcmp(how, "stack-read") == 0) {
		__asm__ volatile("mov %%rbp, %%rbx\n\tmov %0, %%rbp\n\tmovb (%%rbp), %%al\n\t"
				 "mov %%rbx, %%rbp"
				 :
				 : "r"(p)
				 : "rax", "rbx", "memory");
	} else if (strcmp(how, "exec") == 0) {
		((void (*)(void))(uintptr_t)p)();
	} else if (strcmp(how, "jump") == 0) {
		/* With the registers that a system call leaves behind. */
		__asm__ volatile("mov $39, %%eax\n\tlea 1f(%%rip), %%rcx\n\t"
				 "mov $0x3202, %%r11d\n\tjmp *%0\n1:"
				 :
				 : "r"(p)
				 : "rax", "rcx", "r11", "memory");
	} else {
		return GUEST_BROKEN;
	}
	return GUEST_SURVIVED;
}
