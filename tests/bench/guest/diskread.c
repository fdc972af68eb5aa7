/* SPDX-License-Identifier: MIT */
/*
 * Reads blocks of 4 KiB from random places of /dev/vda, as a program does that
 * wants no cache.
 *
 * usage: diskread N [PROCESSES]      N reads by each of so many processes
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK 4096

static char buffer[BLOCK] __attribute__((aligned(BLOCK)));

static int read_blocks(long n, uint64_t x)
{
	int fd = open("/dev/vda", O_RDONLY | O_DIRECT);
	uint64_t nr_blocks = (uint64_t)lseek(fd, 0, SEEK_END) / BLOCK;

	if (fd < 0 || !nr_blocks)
		return 1;
	for (; n > 0; n--) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		if (pread(fd, buffer, BLOCK, (off_t)(x % nr_blocks * BLOCK)) != BLOCK)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 0, nr = argc > 2 ? atol(argv[2]) : 1;
	int status, failed = 0;

	if (n < 1 || nr < 1) {
		fprintf(stderr, "usage: diskread N [PROCESSES]\n");
		return 2;
	}
	for (long i = 1; i < nr; i++)
		if (!fork())
			_exit(read_blocks(n, (uint64_t)i * 0x9e3779b97f4a7c15));
	failed = read_blocks(n, 1);
	for (long i = 1; i < nr; i++)
		failed |= wait(&status) < 0 || status;
	return failed;
}
