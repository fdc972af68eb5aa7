/* SPDX-License-Identifier: MIT */
/* Reads one line and prints it; says whether the standard streams are tty's. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	char line[100];

	printf("tty %d%d%d\n", isatty(0), isatty(1), isatty(2));
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 3;
	printf("read %s", line);
	return 0;
}
