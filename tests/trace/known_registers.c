/* SPDX-License-Identifier: MIT */
/* A system call and a page fault with known values in all registers; prints where
 * they were made and what the stack pointer was. */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

#define MANY_REGISTERS                                                                             \
	"mov $0xa1a1a1a1a1, %%rbx\n\t"                                                            \
	"mov $0xa2a2a2a2a2, %%rdx\n\t"                                                            \
	"mov $0xa3a3a3a3a3, %%rsi\n\t"                                                            \
	"mov $0xa4a4a4a4a4, %%rdi\n\t"                                                            \
	"mov $0xa5a5a5a5a5, %%r8\n\t"                                                             \
	"mov $0xa6a6a6a6a6, %%r9\n\t"                                                             \
	"mov $0xa7a7a7a7a7, %%r10\n\t"                                                            \
	"mov $0xa8a8a8a8a8, %%r12\n\t"                                                            \
	"mov $0xa9a9a9a9a9, %%r13\n\t"                                                            \
	"mov $0xaaaaaaaaaa, %%r14\n\t"                                                            \
	"mov $0xababababab, %%r15\n\t"
#define CLOBBERED                                                                                  \
	"rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",   \
		"memory"

extern const char syscall_here[], fault_here[];

int main(void)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t result, sp;

	if (page == MAP_FAILED)
		return 1;
	__asm__ volatile(MANY_REGISTERS "mov $110, %%eax\n" /* getppid */
					".globl syscall_here\n"
					"syscall_here: syscall\n\t"
			 : "=a"(result)
			 :
			 : CLOBBERED);
	__asm__ volatile(".globl fault_here\n"
			 "fault_here: movb $7, (%1)\n\t"
			 "mov %%rsp, %0"
			 : "=r"(sp)
			 : "r"(page)
			 : "memory");
	printf("call 0x%lx\nfault 0x%lx\nresult %ld\nrsp 0x%lx\ntouched 0x%lx\n",
	       (unsigned long)syscall_here, (unsigned long)fault_here, (long)result,
	       (unsigned long)sp, (unsigned long)page);
	return 0;
}
