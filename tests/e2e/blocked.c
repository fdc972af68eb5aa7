/* SPDX-License-Identifier: MIT */
/*
 * Processes that wait for all that there is to wait for, for ever: a pipe, poll,
 * a signal, time, a child; and the disk, if one is named:
 * blocked [DISK]
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int ends[2];

static void read_pipe(void)
{
	char byte;

	if (read(ends[0], &byte, 1) != 1)
		exit(2);
}

static void poll_pipe(void)
{
	struct pollfd pollfd = {.fd = ends[0], .events = POLLIN};

	poll(&pollfd, 1, -1);
}

static void wait_for_signal(void)
{
	pause();
}

static void wait_for_time(void)
{
	sleep(100000);
}

static void start(void (*wait_for)(void))
{
	pid_t pid = fork();

	if (pid < 0)
		exit(2);
	if (!pid) {
		wait_for();
		_exit(1); /* it is not to come to that */
	}
}

int main(int argc, char **argv)
{
	if (pipe(ends))
		return 2;
	start(read_pipe);
	start(poll_pipe);
	start(wait_for_signal);
	start(wait_for_time);
	puts("blocked");
	fflush(stdout);
	if (argc > 1) {
		char sector[512];
		int fd = open(argv[1], O_RDONLY);

		return fd < 0 || read(fd, sector, sizeof(sector)) < 0 ? 3 : 4;
	}
	return wait(NULL) > 0;
}
