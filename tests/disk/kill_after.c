/* SPDX-License-Identifier: MIT */
/* A helper on the host: runs a command and kills it after so many milliseconds:
 * kill_after MS COMMAND [ARG]... */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct timespec pause;
	long ms;
	pid_t pid;

	if (argc < 3)
		return 2;
	ms = atol(argv[1]);
	pause = (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
	pid = fork();
	if (pid == 0) {
		execv(argv[2], argv + 2);
		_exit(127);
	}
	nanosleep(&pause, NULL);
	kill(pid, SIGKILL);
	return waitpid(pid, NULL, 0) != pid;
}
