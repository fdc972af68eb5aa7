/* SPDX-License-Identifier: MIT */
/*
 * New memory is zero although others filled theirs before: fresh_memory fill
 * MIB writes a pattern to so much and ends; fresh_memory hunt MIB PID waits for
 * the end of that one, then looks for a byte that is not zero in bss, brk, mappings
 * and the stack.
 */
#include <signal.h>
#include <sys/mman.h>

#include "guest.h"

static unsigned char bss[4 << 20];

static void hunt(const char *what, const unsigned char *p, size_t len)
{
	const uint64_t *words = (const uint64_t *)p;

	for (size_t i = 0; i < len / 8; i++) {
		if (words[i]) {
			fprintf(stderr, "%s: 0x%016llx at %zu\n", what, (unsigned long long)words[i],
				i * 8);
			exit(3);
		}
	}
}

static __attribute__((noinline)) void hunt_stack(void)
{
	/* Below everything that has run so far. */
	volatile unsigned char *here = __builtin_frame_address(0);

	for (size_t below = 64 << 10; below < 900 << 10; below += 8)
		EXPECT(4, *(volatile uint64_t *)((uintptr_t)(here - below) & ~7UL) == 0);
}

int main(int argc, char **argv)
{
	size_t len = guest_number(argc, argv, 2, 16) << 20;
	unsigned char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT(2, p != MAP_FAILED && argc > 2);
	if (strcmp(argv[1], "fill") == 0) {
		for (size_t i = 0; i < len; i += 64)
			*(uint64_t *)(p + i) = 0xdeadbeefdeadbeef;
		return 0;
	}
	while (!kill((pid_t)guest_number(argc, argv, 3, 1), 0))
		guest_sleep_ms(5);
	hunt_stack();
	hunt("bss", bss, sizeof(bss));
	hunt("mapping", p, len);
	hunt("brk", guest_brk(4 << 20), 4 << 20);
	puts("fresh memory is zero");
	return 0;
}
