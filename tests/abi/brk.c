/* SPDX-License-Identifier: MIT */
/*
 * brk(2) grows and shrinks the heap: new pages are zero, kept bytes are kept,
 * bytes given back and taken again are zero, and nonsense leaves it as it was.
 */
#include <sys/syscall.h>

#include "abi.h"

static int is_zero(const unsigned char *p, size_t len)
{
	while (len--)
		if (*p++)
			return 0;
	return 1;
}

int main(void)
{
	unsigned long start, end;
	unsigned char *p;

	/* stdout's buffer is allocated first, so that no libc moves the break below. */
	printf("brk\n");
	start = (unsigned long)raw(SYS_brk, 0, 0, 0);
	check("there is a break", start != 0);
	end = (start + 0x3fff) & ~0xfffUL;
	check("grows", (unsigned long)raw(SYS_brk, end, 0, 0) == end);
	p = (unsigned char *)((start + 0xfff) & ~0xfffUL);
	check("new pages are zero", is_zero(p, end - (unsigned long)p));
	memset(p, 0xa5, end - (unsigned long)p);
	check("grows by one byte", (unsigned long)raw(SYS_brk, end + 1, 0, 0) == end + 1);
	check("the byte is zero", *(unsigned char *)end == 0);
	*(unsigned char *)end = 1;
	check("kept what was there", p[0] == 0xa5 && ((unsigned char *)end)[-1] == 0xa5);
	check("grows by 8 MiB", (unsigned long)raw(SYS_brk, end + (8 << 20), 0, 0) == end + (8 << 20));
	check("sparse pages are zero", is_zero((unsigned char *)end + (5 << 20), 100));
	memset((unsigned char *)end + (7 << 20), 7, 5000);
	check("shrinks", (unsigned long)raw(SYS_brk, (long)p + 4096, 0, 0) == (unsigned long)p + 4096);
	check("still has the first page", p[0] == 0xa5 && p[4095] == 0xa5);
	check("the rest is gone", raw(SYS_write, 1, p + 4096, 1) == -EFAULT);
	check("grows again", (unsigned long)raw(SYS_brk, end + (8 << 20), 0, 0) == end + (8 << 20));
	check("is zero again", is_zero(p + 4096, end - (unsigned long)p - 4096));
	check("far page is zero again", is_zero((unsigned char *)end + (7 << 20), 5000));
	check("below the start: no change",
	      (unsigned long)raw(SYS_brk, 1, 0, 0) == end + (8 << 20));
	check("absurd: no change", (unsigned long)raw(SYS_brk, 0x7ffffffff000, 0, 0) == end + (8 << 20));
	check("kernel half: no change",
	      (unsigned long)raw(SYS_brk, 0xffff800000000000, 0, 0) == end + (8 << 20));
	check("back to the start", (unsigned long)raw(SYS_brk, start, 0, 0) == start);
	return abi_end();
}
