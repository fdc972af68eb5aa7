/* SPDX-License-Identifier: MIT */
/* Writes a file that stays in the page cache, and then wants the memory for itself:
 * the cache has to give way, not the program. Run with little memory: squeeze DIR */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define PAGE       4096ul
#define FILE_BYTES (6ul << 20)
#define SPARE      (2ul << 20) /* for page tables, and for the kernel */

static char block[PAGE];

static void fill(unsigned long n)
{
	for (unsigned i = 0; i < PAGE; i++)
		block[i] = (char)(n * 7 + i);
}

static unsigned long nr_free(void)
{
	struct sysinfo info;

	return sysinfo(&info) ? 0 : info.freeram * info.mem_unit;
}

static int fail(const char *what)
{
	printf("%s failed\n", what);
	return 1;
}

int main(int argc, char **argv)
{
	unsigned long size = nr_free() - SPARE;
	char back[PAGE], *p;
	int fd;

	if (argc < 2 || chdir(argv[1]))
		return 2;
	fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0644);
	for (unsigned long n = 0; n < FILE_BYTES / PAGE; n++) {
		fill(n);
		if (write(fd, block, PAGE) != PAGE)
			return fail("writing");
	}
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return fail("mmap");
	for (unsigned long at = 0; at < size; at += PAGE)
		p[at] = 1;
	munmap(p, size);
	for (unsigned long n = 0; n < FILE_BYTES / PAGE; n++) {
		fill(n);
		if (pread(fd, back, PAGE, n * PAGE) != PAGE || memcmp(back, block, PAGE))
			return fail("reading");
	}
	printf("all there\n");
	return 0;
}
