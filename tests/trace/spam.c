/* SPDX-License-Identifier: MIT */
/* usage: spam N    N system calls, two events each. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 1000;

	while (n--)
		syscall(SYS_getppid);
	return 0;
}
