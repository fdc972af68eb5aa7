/* SPDX-License-Identifier: MIT */
/* Asks the kernel to put bytes from any address into a pipe: write_to ADDRESS */
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int ends[2];

	if (argc < 2 || pipe(ends))
		return 2;
	return syscall(SYS_write, ends[1], strtoul(argv[1], NULL, 0), 1) == 1 ? 0 : 1;
}
