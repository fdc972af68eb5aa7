/* SPDX-License-Identifier: MIT */
/* Writes to, or reads, memory of its own that does not allow it. */
#include <fcntl.h>
#include <sys/mman.h>

#include "guest.h"

static const char rodata[] = "constant";
extern const char __ehdr_start[];

static char *map(int prot)
{
	return mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	volatile char *p;

	if (strcmp(what, "text") == 0) {
		p = (volatile char *)(uintptr_t)main;
	} else if (strcmp(what, "rodata") == 0) {
		p = (volatile char *)rodata;
		__asm__ volatile("" : "+r"(p));
	} else if (strcmp(what, "header") == 0) {
		p = (volatile char *)__ehdr_start;
	} else if (strcmp(what, "null") == 0) {
		p = (volatile char *)guest_number(argc, argv, 2, 0);
	} else if (strcmp(what, "read-only") == 0) {
		p = map(PROT_READ);
	} else if (strcmp(what, "no-longer-writable") == 0) {
		p = map(PROT_READ | PROT_WRITE);
		*p = 1;
		mprotect((void *)p, 4096, PROT_READ);
	} else if (strcmp(what, "none") == 0) {
		p = map(PROT_NONE);
	} else if (strcmp(what, "read-none") == 0) {
		p = map(PROT_NONE);
		return *p + GUEST_SURVIVED;
	} else if (strcmp(what, "unmapped") == 0) {
		p = map(PROT_READ | PROT_WRITE);
		*p = 1;
		munmap((void *)p, 4096);
	} else if (strcmp(what, "code") == 0) {
		p = map(PROT_READ | PROT_EXEC);
	} else if (strcmp(what, "file") == 0) {
		p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, open("/proc/self/exe", O_RDONLY), 0);
	} else if (strcmp(what, "beyond-file") == 0) {
		int fd = open("/proc/self/exe", O_RDONLY);

		p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd,
			 (lseek(fd, 0, SEEK_END) + 8191) & -4096);
		return *p + GUEST_SURVIVED;
	} else {
		return GUEST_BROKEN;
	}
	*p = 1;
	return GUEST_SURVIVED;
}
