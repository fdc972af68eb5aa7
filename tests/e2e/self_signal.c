/* SPDX-License-Identifier: MIT */
/* self_signal N: sends itself so many signals, and handles them. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t nr;

static void count(int sig)
{
	(void)sig;
	nr++;
}

int main(int argc, char **argv)
{
	int wanted = argc > 1 ? atoi(argv[1]) : 1;

	pid_t self = getpid(); /* no other call between two signals */

	signal(SIGUSR1, count);
	while (nr < wanted)
		kill(self, SIGUSR1);
	return 0;
}
