/* SPDX-License-Identifier: MIT */
/*
 * Hundreds of mappings, split, merged and removed in disorder, keep their
 * contents and permissions; what cannot be had is ENOMEM.
 */
#include <sys/mman.h>

#include "guest.h"

#define PAGES 300

int main(void)
{
	unsigned char *area = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t state = 9;
	unsigned long kept = 0;

	EXPECT(2, area != MAP_FAILED);
	for (size_t i = 0; i < PAGES; i++)
		area[i * 4096] = (unsigned char)(i * 7 + 1);
	for (size_t i = 0; i < PAGES; i += 2)
		EXPECT(3, mprotect(area + i * 4096, 4096, PROT_READ) == 0);
	for (size_t i = 0; i < PAGES; i++)
		EXPECT(4, area[i * 4096] == (unsigned char)(i * 7 + 1));
	for (size_t i = 1; i < PAGES; i += 2)
		area[i * 4096 + 1] = 1;
	for (int i = 0; i < PAGES / 4; i++)
		EXPECT(5, munmap(area + guest_random(&state) % PAGES * 4096, 4096) == 0);
	for (size_t i = 0; i < PAGES; i++) {
		/* A hole is ENOMEM to mprotect. */
		if (mprotect(area + i * 4096, 4096, PROT_READ | PROT_WRITE) < 0)
			continue;
		EXPECT(6, area[i * 4096] == (unsigned char)(i * 7 + 1));
		kept++;
	}
	EXPECT(7, kept > PAGES - PAGES / 4 - 1 && kept < PAGES);
	EXPECT(8, munmap(area, PAGES * 4096) == 0);
	puts("mappings kept");
	return 0;
}
