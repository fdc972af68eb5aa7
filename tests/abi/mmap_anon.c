/* SPDX-License-Identifier: MIT */
/*
 * Anonymous mappings: zero at first, where asked for when fixed, near a hint
 * that is free, split by holes, gone after munmap, never over one another.
 */
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "abi.h"

#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW   (PROT_READ | PROT_WRITE)
#define PAGE 4096UL

static int is_mapped(const void *p)
{
	/* A system call reads the byte: EFAULT and not a signal if it is gone. */
	return raw(SYS_access, p, 0, 0) != -EFAULT;
}

static int is_zero(const unsigned char *p, size_t len)
{
	while (len--)
		if (*p++)
			return 0;
	return 1;
}

static void check_holes(void)
{
	unsigned char *p = mmap(NULL, 16 * PAGE, RW, ANON, -1, 0);
	unsigned char *q;

	for (int i = 0; i < 16; i++)
		memset(p + (size_t)i * PAGE, 'A' + i, PAGE);
	check("hole in the middle", munmap(p + 4 * PAGE, 3 * PAGE) == 0);
	check("hole at the start", munmap(p, PAGE) == 0);
	check("hole at the end", munmap(p + 15 * PAGE, PAGE) == 0);
	for (int i = 0; i < 16; i++)
		putchar(is_mapped(p + (size_t)i * PAGE) ? p[(size_t)i * PAGE] : '-');
	putchar('\n');
	check("munmap over holes", munmap(p + 2 * PAGE, 8 * PAGE) == 0);
	check("munmap of nothing", munmap(p + 2 * PAGE, 8 * PAGE) == 0);
	for (int i = 0; i < 16; i++)
		putchar(is_mapped(p + (size_t)i * PAGE) ? p[(size_t)i * PAGE] : '-');
	putchar('\n');
	q = mmap(p + 2 * PAGE, 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
	check("fixed into a hole", q == p + 2 * PAGE && is_zero(q, 2 * PAGE));
	q = mmap(p + 10 * PAGE, 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
	check("fixed over something", q == p + 10 * PAGE);
	check("replaced by zero pages", is_zero(q, 2 * PAGE));
	check("neighbours are untouched", p[PAGE] == 'B' && p[12 * PAGE] == 'M');
	check("no replace refuses", mmap(p + 12 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1,
					 0) == MAP_FAILED && errno == EEXIST);
	munmap(p, 16 * PAGE);
}

static void check_many(void)
{
	unsigned char *maps[100];
	int overlap = 0, bad = 0;

	for (int i = 0; i < 100; i++) {
		maps[i] = mmap(NULL, PAGE * (size_t)(1 + i % 5), RW, ANON, -1, 0);
		if (maps[i] == MAP_FAILED)
			_exit(2);
		overlap |= maps[i][0];
		maps[i][0] = (unsigned char)(i + 1);
	}
	for (int i = 0; i < 100; i += 2)
		bad |= munmap(maps[i], PAGE * (size_t)(1 + i % 5));
	for (int i = 1; i < 100; i += 2)
		bad |= maps[i][0] != i + 1;
	check("a hundred mappings do not overlap", !overlap);
	check("half of them freed, the others intact", !bad);
	for (int i = 1; i < 100; i += 2)
		munmap(maps[i], PAGE * (size_t)(1 + i % 5));
}

int main(void)
{
	unsigned char *p = mmap(NULL, 5000, RW, ANON, -1, 0);
	unsigned char *hint = (unsigned char *)0x200000000000;
	unsigned char *q;

	check("mapped", p != MAP_FAILED);
	check("page aligned", ((unsigned long)p & (PAGE - 1)) == 0);
	check("zero up to the page's end", is_zero(p, 8192));
	check("not executable, not beyond 47 bits", (unsigned long)p < 0x800000000000);
	q = mmap(hint, PAGE, RW, ANON, -1, 0);
	check("a free hint is taken", q == hint);
	q = mmap(hint, PAGE, RW, ANON, -1, 0);
	check("a used hint is not", q != hint && q != MAP_FAILED);
	munmap(hint, PAGE);
	q = mmap(hint + 1, PAGE, RW, ANON, -1, 0);
	check("an odd hint is rounded", q != MAP_FAILED && ((unsigned long)q & (PAGE - 1)) == 0);
	p = mmap(NULL, 64UL << 20, RW, ANON | MAP_NORESERVE, -1, 0);
	check("64 MiB", p != MAP_FAILED);
	for (size_t i = 0; i < 64UL << 20; i += 4UL << 20)
		p[i + 123] = (unsigned char)(i >> 22);
	int bad = 0;

	for (size_t i = 0; i < 64UL << 20; i += 4UL << 20)
		bad |= p[i + 123] != (unsigned char)(i >> 22) || p[i + 122] != 0;
	check("touched sparsely", !bad);
	check("unmapped", munmap(p, 64UL << 20) == 0 && !is_mapped(p + 123));
	check_holes();
	check_many();
	check("madvise DONTNEED", (p = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0)) != MAP_FAILED);
	memset(p, 9, 4 * PAGE);
	check("is accepted", madvise(p + PAGE, PAGE, MADV_DONTNEED) == 0);
	check("and gives zero pages", is_zero(p + PAGE, PAGE) && p[0] == 9 && p[2 * PAGE] == 9);
	printf("length 0: %s\n", abi_errno_name(-raw6(SYS_mmap, 0, 0, RW, ANON, -1, 0)));
	printf("odd fixed: %s\n", abi_errno_name(-raw6(SYS_mmap, 0x10001, 4096, RW, ANON | MAP_FIXED, -1, 0)));
	printf("kernel half: %s\n", abi_errno_name(-raw6(SYS_mmap, (long)0xffff800000000000, 4096, RW,
							ANON | MAP_FIXED, -1, 0)));
	printf("across the end: %s\n", abi_errno_name(-raw6(SYS_mmap, 0x7fffffffe000, 0x100000, RW,
							   ANON | MAP_FIXED, -1, 0)));
	printf("huge: %s\n", abi_errno_name(-raw6(SYS_mmap, 0, 1L << 50, RW, ANON, -1, 0)));
	printf("wrapping: %s\n", abi_errno_name(-raw6(SYS_mmap, 0, -4095, RW, ANON, -1, 0)));
	printf("neither private nor shared: %s\n",
	       abi_errno_name(-raw6(SYS_mmap, 0, 4096, RW, MAP_ANONYMOUS, -1, 0)));
	printf("odd munmap: %s\n", abi_errno_name(-raw(SYS_munmap, p + 1, 4096, 0)));
	printf("munmap length 0: %s\n", abi_errno_name(-raw(SYS_munmap, p, 0, 0)));
	printf("munmap kernel half: %s\n", abi_errno_name(-raw(SYS_munmap, 0xffff800000000000, 4096, 0)));
	return abi_end();
}
