/* SPDX-License-Identifier: MIT */
/*
 * mremap(2): grows in place or by moving, shrinks, moves to a fixed place, and
 * always carries the contents; grown pages are zero.
 */
#include <sys/mman.h>
#include <sys/syscall.h>

#include "abi.h"

#define PAGE 4096UL
#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static void fill(unsigned char *p, size_t pages)
{
	for (size_t i = 0; i < pages * PAGE; i++)
		p[i] = (unsigned char)(i * 31 + i / PAGE);
}

static int is_filled(const unsigned char *p, size_t pages)
{
	for (size_t i = 0; i < pages * PAGE; i++)
		if (p[i] != (unsigned char)(i * 31 + i / PAGE))
			return 0;
	return 1;
}

static int is_zero(const unsigned char *p, size_t pages)
{
	for (size_t i = 0; i < pages * PAGE; i++)
		if (p[i])
			return 0;
	return 1;
}

static int is_gone(const void *p)
{
	return raw(SYS_access, p, 0, 0) == -EFAULT;
}

int main(void)
{
	/* An area of our own, so that what lies around a mapping is known. */
	unsigned char *area = mmap(NULL, 64 * PAGE, PROT_NONE, ANON, -1, 0);
	unsigned char *p, *q;

	p = mmap(area, 4 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
	check("start", p == area);
	munmap(area + 4 * PAGE, 60 * PAGE);
	fill(p, 4);
	check("grows in place", mremap(p, 4 * PAGE, 8 * PAGE, 0) == p);
	check("kept", is_filled(p, 4) && is_zero(p + 4 * PAGE, 4));
	fill(p, 8);
	check("shrinks in place", mremap(p, 8 * PAGE, 5 * PAGE, 0) == p);
	check("kept what is left", is_filled(p, 5) && is_gone(p + 5 * PAGE));
	check("a neighbour", mmap(p + 5 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0) == p + 5 * PAGE);
	check("cannot grow in place", mremap(p, 5 * PAGE, 9 * PAGE, 0) == MAP_FAILED && errno == ENOMEM);
	q = mremap(p, 5 * PAGE, 9 * PAGE, MREMAP_MAYMOVE);
	check("moves", q != MAP_FAILED && q != p);
	check("carried", is_filled(q, 5) && is_zero(q + 5 * PAGE, 4));
	check("the old place is gone", is_gone(p) && is_gone(p + 4 * PAGE) && !is_gone(p + 5 * PAGE));
	fill(q, 9);
	p = mremap(q, 9 * PAGE, 9 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, area + 20 * PAGE);
	check("moves to a fixed place", p == area + 20 * PAGE && is_filled(p, 9) && is_gone(q));
	q = mremap(p, 9 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, area + 40 * PAGE);
	check("moves and shrinks", q == area + 40 * PAGE && is_filled(q, 3) && is_gone(p) &&
					   is_gone(p + 8 * PAGE) && is_gone(q + 3 * PAGE));
	p = mmap(area + 20 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0);
	p[0] = 1;
	p = mremap(q, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, area + 20 * PAGE);
	check("replaces what was there", p == area + 20 * PAGE && is_filled(p, 3) &&
						 is_zero(p + 3 * PAGE, 1));
	p = mmap(NULL, 1UL << 20, RW, ANON, -1, 0);
	fill(p, 256);
	for (size_t pages = 256; pages < 4096; pages *= 2)
		p = mremap(p, pages * PAGE, 2 * pages * PAGE, MREMAP_MAYMOVE);
	check("doubles up to 16 MiB", is_filled(p, 256) && p[(16UL << 20) - 1] == 0);
	printf("odd address: %s\n", abi_errno_name(-raw6(SYS_mremap, (long)p + 1, 4096, 8192, 1, 0, 0)));
	printf("new length 0: %s\n", abi_errno_name(-raw6(SYS_mremap, (long)p, 4096, 0, 1, 0, 0)));
	printf("unmapped: %s\n", abi_errno_name(-raw6(SYS_mremap, 4096, 4096, 8192, 1, 0, 0)));
	printf("bad flags: %s\n", abi_errno_name(-raw6(SYS_mremap, (long)p, 4096, 8192, 64, 0, 0)));
	printf("fixed without may move: %s\n",
	       abi_errno_name(-raw6(SYS_mremap, (long)p, 4096, 8192, 2, (long)area, 0)));
	return abi_end();
}
