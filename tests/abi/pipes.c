/* SPDX-License-Identifier: MIT */
/* Pipes within one process: what they hold, and what they refuse. */
#include <signal.h>
#include <sys/uio.h>

#include "scratch.h"

static char block[100000];
static volatile int nr_signals;

static void on_pipe(int sig)
{
	(void)sig;
	nr_signals++;
}

static void capacity(void)
{
	long total = 0, n;
	int fds[2];

	SAID(pipe2(fds, O_NONBLOCK | O_CLOEXEC));
	printf("flags %o %o, %d\n", fcntl(fds[0], F_GETFL), fcntl(fds[1], F_GETFL),
	       fcntl(fds[0], F_GETFD));
	SAID(fcntl(fds[0], F_GETPIPE_SZ));
	SAID(read(fds[0], block, 1));
	SAID(write(fds[1], block, 100000));
	SAID(write(fds[1], block, 1));
	SAID(read(fds[0], block, 4095));
	SAID(write(fds[1], block, 4096)); /* all of it or nothing */
	SAID(read(fds[0], block, 1));
	SAID(write(fds[1], block, 4096));
	while ((n = read(fds[0], block, 7777)) > 0)
		total += n;
	printf("%ld\n", total);
	SAID(write(fds[1], block, 4096));
	SAID(read(fds[0], block, 100000));
	close(fds[0]);
	close(fds[1]);
}

/* Many sizes, in order. */
static void order(void)
{
	uint64_t seed = 42, hash_in = 0, hash_out = 0;
	long in = 0, out = 0;
	int fds[2];

	pipe2(fds, O_NONBLOCK);
	for (int i = 0; i < 2000; i++) {
		long len = abi_random(&seed) % (i % 5 ? 300 : 20000), n;

		for (long k = 0; k < len; k++)
			block[k] = abi_random(&seed);
		n = write(fds[1], block, len);
		if (n > 0) {
			hash_in = abi_hash(block, n, hash_in);
			in += n;
		}
		n = read(fds[0], block, abi_random(&seed) % 9000);
		if (n > 0) {
			hash_out = abi_hash(block, n, hash_out);
			out += n;
		}
	}
	for (long n; (n = read(fds[0], block, sizeof(block))) > 0; out += n)
		hash_out = abi_hash(block, n, hash_out);
	check("all came out", in == out);
	check("in order", hash_in == hash_out);
	close(fds[0]);
	close(fds[1]);
}

static void ends(void)
{
	int fds[2];

	pipe(fds);
	SAID(write(fds[1], "rest", 4));
	close(fds[1]);
	SAID(read(fds[0], block, 10));
	SAID(read(fds[0], block, 10));
	close(fds[0]);
	signal(SIGPIPE, on_pipe);
	pipe(fds);
	close(fds[0]);
	SAID(write(fds[1], "x", 1));
	printf("%d signals\n", nr_signals);
	SAID(write(fds[1], "x", 0));
	printf("%d signals\n", nr_signals);
	signal(SIGPIPE, SIG_IGN);
	SAID(write(fds[1], "x", 1));
	close(fds[1]);
}

static void refused(void)
{
	struct iovec iov[2] = { { "ab", 2 }, { "cd", 2 } };
	struct stat st;
	int fds[2];

	pipe(fds);
	SAID(read(fds[1], block, 1));
	SAID(write(fds[0], block, 1));
	SAID(lseek(fds[0], 0, SEEK_SET));
	SAID(pread(fds[0], block, 1, 0));
	SAID(pwrite(fds[1], block, 1, 0));
	SAID(ftruncate(fds[1], 0));
	SAID(write(fds[1], (void *)8, 1));
	SAID(write(fds[1], (void *)8, 5000));
	SAID(writev(fds[1], iov, 2));
	SAID(read(fds[0], (void *)8, 1));
	SAID(read(fds[0], block, 0));
	SAID(read(fds[0], block, 10));
	SAID(fstat(fds[0], &st));
	printf("mode %o, size %ld, links %ld, block %ld\n", st.st_mode, (long)st.st_size,
	       (long)st.st_nlink, (long)st.st_blksize);
	SAID(fcntl(fds[0], F_SETPIPE_SZ, 4096) > 0);
}

int main(void)
{
	refused();
	capacity();
	order();
	ends();
	return abi_end();
}
