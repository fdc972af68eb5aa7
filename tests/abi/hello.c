/* SPDX-License-Identifier: MIT */
/* The smallest program: libc starts, prints to both streams, and ends. */
#include <stdio.h>

int main(void)
{
	puts("hello, world");
	printf("%d %s %c %x\n", 42, "forty-two", '*', 0x2a);
	fflush(stdout);
	fprintf(stderr, "hello, stderr\n");
	return 0;
}
