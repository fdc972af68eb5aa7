/* SPDX-License-Identifier: MIT */
/* Reads one line of input, waiting for it, and prints it. */
#include "guest.h"

int main(void)
{
	char line[100];

	if (!fgets(line, sizeof(line), stdin))
		return 3;
	printf("read %s", line);
	return 0;
}
