/* SPDX-License-Identifier: MIT */
/* abort() ends the program by SIGABRT; what it had flushed is out. */
#include <stdlib.h>

#include "abi.h"

int main(void)
{
	printf("before\n");
	fflush(stdout);
	abort();
}
