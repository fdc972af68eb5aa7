/* SPDX-License-Identifier: MIT */
/*
 * The system-call instruction where a return is delicate: as the last bytes of
 * an executable page, with the next one mapped or not, or at the top of user
 * space. syscall_edge mapped|unmapped|top|beyond
 */
#include <sys/mman.h>

#include "guest.h"

static long call_at(unsigned char *insn)
{
	long ret;

	__asm__ volatile("call *%1" : "=a"(ret) : "r"(insn), "0"(39) : "rcx", "r11", "memory");
	return ret;
}

/* Two pages, the second of them a lone ret if it is wanted. */
static unsigned char *make(unsigned long at, int pages)
{
	unsigned char *p = mmap((void *)at, (size_t)pages * 4096, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	p[4094] = 0x0f;
	p[4095] = 0x05;
	if (pages > 1)
		p[4096] = 0xc3;
	EXPECT(2, mprotect(p, (size_t)pages * 4096, PROT_READ | PROT_EXEC) == 0);
	return p + 4094;
}

/* Called from assembly, on a stack of its own. */
__attribute__((used)) int try_at(int argc, char **argv)
{
	static char where[16];
	unsigned char *insn = NULL;

	/* The arguments are on the stack that may be gone. */
	snprintf(where, sizeof(where), "%s", argc > 1 ? argv[1] : "");

	if (strcmp(where, "mapped") == 0) {
		EXPECT(3, call_at(make(0, 2)) == getpid());
		puts("returned");
		return 0;
	}
	if (strcmp(where, "unmapped") == 0) {
		insn = make(0, 2);
		munmap(insn + 2, 4096);
	} else if (strcmp(where, "top") == 0) {
		insn = make(0x7fffffffe000, 1);
	} else if (strcmp(where, "beyond") == 0) {
		/* The return address would be the first that is not canonical. */
		insn = make(0x7ffffffff000, 1);
	}
	if (!insn)
		return GUEST_SKIP;
	call_at(insn);
	return GUEST_SURVIVED;
}

/* The stack is usually at the top of user space: where the page is to be. */
int main(int argc, char **argv)
{
	static char stack[64 << 10] __attribute__((aligned(16)));
	int ret;

	__asm__ volatile("mov %%rsp, %%rbx\n\tmov %3, %%rsp\n\tcall try_at\n\tmov %%rbx, %%rsp"
			 : "=a"(ret), "+D"(argc), "+S"(argv)
			 : "r"(stack + sizeof(stack))
			 : "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
	return ret;
}
