/* SPDX-License-Identifier: MIT */
/* Limits of resources: kept, inherited, and what happens at them. */
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "scratch.h"

static volatile int nr_signals;

static void on_signal(int number)
{
	nr_signals += number == SIGXFSZ;
}

static void show(const char *name, int resource)
{
	struct rlimit limit;

	getrlimit(resource, &limit);
	printf("%s: %ld %ld\n", name, (long)limit.rlim_cur, (long)limit.rlim_max);
}

static int set(int resource, long soft, long hard)
{
	struct rlimit limit = { soft, hard };

	return setrlimit(resource, &limit);
}

static void kept(void)
{
	int status;

	SAID(set(RLIMIT_CORE, 0, 0));
	show("core", RLIMIT_CORE);
	SAID(set(RLIMIT_DATA, 1 << 30, 1 << 30));
	SAID(set(RLIMIT_DATA, 2, 1));
	show("data", RLIMIT_DATA);
	SAID(set(99, 1, 1));
	SAID(getrlimit(-1, (struct rlimit *)&status));
	SAID(prlimit(0, RLIMIT_CPU, (struct rlimit *)8, NULL));
	SAID(prlimit(30000, RLIMIT_CPU, NULL, NULL));
	SAID(set(RLIMIT_CPU, 1000, 2000));
	SAID(set(RLIMIT_CPU, 1000, 1500));
	fflush(stdout);
	if (fork() == 0) {
		show("a child's", RLIMIT_CPU);
		SAID(set(RLIMIT_CPU, 500, 1500));
		fflush(stdout);
		_exit(0);
	}
	wait(&status);
	show("the parent's", RLIMIT_CPU);
}

static void files(void)
{
	struct pollfd entries[8] = { { 0 } };
	int fd = -1, fds = 0;

	SAID(set(RLIMIT_NOFILE, 6, 100));
	show("files", RLIMIT_NOFILE);
	while ((fd = open("/dev/null", O_RDONLY)) >= 0)
		fds = fd;
	printf("the last is %d, then errno %d\n", fds, errno);
	SAID(dup2(0, 6));
	SAID(fcntl(0, F_DUPFD, 6));
	SAID(fcntl(0, F_DUPFD, 5));
	SAID(poll(entries, 7, 0));
	SAID(close(4));
	SAID(dup(0));
	SAID(set(RLIMIT_NOFILE, 3, 100));
	SAID(fcntl(5, F_GETFD)); /* what is open stays open */
	SAID(set(RLIMIT_NOFILE, 50, 100));
	SAID(dup2(0, 49));
	for (int i = 3; i < 50; i++)
		close(i);
}

static void sizes(void)
{
	char bytes[100] = { 0 };
	struct iovec iov[2] = { { bytes, 30 }, { bytes, 50 } };
	int fd = open("f", O_RDWR | O_CREAT, 0644), other, ends[2];

	signal(SIGXFSZ, on_signal);
	SAID(write(fd, bytes, 100));
	SAID(set(RLIMIT_FSIZE, 150, RLIM_INFINITY));
	SAID(write(fd, bytes, 100));
	printf("signals %d\n", nr_signals);
	SAID(write(fd, bytes, 1));
	printf("signals %d\n", nr_signals);
	SAID(write(fd, bytes, 0));
	SAID(pwrite(fd, bytes, 10, 145));
	SAID(pwrite(fd, bytes, 10, 1000));
	lseek(fd, 100, SEEK_SET);
	SAID(writev(fd, iov, 2));
	SAID(ftruncate(fd, 151));
	SAID(ftruncate(fd, 150));
	SAID(fallocate(fd, 0, 100, 51));
	printf("signals %d\n", nr_signals);
	other = open("g", O_RDWR | O_CREAT | O_APPEND, 0644);
	SAID(write(other, bytes, 100));
	SAID(write(other, bytes, 100));
	SAID(write(other, bytes, 100));
	pipe(ends);
	SAID(write(ends[1], bytes, 100));
	SAID(write(ends[1], bytes, 100)); /* no file that grows */
	signal(SIGXFSZ, SIG_IGN);
	SAID(write(other, bytes, 100));
	printf("signals %d\n", nr_signals);
	SAID(set(RLIMIT_FSIZE, RLIM_INFINITY, RLIM_INFINITY));
	SAID(write(other, bytes, 100));
	close(other);
	close(fd);
}

static void memory(void)
{
	void *p;

	SAID(set(RLIMIT_AS, 64 << 20, 64 << 20));
	p = mmap(NULL, 70 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check("too much", p == MAP_FAILED && errno == ENOMEM);
	p = mmap(NULL, 4 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check("not too much", p != MAP_FAILED);
	check("no growth", mremap(p, 4 << 20, 70 << 20, MREMAP_MAYMOVE) == MAP_FAILED);
	check("no heap", sbrk(70 << 20) == (void *)-1 && errno == ENOMEM);
	SAID(munmap(p, 4 << 20));
}

int main(void)
{
	scratch_begin();
	kept();
	files();
	sizes();
	memory();
	return scratch_end();
}
