/* SPDX-License-Identifier: MIT */
/*
 * A program that sends itself a signal whose default is to end it does end
 * with that signal, by raise() or kill(); one that is ignored does nothing.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "abi.h"

int main(int argc, char **argv)
{
	int number = argc > 1 ? atoi(argv[1]) : SIGKILL;

	printf("signal %d\n", number);
	fflush(stdout);
	if (argc > 2)
		kill(getpid(), number);
	else
		raise(number);
	printf("still here\n");
	return 0;
}
