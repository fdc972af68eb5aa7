/* SPDX-License-Identifier: MIT */
/*
 * Every page of the kernel's image, the low part of the direct map page by
 * page and the rest in steps, each slot of the upper half, and the edges of the
 * lower half: to system calls, for reading and for writing, all are EFAULT.
 */
#include <sys/syscall.h>

#include "guest.h"

static unsigned long nr_probed;

static void probe(unsigned long addr)
{
	/* A read of the byte would print it; a write would change it. */
	long by_read = guest_call(SYS_write, 1, (long)addr, 1);
	long by_write = guest_call(SYS_getrandom, (long)addr, 1, 0);

	nr_probed++;
	if (by_read != -14 || by_write != -14) {
		fprintf(stderr, "0x%lx: read %ld, write %ld\n", addr, by_read, by_write);
		exit(3);
	}
}

int main(int argc, char **argv)
{
	unsigned long step = guest_number(argc, argv, 1, 1);

	for (unsigned long at = 0; at < 4UL << 20; at += 4096 * step)
		probe(0xffffffff80000000 + at);
	for (unsigned long at = 0; at < 2UL << 20; at += 4096 * step)
		probe(0xffff800000000000 + at);
	for (unsigned long at = 2UL << 20; at < 3UL << 30; at += (16UL << 20) - 4096 + 8)
		probe(0xffff800000000000 + at);
	for (unsigned long slot = 256; slot < 512; slot += step) {
		probe(0xffff000000000000 | slot << 39);
		probe((0xffff000000000000 | slot << 39) + 0x7ffffffff8);
	}
	for (int bit = 47; bit < 63; bit++)
		probe(1UL << bit);
	probe(0x800000000000 - 4096);
	probe(0x800000000000 - 1);
	probe(0x800000000000);
	probe(0xffff7fffffffffff);
	probe(0xffffffffffffffff);
	probe(0xfffffffffffff000);
	probe(0xfee00000);
	probe(0xfec00000);
	printf("%s\n", nr_probed > 100 ? "nothing but EFAULT" : "too few");
	return 0;
}
