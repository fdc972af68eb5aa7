/* SPDX-License-Identifier: MIT */
/* Jumps to where no code is: data, the stack, null, the kernel, nowhere. */
#include <sys/mman.h>

#include "guest.h"

/* Were it code: mov $60, %eax; mov $1, %edi; syscall. */
#define EXIT_1 0xb8, 0x3c, 0, 0, 0, 0xbf, 1, 0, 0, 0, 0x0f, 0x05

static unsigned char data[] = { EXIT_1 };
static const unsigned char rodata[] = { EXIT_1 };
static unsigned char bss[16];

static __attribute__((noinline)) void return_to(unsigned long addr)
{
	__asm__ volatile("push %0\n\tret" : : "r"(addr) : "memory");
}

int main(int argc, char **argv)
{
	const char *where = argc > 1 ? argv[1] : "";
	unsigned char stack[] = { EXIT_1 };
	void *to = NULL;

	if (strcmp(where, "data") == 0) {
		to = data;
	} else if (strcmp(where, "rodata") == 0) {
		to = (void *)rodata;
	} else if (strcmp(where, "bss") == 0) {
		to = memcpy(bss, data, sizeof(data));
	} else if (strcmp(where, "stack") == 0) {
		to = stack;
	} else if (strcmp(where, "heap") == 0) {
		to = memcpy(malloc(16), data, sizeof(data));
	} else if (strcmp(where, "brk") == 0) {
		to = memcpy(guest_brk(4096), data, sizeof(data));
	} else if (strcmp(where, "mapping") == 0) {
		to = memcpy(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				 -1, 0), data, sizeof(data));
	} else if (strcmp(where, "no-longer-code") == 0) {
		to = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		*(unsigned char *)to = 0xc3;
		mprotect(to, 4096, PROT_READ | PROT_EXEC);
		((void (*)(void))to)();
		mprotect(to, 4096, PROT_READ | PROT_WRITE);
		memcpy(to, data, sizeof(data));
	} else if (strcmp(where, "address") == 0) {
		to = (void *)guest_number(argc, argv, 2, 0);
	} else if (strcmp(where, "return") == 0) {
		return_to(guest_number(argc, argv, 2, 0));
	} else {
		return GUEST_BROKEN;
	}
	__asm__ volatile("jmp *%0" : : "r"(to), "m"(stack) : "memory");
	return GUEST_SURVIVED;
}
