/* SPDX-License-Identifier: MIT */
/*
 * worker FILE [ROUNDS [MS]]: ROUNDS times (20) computes for MS milliseconds (5)
 * and then reads 4 KiB from somewhere in FILE, a disk such as /dev/vda.
 *
 * With a disk that takes as long as the computing, one of these uses half of the
 * CPU, and two all of it, if whoever waits for the disk leaves the CPU to others.
 */
#define _GNU_SOURCE /* O_DIRECT */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 4096
#define PROBES 4

static char buffer[BLOCK] __attribute__((aligned(BLOCK)));

static uint64_t cpu_ns(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0)
		clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t next_random(uint64_t x)
{
	x ^= x << 13;
	x ^= x >> 7;
	return x ^ x << 17;
}

/* One and the same code, whether it is measured or used. */
__attribute__((noinline, noclone)) static uint64_t compute(uint64_t seed, uint64_t rounds)
{
	while (rounds--) {
		seed = next_random(seed);
		__asm__ volatile("" : "+r"(seed));
	}
	return seed;
}

/* How many rounds take ms milliseconds of the CPU: the quickest of a few tries,
 * for the others were disturbed. */
static uint64_t rounds_for(uint64_t ms)
{
	const uint64_t tried = 250000;
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < PROBES; i++) {
		uint64_t start = cpu_ns(), took;

		compute(1, tried);
		took = cpu_ns() - start;
		if (took && took < best)
			best = took;
	}
	return tried * ms * 1000000 / best;
}

static int parse(const char *text, unsigned long *value)
{
	char *end;

	*value = strtoul(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *value && *value <= 1000000;
}

static int fail(const char *path)
{
	fprintf(stderr, "worker: %s: %s\n", path, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	unsigned long rounds = 20, ms = 5;
	uint64_t state = (uint64_t)getpid() * 0x9e3779b97f4a7c15 + 1, work;
	off_t nr_blocks;
	int fd;

	if (argc < 2 || argc > 4 || (argc > 2 && !parse(argv[2], &rounds)) ||
	    (argc > 3 && !parse(argv[3], &ms))) {
		fprintf(stderr, "Usage: worker FILE [ROUNDS [MILLISECONDS]]\n");
		return 2;
	}
	fd = open(argv[1], O_RDONLY | O_DIRECT);
	if (fd < 0)
		return fail(argv[1]);
	nr_blocks = lseek(fd, 0, SEEK_END) / BLOCK;
	if (nr_blocks < 1) {
		fprintf(stderr, "worker: %s: has less than %d bytes\n", argv[1], BLOCK);
		return 1;
	}
	work = rounds_for(ms);
	for (unsigned long i = 0; i < rounds; i++) {
		state = compute(state, work);
		if (pread(fd, buffer, BLOCK, (off_t)(state % (uint64_t)nr_blocks) * BLOCK) != BLOCK)
			return fail(argv[1]);
	}
	return 0;
}
