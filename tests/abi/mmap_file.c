/* SPDX-License-Identifier: MIT */
/*
 * Private file mappings show the file, are zero from its end to the page's
 * end, and keep what is written to themselves. The file is the program's own.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "abi.h"

#define PAGE 4096L

static unsigned char buf[3 * PAGE];

int main(int argc, char **argv)
{
	int fd = open(argv[0], O_RDONLY);
	struct stat st;
	unsigned char *p, *q;
	long tail;
	int bad = 0;

	(void)argc;
	check("open", fd >= 0);
	check("fstat", fstat(fd, &st) == 0 && st.st_size > 2 * PAGE);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	check("map it whole", p != MAP_FAILED);
	check("it is an ELF", memcmp(p, "\177ELF", 4) == 0);
	for (off_t at = 0; at < st.st_size; at += (off_t)sizeof(buf)) {
		ssize_t n = pread(fd, buf, sizeof(buf), at);

		bad |= n <= 0 || memcmp(buf, p + at, (size_t)n) != 0;
	}
	check("same bytes as pread", !bad);
	tail = (st.st_size + PAGE - 1) & -PAGE;
	bad = 0;
	for (long at = st.st_size; at < tail; at++)
		bad |= p[at];
	check("zero behind the end", !bad);

	q = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE);
	check("map two pages at an offset", q != MAP_FAILED && memcmp(q, p + PAGE, 2 * PAGE) == 0);
	memset(q + 100, 0x5a, PAGE);
	check("written", q[100] == 0x5a && q[99 + PAGE] == 0x5a);
	check("around it unchanged", q[99] == p[PAGE + 99] && q[100 + PAGE] == p[2 * PAGE + 100]);
	check("not written through to the mapping", memcmp(p + PAGE, q, 100) == 0 &&
							   memcmp(p + PAGE + 100, q + 100, PAGE));
	check("nor to the file", pread(fd, buf, 2 * PAGE, PAGE) == 2 * PAGE &&
					 memcmp(buf, p + PAGE, 2 * PAGE) == 0);
	check("fixed over a mapping", mmap(q, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == q &&
					      memcmp(q, p, PAGE) == 0 && q[PAGE] == 0x5a);
	check("close", close(fd) == 0);
	check("the mapping stays", memcmp(q, p, PAGE) == 0 && memcmp(p, "\177ELF", 4) == 0);
	check("writable, from a file read-only", mprotect(p, PAGE, PROT_READ | PROT_WRITE) == 0);
	p[0] = 'x';
	check("one's own copy", p[0] == 'x' && q[0] == '\177');
	printf("closed: %s\n", abi_errno_name(-raw6(SYS_mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, fd, 0)));
	fd = open(argv[0], O_RDONLY);
	printf("odd offset: %s\n",
	       abi_errno_name(-raw6(SYS_mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, fd, 1)));
	check("an offset beyond the end can be mapped",
	      mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, tail + PAGE) != MAP_FAILED);
	check("read by a system call it is EFAULT", raw(SYS_access, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE,
						       fd, tail + PAGE), 0, 0) == -EFAULT);
	return abi_end();
}
