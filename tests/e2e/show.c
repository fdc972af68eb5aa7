/* SPDX-License-Identifier: MIT */
/* Prints its arguments and its environment, a line each. */
#include <stdio.h>

int main(int argc, char **argv, char **envp)
{
	for (int i = 0; i < argc; i++)
		printf("arg %s\n", argv[i]);
	for (; *envp; envp++)
		printf("env %s\n", *envp);
	return 0;
}
