/* SPDX-License-Identifier: MIT */
/*
 * Real data through three stages: one process makes numbers, one turns them
 * round, one adds them up. pipeline [MiB]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK 65536

static uint64_t buf[CHUNK / 8];

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static void put(int fd, const char *from, size_t len)
{
	while (len) {
		ssize_t n = write(fd, from, len);

		if (n <= 0)
			_exit(90);
		from += n;
		len -= n;
	}
}

/* A chunk, whole but at the end; its length. */
static size_t get(int fd)
{
	size_t have = 0;

	while (have < sizeof(buf)) {
		ssize_t n = read(fd, (char *)buf + have, sizeof(buf) - have);

		if (n < 0)
			_exit(91);
		if (!n)
			break;
		have += n;
	}
	return have;
}

static void make(int to, long nr_chunks)
{
	uint64_t x = 88172645463325252u;

	while (nr_chunks--) {
		for (int i = 0; i < CHUNK / 8; i++)
			buf[i] = next(&x);
		put(to, (char *)buf, sizeof(buf));
	}
}

static void turn(int from, int to)
{
	size_t len;

	while ((len = get(from))) {
		for (size_t i = 0; i < len / 8; i++)
			buf[i] = buf[i] << 32 | buf[i] >> 32;
		put(to, (char *)buf, len);
	}
}

/* A sum in which each word and its place count. */
static void add(int from)
{
	uint64_t sum = 0, bytes = 0;
	size_t len;

	while ((len = get(from))) {
		for (size_t i = 0; i < len / 8; i++)
			sum = (sum ^ buf[i]) * 0x100000001b3u;
		bytes += len;
	}
	printf("%lu bytes, sum %016lx\n", (unsigned long)bytes, (unsigned long)sum);
}

int main(int argc, char **argv)
{
	long mib = argc > 1 ? atol(argv[1]) : 100;
	int first[2], second[2], status, failed = 0;

	if (pipe(first) || pipe(second))
		return 99;
	if (fork() == 0) {
		make(first[1], mib * ((1 << 20) / CHUNK));
		_exit(0);
	}
	close(first[1]);
	if (fork() == 0) {
		close(second[0]);
		turn(first[0], second[1]);
		_exit(0);
	}
	close(first[0]);
	close(second[1]);
	add(second[0]);
	while (wait(&status) > 0)
		failed |= status;
	return failed ? 98 : 0;
}
