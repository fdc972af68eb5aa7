/* SPDX-License-Identifier: MIT */
/*
 * Shared by the guests. Exit codes: 0 the behaviour is right, 77 cannot be
 * tried here, 1 an attack did what it must not, 2 the test itself is wrong;
 * others number the expectation that did not hold, as EXPECT says on stderr.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { GUEST_RIGHT = 0, GUEST_SURVIVED = 1, GUEST_BROKEN = 2, GUEST_SKIP = 77 };

#define EXPECT(code, condition)                                                                 \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,       \
				#condition);                                                    \
			exit(code);                                                             \
		}                                                                               \
	} while (0)

static inline long guest_call(long nr, long a, long b, long c)
{
	register long r10 __asm__("r10") = 0;
	register long r8 __asm__("r8") = 0;
	register long r9 __asm__("r9") = 0;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline int64_t guest_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static inline void guest_sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

/* Stays in ring 3, without a system call. */
static inline void guest_spin(unsigned long rounds)
{
	__asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(rounds) : : "cc");
}

static inline uint64_t guest_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

/* The heap's end moves up; musl's sbrk() does not. NULL: there is no memory. */
static inline void *guest_brk(unsigned long len)
{
	unsigned long start = (unsigned long)guest_call(12, 0, 0, 0);

	start = (start + 4095) & ~4095UL;
	return guest_call(12, (long)(start + len), 0, 0) == (long)(start + len) ? (void *)start : NULL;
}

/* The number that argument idx says, or fallback. */
static inline unsigned long guest_number(int argc, char **argv, int idx, unsigned long fallback)
{
	return argc > idx ? strtoul(argv[idx], NULL, 0) : fallback;
}

#endif
