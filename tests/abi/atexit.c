/* SPDX-License-Identifier: MIT */
/* Exit functions run last first, destructors after them, output is flushed. */
#include <stdlib.h>

#include "abi.h"

static void last(void)
{
	printf("registered first\n");
}

static void first(void)
{
	printf("registered last\n");
}

__attribute__((constructor)) static void before_main(void)
{
	printf("constructor\n");
}

__attribute__((destructor)) static void after_main(void)
{
	printf("destructor\n");
}

int main(void)
{
	atexit(last);
	for (int i = 0; i < 40; i++)
		atexit(first);
	printf("main\n");
	exit(5);
}
