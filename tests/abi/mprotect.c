/* SPDX-License-Identifier: MIT */
/*
 * mprotect(2) gives and takes permissions page by page and keeps the contents.
 * What is allowed is asked of system calls, which answer EFAULT; that the CPU
 * agrees is the business of tests/guests.
 */
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"

#define PAGE 4096UL
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static int is_readable(void *p)
{
	return raw(SYS_access, p, 0, 0) != -EFAULT;
}

static int is_writable(void *p)
{
	return raw(SYS_clock_gettime, CLOCK_MONOTONIC, (char *)p + 64, 0) != -EFAULT;
}

static void show(const char *what, unsigned char *p)
{
	printf("%-24s", what);
	for (size_t i = 0; i < 8; i++)
		printf(" %c%c", is_readable(p + i * PAGE) ? 'r' : '-',
		       is_writable(p + i * PAGE) ? 'w' : '-');
	printf("\n");
}

int main(void)
{
	static const unsigned char add_ret[] = { 0x8d, 0x04, 0x37, 0xc3 }; /* lea (rdi,rsi), eax */
	unsigned char *p = mmap(NULL, 8 * PAGE, PROT_NONE, ANON, -1, 0);
	int (*add)(int, int) = (int (*)(int, int))p;
	int bad = 0;

	show("none", p);
	check("all", mprotect(p, 8 * PAGE, PROT_READ | PROT_WRITE) == 0);
	show("all", p);
	for (size_t i = 0; i < 8; i++)
		memset(p + i * PAGE, (int)('a' + i), PAGE);
	check("read only", mprotect(p + 2 * PAGE, 3 * PAGE, PROT_READ) == 0);
	show("2..4 read only", p);
	check("none", mprotect(p + 3 * PAGE, PAGE, PROT_NONE) == 0);
	show("3 none", p);
	check("back", mprotect(p + 1 * PAGE, 6 * PAGE, PROT_READ | PROT_WRITE) == 0);
	show("1..6 back", p);
	for (size_t i = 0; i < 8; i++)
		bad |= p[i * PAGE] != 'a' + i || p[i * PAGE + PAGE - 1] != 'a' + i;
	check("contents are kept", !bad);
	check("length is rounded up", mprotect(p, 1, PROT_READ) == 0);
	show("0 read only", p);
	check("length 0 is nothing", mprotect(p, 0, PROT_NONE) == 0);
	check("code", mprotect(p, PAGE, PROT_READ | PROT_WRITE) == 0);
	memcpy(p, add_ret, sizeof(add_ret));
	check("made executable", mprotect(p, PAGE, PROT_READ | PROT_EXEC) == 0);
	check("runs", add(40, 2) == 42);
	show("0 executable", p);
	printf("odd address: %s\n", abi_errno_name(-raw(SYS_mprotect, p + 1, PAGE, PROT_READ)));
	printf("bad flags: %s\n", abi_errno_name(-raw(SYS_mprotect, p, PAGE, 0x1000)));
	printf("kernel half: %s\n", abi_errno_name(-raw(SYS_mprotect, 0xffff800000000000, PAGE, PROT_READ)));
	munmap(p + 5 * PAGE, PAGE);
	printf("over a hole: %s\n", abi_errno_name(-raw(SYS_mprotect, p + 4 * PAGE, 3 * PAGE, PROT_NONE)));
	printf("unmapped: %s\n", abi_errno_name(-raw(SYS_mprotect, 4096, PAGE, PROT_READ)));
	return abi_end();
}
