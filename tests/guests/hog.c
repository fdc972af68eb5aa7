/* SPDX-License-Identifier: MIT */
/*
 * Takes memory until there is none: hog touch takes pages, hog map asks for
 * mappings without touching them, hog pieces N for many small ones, hog stack
 * for a deep stack, hog brk for a large heap. Says when it is refused.
 */
#include <errno.h>
#include <sys/mman.h>

#include "guest.h"

static unsigned char *map(size_t len)
{
	unsigned char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		EXPECT(3, errno == ENOMEM);
		puts("refused");
		exit(0);
	}
	return p;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	guest_sleep_ms(50); /* others have touched what they need */
	if (strcmp(how, "touch") == 0) {
		for (;;) {
			unsigned char *p = map(1 << 20);

			for (size_t i = 0; i < 1 << 20; i += 4096)
				p[i] = 1;
		}
	}
	if (strcmp(how, "once") == 0) {
		unsigned char *p = map(8UL << 30);

		for (size_t i = 0; i < 8UL << 30; i += 4096)
			p[i] = 1;
	}
	if (strcmp(how, "map") == 0)
		for (int i = 0; i < 1000000; i++)
			map(1UL << 40);
	if (strcmp(how, "pieces") == 0) {
		for (unsigned long i = 0; i < guest_number(argc, argv, 2, 70000); i++) {
			unsigned char *p = map(4096);

			if (i % 2)
				mprotect(p, 4096, PROT_READ);
		}
	}
	if (strcmp(how, "brk") == 0) {
		for (;;) {
			unsigned char *p = guest_brk(1 << 20);

			if (!p) {
				puts("refused");
				return 0;
			}
			for (size_t i = 0; i < 1 << 20; i += 4096)
				p[i] = 1;
		}
	}
	puts("all was given");
	return 0;
}
