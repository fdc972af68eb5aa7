/* SPDX-License-Identifier: MIT */
/*
 * A helper on the host: runs a command, passes its standard output on, sends it a
 * signal when it has written for the first time, and says on the last line how it
 * ended and how long after the signal: signal_after SIGNAL COMMAND [ARG]...
 *
 * Not a job of the shell, as a shell starts those with SIGINT ignored.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS     20
#define PATIENCE_MS 60000

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static pid_t start(char **argv, int output[2])
{
	pid_t pid = fork();

	if (pid)
		return pid;
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	dup2(output[1], STDOUT_FILENO);
	close(output[0]);
	close(output[1]);
	execv(argv[0], argv);
	_exit(127);
}

/* Passes on what there is, or comes within a moment; how much that was. */
static ssize_t pass_on(int from)
{
	struct pollfd poll_fd = { .fd = from, .events = POLLIN };
	char buf[4096];
	ssize_t n;

	if (poll(&poll_fd, 1, LOOK_MS) <= 0)
		return 0;
	n = read(from, buf, sizeof(buf));
	if (n <= 0)
		usleep(LOOK_MS * 1000); /* its end: the command's comes soon */
	else
		fwrite(buf, 1, (size_t)n, stdout);
	return n > 0 ? n : 0;
}

int main(int argc, char **argv)
{
	long begin = now_ms(), sent = 0;
	int output[2], status;
	pid_t pid;

	if (argc < 3 || pipe(output))
		return 2;
	pid = start(argv + 2, output);
	close(output[1]);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (pass_on(output[0]) && !sent) {
			sent = now_ms();
			kill(pid, atoi(argv[1]));
		}
		if (now_ms() - begin > PATIENCE_MS)
			kill(pid, SIGKILL);
	}
	if (!sent) {
		printf("ended before the signal\n");
		return 1;
	}
	begin = now_ms();
	while (pass_on(output[0]))
		;
	printf("status %d after %ld ms\n",
	       WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status), begin - sent);
	return 0;
}
