/* SPDX-License-Identifier: MIT */
/*
 * The standard streams are buffered as their kind asks: stdout fully into a
 * pipe or file, stderr not at all, and what is buffered is out at the end.
 */
#include <unistd.h>

#include "abi.h"

int main(void)
{
	static char own[64];

	printf("first, stays in the buffer; ");
	if (write(STDOUT_FILENO, "written before it\n", 18) != 18)
		return 2;
	fputs("stderr is not held back\n", stderr);
	fflush(stdout);
	for (int i = 0; i < 3000; i++)
		printf("line %d of many\n", i);
	fflush(stdout);
	setvbuf(stdout, own, _IOFBF, sizeof(own));
	for (int i = 0; i < 100; i++)
		printf("%d,", i);
	fflush(stdout);
	setvbuf(stdout, NULL, _IONBF, 0);
	printf("\nunbuffered ");
	if (write(STDOUT_FILENO, "in order\n", 9) != 9)
		return 2;
	setvbuf(stdout, own, _IOFBF, sizeof(own));
	printf("left to exit");
	return 0;
}
