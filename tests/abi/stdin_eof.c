/* SPDX-License-Identifier: MIT */
/* End of file stays end of file, an empty read is not one, stdin is no tty. */
#include <sys/stat.h>
#include <unistd.h>

#include "abi.h"

int main(void)
{
	struct stat st;
	char buf[100];
	ssize_t n, total = 0;

	check("empty read", read(STDIN_FILENO, buf, 0) == 0);
	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
		total += n;
	printf("%zd bytes\n", total);
	for (int i = 0; i < 3; i++)
		check("end of file again", read(STDIN_FILENO, buf, sizeof(buf)) == 0);
	check("getchar says EOF", getchar() == EOF);
	for (int fd = 0; fd < 3; fd++) {
		check("fstat of a standard stream", fstat(fd, &st) == 0);
		printf("fd %d type %o, tty %d\n", fd, st.st_mode & S_IFMT, isatty(fd));
	}
	return abi_end();
}
