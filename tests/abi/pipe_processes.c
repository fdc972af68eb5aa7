/* SPDX-License-Identifier: MIT */
/* Pipes between processes: who waits for whom. */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "scratch.h"

static char block[70000];

/* Much data, in pieces of all sizes on both sides. */
static void stream(long bytes)
{
	uint64_t seed = 7, hash = 0;
	int fds[2], status;
	long total = 0, n;

	pipe(fds);
	fflush(stdout);
	if (fork() == 0) {
		close(fds[0]);
		for (long left = bytes; left;) {
			long len = 1 + abi_random(&seed) % sizeof(block);

			if (len > left)
				len = left;
			for (long i = 0; i < len; i++)
				block[i] = (bytes - left + i) * 31 >> 3;
			if (write(fds[1], block, len) != len)
				_exit(1);
			left -= len;
		}
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], block, 1 + abi_random(&seed) % sizeof(block))) > 0) {
		hash = abi_hash(block, n, hash);
		total += n;
	}
	close(fds[0]);
	wait(&status);
	printf("%ld bytes, hash %llx, status %d\n", total, (unsigned long long)hash, status);
}

/* Writers of up to PIPE_BUF do not mix. */
static void atomic(void)
{
	int fds[2], mixed = 0;
	long total = 0, n;

	pipe(fds);
	fflush(stdout);
	for (int k = 0; k < 4; k++) {
		if (fork() == 0) {
			memset(block, 'a' + k, 4096);
			for (int i = 0; i < 50; i++)
				if (write(fds[1], block, 4096) != 4096)
					_exit(1);
			_exit(0);
		}
	}
	close(fds[1]);
	for (long at = 0; (n = read(fds[0], block + at, 4096 - at)) > 0;) {
		total += n;
		at += n;
		if (at < 4096)
			continue;
		for (int i = 1; i < 4096; i++)
			mixed += block[i] != block[0];
		at = 0;
	}
	while (wait(NULL) > 0)
		;
	printf("%ld bytes, %d mixed\n", total, mixed);
	close(fds[0]);
}

static void ping_pong(void)
{
	int there[2], back[2];
	char c = 0;

	pipe(there);
	pipe(back);
	fflush(stdout);
	if (fork() == 0) {
		close(there[1]);
		while (read(there[0], &c, 1) == 1) {
			c++;
			if (write(back[1], &c, 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < 200; i++)
		if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
			check("a round", 0);
	printf("%d\n", (unsigned char)c);
	close(there[1]);
	wait(NULL);
}

/* A writer whose reader goes away is killed, even while it waits. */
static void broken(void)
{
	int fds[2], status;

	pipe(fds);
	fflush(stdout);
	if (fork() == 0) {
		close(fds[0]);
		for (;;)
			if (write(fds[1], block, sizeof(block)) < 0)
				_exit(1);
	}
	close(fds[1]);
	SAID(read(fds[0], block, 100) == 100);
	close(fds[0]);
	wait(&status);
	printf("ended by signal %d\n", WTERMSIG(status));
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* A signal ends a wait, or it does not. */
static void interrupted(void)
{
	struct sigaction action = { .sa_handler = on_alarm };
	int fds[2];
	char c;

	pipe(fds);
	sigaction(SIGALRM, &action, NULL);
	alarm(1);
	SAID(read(fds[0], &c, 1));
	action.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &action, NULL);
	fflush(stdout);
	if (fork() == 0) {
		struct timespec ts = { 1, 300000000 };

		nanosleep(&ts, NULL);
		_exit(write(fds[1], "!", 1) != 1);
	}
	alarm(1);
	SAID(read(fds[0], &c, 1));
	wait(NULL);
}

static void fifos(void)
{
	struct stat st;
	char buf[16] = "";
	int fd;

	scratch_begin();
	SAID(mkfifo("fifo", 0640));
	SAID(mkfifo("fifo", 0640));
	SAID(stat("fifo", &st));
	printf("mode %o\n", st.st_mode);
	SAID(open("fifo", O_WRONLY | O_NONBLOCK));
	fd = open("fifo", O_RDONLY | O_NONBLOCK);
	WENT(fd);
	SAID(read(fd, buf, 1));
	close(fd);
	fflush(stdout);
	if (fork() == 0) {
		fd = open("fifo", O_WRONLY);
		_exit(write(fd, "through it", 10) != 10);
	}
	fd = open("fifo", O_RDONLY);
	SAID(read(fd, buf, 16));
	printf("'%s'\n", buf);
	wait(NULL);
	SAID(read(fd, buf, 16));
	close(fd);
	fd = open("fifo", O_RDWR);
	SAID(write(fd, "self", 4));
	SAID(read(fd, buf, 16));
	close(fd);
	chdir("/");
}

int main(void)
{
	ping_pong();
	stream(3000000);
	atomic();
	broken();
	interrupted();
	fifos();
	return scratch_end();
}
