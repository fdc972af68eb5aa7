/* SPDX-License-Identifier: MIT */
/* poll, ppoll, select and pselect on pipes and files. */
#include <poll.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "scratch.h"

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void look(const char *what, int fd, short events, int timeout)
{
	struct pollfd p = { fd, events, -1 };
	int n = poll(&p, 1, timeout);

	printf("%s: %d, %x\n", what, n, p.revents);
}

static void states(void)
{
	static char block[65536];
	int fds[2], file;

	pipe(fds);
	look("empty", fds[0], POLLIN, 0);
	look("to write", fds[1], POLLOUT, 0);
	look("both", fds[1], POLLIN | POLLOUT | POLLWRNORM, 0);
	(void)!write(fds[1], block, 65536);
	look("full", fds[1], POLLOUT, 0);
	look("data", fds[0], POLLIN | POLLRDNORM, 0);
	(void)!read(fds[0], block, 65536);
	(void)!write(fds[1], "x", 1);
	close(fds[1]);
	look("data and the end", fds[0], POLLIN, 0);
	(void)!read(fds[0], block, 10);
	look("the end", fds[0], POLLIN, 0);
	look("the end, unasked", fds[0], 0, 0);
	close(fds[0]);
	look("closed", fds[0], POLLIN, 0);
	look("left out", -5, POLLIN, 0);
	pipe(fds);
	close(fds[0]);
	look("nobody reads", fds[1], POLLOUT, 0);
	close(fds[1]);
	file = open("/dev/null", O_RDWR);
	look("null", file, POLLIN | POLLOUT | POLLPRI, 0);
	close(file);
	file = open("/", O_RDONLY);
	look("a folder", file, POLLIN | POLLOUT, 0);
	close(file);
}

static void errors(void)
{
	struct timespec ts = { 0, 2000000000 };
	struct timeval tv = { -1, 0 };
	fd_set set;

	SAID(poll(NULL, 0, 0));
	SAID(poll((void *)8, 1, 0));
	SAID(poll(NULL, 1 << 30, 0));
	check("a bad time", raw6(SYS_ppoll, 0, 0, (long)&ts, 0, 0, 0) == -EINVAL);
	check("a bad mask's size", raw6(SYS_ppoll, 0, 0, 0, (long)&ts, 4, 0) == -EINVAL);
	SAID(select(-1, NULL, NULL, NULL, NULL));
	SAID(select(0, NULL, NULL, NULL, &tv));
	FD_ZERO(&set);
	FD_SET(50, &set); /* Linux does not look above 64 where none was ever open */
	tv.tv_sec = 0;
	SAID(select(51, &set, NULL, NULL, &tv));
	SAID(select(50, &set, NULL, NULL, &tv));
	check("sets nowhere", raw6(SYS_select, 10, 8, 0, 0, (long)&tv, 0) == -EFAULT);
}

static void waiting(void)
{
	struct pollfd p[3];
	int a[2], b[2];
	long start = now_ms();

	pipe(a);
	pipe(b);
	look("nothing comes", a[0], POLLIN, 120);
	check("and that takes its time", now_ms() - start >= 115);
	fflush(stdout);
	if (fork() == 0) {
		struct timespec ts = { 0, 50000000 };

		nanosleep(&ts, NULL);
		_exit(write(b[1], "x", 1) != 1);
	}
	p[0] = (struct pollfd){ a[0], POLLIN, 0 };
	p[1] = (struct pollfd){ b[0], POLLIN, 0 };
	p[2] = (struct pollfd){ -1, POLLIN, 0 };
	SAID(poll(p, 3, -1));
	printf("%x %x %x\n", p[0].revents, p[1].revents, p[2].revents);
	wait(NULL);
	fflush(stdout);
	if (fork() == 0) {
		struct timespec ts = { 0, 50000000 };

		nanosleep(&ts, NULL);
		_exit(0);
	}
	close(a[1]);
	SAID(poll(p, 1, 5000)); /* the child's copy goes with it */
	printf("%x\n", p[0].revents);
	wait(NULL);
}

static void selecting(void)
{
	struct timeval tv = { 0, 60000 };
	fd_set in, out;
	int fds[2];

	pipe(fds);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(fds[0], &in);
	FD_SET(fds[1], &out);
	SAID(select(fds[1] + 1, &in, &out, NULL, NULL));
	printf("%d %d\n", !!FD_ISSET(fds[0], &in), !!FD_ISSET(fds[1], &out));
	FD_SET(fds[0], &in);
	SAID(select(fds[0] + 1, &in, NULL, NULL, &tv));
	printf("%d, left %ld.%06ld\n", !!FD_ISSET(fds[0], &in), (long)tv.tv_sec, (long)tv.tv_usec);
	(void)!write(fds[1], "x", 1);
	FD_SET(fds[0], &in);
	FD_SET(fds[1], &in);
	tv.tv_sec = 100;
	SAID(select(fds[1] + 1, &in, &out, &in, &tv));
	check("time is left", tv.tv_sec >= 98);
	close(fds[1]);
	(void)!read(fds[0], &in, 1);
	FD_ZERO(&in);
	FD_SET(fds[0], &in);
	SAID(select(fds[0] + 1, &in, NULL, NULL, NULL));
}

static volatile int nr_signals;

static void on_signal(int sig)
{
	(void)sig;
	nr_signals++;
}

/* A signal that is blocked but for the call. */
static void masks(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct timespec ts = { 5, 0 };
	sigset_t blocked, before, during;

	sigaction(SIGUSR1, &action, NULL);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	kill(getpid(), SIGUSR1);
	SAID(poll(NULL, 0, 50));
	printf("%d\n", nr_signals);
	sigemptyset(&during);
	SAID(ppoll(NULL, 0, &ts, &during));
	printf("%d\n", nr_signals);
	sigprocmask(SIG_BLOCK, NULL, &during);
	check("blocked again", sigismember(&during, SIGUSR1));
	kill(getpid(), SIGUSR1);
	sigemptyset(&during);
	SAID(pselect(0, NULL, NULL, NULL, &ts, &during));
	printf("%d\n", nr_signals);
	ts.tv_sec = 0;
	SAID(ppoll(NULL, 0, &ts, &during));
	sigprocmask(SIG_SETMASK, &before, NULL);
	signal(SIGALRM, on_signal);
	alarm(1);
	SAID(poll(NULL, 0, -1));
}

int main(void)
{
	errors();
	states();
	waiting();
	selecting();
	masks();
	return abi_end();
}
