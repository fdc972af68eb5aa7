/* SPDX-License-Identifier: MIT */
/* A failed assertion prints its message to stderr and ends by SIGABRT. */
#include <assert.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	(void)argv;
	puts("before");
	fflush(stdout);
	assert(argc == 1000);
	return 0;
}
