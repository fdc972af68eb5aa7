/* SPDX-License-Identifier: MIT */
/*
 * A helper on the host: runs a command, sends it a signal after so many
 * milliseconds, and says on its last line how it ended and how long after the
 * signal: signal_after SIGNAL MS COMMAND [ARG]...
 *
 * Not a job of the shell, as a shell starts those with SIGINT ignored.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
	struct timespec pause;
	int status;
	long ms, start;
	pid_t pid;

	if (argc < 4)
		return 2;
	ms = atol(argv[2]);
	pause = (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
	pid = fork();
	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		signal(SIGPIPE, SIG_DFL);
		execv(argv[3], argv + 3);
		_exit(127);
	}
	nanosleep(&pause, NULL);
	if (waitpid(pid, &status, WNOHANG) == pid) {
		printf("ended before the signal\n");
		return 1;
	}
	start = now_ms();
	kill(pid, atoi(argv[1]));
	if (waitpid(pid, &status, 0) != pid)
		return 2;
	printf("status %d after %ld ms\n",
	       WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status), now_ms() - start);
	return 0;
}
