/* SPDX-License-Identifier: MIT */
/*
 * One system call about thousands of mappings: for each of them the kernel has a
 * little to do, and nobody else runs meanwhile, so all of it must not take longer than
 * some milliseconds of the program's own computing.
 */
#include <sys/mman.h>

#include "guest.h"

#define REGIONS 2000
#define BYTES   (REGIONS * 2 * 4096ul)
#define ROUNDS  (REGIONS * 20000ul)
#define TRIES   4
#define ALL_BUT_16M ((1ul << 47) - (16ul << 20))

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* Every other page differs from its neighbours, and some are there. */
static char *make(void)
{
	char *area = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT(3, area != MAP_FAILED);
	for (unsigned long i = 0; i < REGIONS; i++) {
		if (i % 10 == 0)
			area[i * 8192] = 1;
		EXPECT(4, mprotect(area + i * 8192, 4096, PROT_READ) == 0);
	}
	return area;
}

static int64_t spin(void)
{
	int64_t least = INT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		int64_t start = now_ns();

		guest_spin(ROUNDS);
		if (now_ns() - start < least)
			least = now_ns() - start;
	}
	return least;
}

static int discard(char *area)
{
	return madvise(area, BYTES, MADV_DONTNEED);
}

static int sync_all(char *area)
{
	return msync(area, BYTES, MS_SYNC);
}

/* No room: all are looked at. */
static int find_room(char *area)
{
	(void)area;
	return mmap(NULL, ALL_BUT_16M, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static int protect(char *area)
{
	return mprotect(area, BYTES, PROT_READ | PROT_WRITE);
}

static int unmap(char *area)
{
	return munmap(area, BYTES);
}

/* Once is enough: another program of the host's may have had the CPU the other times. */
static void expect_short(const char *what, int (*call)(char *area), int64_t limit)
{
	int64_t least = INT64_MAX;

	for (int i = 0; i < TRIES && least > limit; i++) {
		char *area = make();
		int64_t start = now_ns(), took;

		EXPECT(5, call(area) == 0);
		took = now_ns() - start;
		if (took < least)
			least = took;
		munmap(area, BYTES);
	}
	if (least > limit)
		fprintf(stderr, "%s: %lld us, and not %lld\n", what, (long long)least / 1000,
			(long long)limit / 1000);
	EXPECT(6, least <= limit);
}

int main(void)
{
	int64_t limit = spin();

	expect_short("madvise", discard, limit);
	expect_short("msync", sync_all, limit);
	expect_short("mmap", find_room, limit);
	expect_short("mprotect", protect, limit);
	expect_short("munmap", unmap, limit);
	puts("all were short");
	return 0;
}
