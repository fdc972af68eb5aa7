/* SPDX-License-Identifier: MIT */
/* A program that faults ends with the signal that Linux gives it. */
#include <string.h>
#include <sys/mman.h>

#include "abi.h"

/* A page that can be written, with a lone ret in it. */
static void call_data(void)
{
	unsigned char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*p = 0xc3;
	((void (*)(void))(uintptr_t)p)();
}

int main(int argc, char **argv)
{
	const char *kind = argc > 1 ? argv[1] : "";
	volatile int zero = 0;

	printf("%s\n", kind);
	fflush(stdout);
	if (strcmp(kind, "null") == 0)
		*(volatile int *)(long)zero = 1;
	else if (strcmp(kind, "divide") == 0)
		zero = argc * 1000 / zero;
	else if (strcmp(kind, "illegal") == 0)
		__asm__ volatile("ud2");
	else if (strcmp(kind, "breakpoint") == 0)
		__asm__ volatile("int3");
	else if (strcmp(kind, "privileged") == 0)
		__asm__ volatile("hlt");
	else if (strcmp(kind, "text") == 0)
		*(volatile char *)main = 0;
	else if (strcmp(kind, "kernel") == 0)
		*(volatile char *)0xffff800000000000 = 0;
	else if (strcmp(kind, "crooked") == 0)
		*(volatile char *)0x0000900000000000 = 0;
	else if (strcmp(kind, "noexec") == 0)
		call_data();
	else if (strcmp(kind, "trap-flag") == 0)
		__asm__ volatile("pushf\n\torl $0x100, (%rsp)\n\tpopf\n\tnop");
	else
		return 2;
	return 0;
}
