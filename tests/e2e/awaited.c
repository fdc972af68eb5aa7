/* SPDX-License-Identifier: MIT */
/*
 * A helper on the host: executes a command for which a signal has come already and
 * waits, since it is blocked: awaited NUMBER COMMAND [ARG]...
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int number = argc > 2 ? atoi(argv[1]) : 0;
	sigset_t set;

	sigemptyset(&set);
	if (number <= 0 || sigaddset(&set, number)) {
		fprintf(stderr, "usage: awaited NUMBER COMMAND [ARG]...\n");
		return 99;
	}
	signal(number, SIG_DFL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(number);
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 99;
}
