/* SPDX-License-Identifier: MIT */
/*
 * New memory is zero although others filled theirs before: fresh_memory fill
 * MIB writes a pattern to so much and ends; fresh_memory hunt MIB PID waits for
 * the end of that one, then looks for a byte that is not zero in bss, brk, mappings
 * and the stack, and for the pattern in the frames of signals.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "guest.h"

#define PATTERN  0xdeadbeefdeadbeefu
#define PAGE     4096
#define CHILDREN 16

static unsigned char bss[4 << 20] __attribute__((aligned(PAGE)));

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

static void look_at_frame(int sig)
{
	const uint64_t *words = (const uint64_t *)bss;

	(void)sig;
	for (size_t i = 0; i < 4 * PAGE / 8; i++)
		if (words[i] == PATTERN)
			_exit(5);
}

/* The first one, which lies in two pages: it comes by way of the kernel's memory. */
static void hunt_frame_of_child(size_t behind)
{
	struct sigaction action = { .sa_handler = look_at_frame, .sa_flags = SA_ONSTACK };
	stack_t stack = { .ss_sp = bss, .ss_size = 3 * PAGE + behind };

	sigaction(SIGUSR1, &action, NULL);
	sigaltstack(&stack, NULL);
	kill(getpid(), SIGUSR1);
}

/* All live at once, so that each has memory of its own in the kernel. */
static void hunt_frames(void)
{
	pid_t pids[CHILDREN];
	int ends[2], status, found = 0;
	char byte;

	EXPECT(2, pipe(ends) == 0);
	for (int i = 0; i < CHILDREN; i++) {
		pids[i] = fork();
		EXPECT(2, pids[i] >= 0);
		if (!pids[i]) {
			close(ends[1]);
			hunt_frame_of_child(128 + i * 32);
			_exit(read(ends[0], &byte, 1)); /* until the parent closes it */
		}
	}
	close(ends[0]);
	close(ends[1]);
	for (int i = 0; i < CHILDREN; i++) {
		waitpid(pids[i], &status, 0);
		found += status != 0;
	}
	EXPECT(5, !found);
}

int main(int argc, char **argv)
{
	size_t len = guest_number(argc, argv, 2, 16) << 20;
	unsigned char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT(2, p != MAP_FAILED && argc > 2);
	if (strcmp(argv[1], "fill") == 0) {
		for (size_t i = 0; i < len; i += 64)
			*(uint64_t *)(p + i) = PATTERN;
		return 0;
	}
	while (!kill((pid_t)guest_number(argc, argv, 3, 1), 0))
		guest_sleep_ms(5);
	hunt_frames();
	hunt_stack();
	hunt("bss", bss, sizeof(bss));
	hunt("mapping", p, len);
	hunt("brk", guest_brk(4 << 20), 4 << 20);
	puts("fresh memory is zero");
	return 0;
}
