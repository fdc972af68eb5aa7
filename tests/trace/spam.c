/* SPDX-License-Identifier: MIT */
/* usage: spam N [fail]    N system calls, two events each; status 2 with fail. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 1000;

	while (n--)
		syscall(SYS_getppid);
	return argc > 2 ? 2 : 0;
}
