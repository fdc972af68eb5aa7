/* SPDX-License-Identifier: MIT */
/* Copies standard input, or the file that is named, to standard output. */
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = argc > 1 ? open(argv[1], O_RDONLY) : STDIN_FILENO;
	static char buf[4096];
	ssize_t n;

	if (fd < 0)
		return 3;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (write(STDOUT_FILENO, buf, (size_t)n) != n)
			return 4;
	return n < 0 ? 5 : 0;
}
