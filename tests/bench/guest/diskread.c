/* SPDX-License-Identifier: MIT */
/*
 * Reads blocks of 4 KiB from random places of /dev/vda, as a program does that
 * wants no cache.
 *
 * usage: diskread N [PROCESSES [WORDS]]
 * N reads by each of so many processes, which look at so many words of each block.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK 4096

static volatile uint64_t buffer[BLOCK / 8] __attribute__((aligned(BLOCK)));
static unsigned long nr_words;

static uint64_t look(void)
{
	uint64_t sum = 0;

	for (unsigned long i = 0; i < nr_words; i++)
		sum += buffer[i];
	return sum;
}

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
		if (pread(fd, (void *)buffer, BLOCK, (off_t)(x % nr_blocks * BLOCK)) != BLOCK)
			return 1;
		if (look()) /* the disk is all zeroes */
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 0, nr = argc > 2 ? atol(argv[2]) : 1;
	int status, failed = 0;

	nr_words = argc > 3 ? strtoul(argv[3], NULL, 0) : 0;
	if (n < 1 || nr < 1 || nr_words > BLOCK / 8) {
		fprintf(stderr, "usage: diskread N [PROCESSES [WORDS]]\n");
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
