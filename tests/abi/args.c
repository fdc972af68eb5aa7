/* SPDX-License-Identifier: MIT */
/*
 * Arguments and environment arrive as given: order, empty ones, spaces, every
 * byte value that can be passed, long ones; both arrays end with a null.
 */
#include <stdlib.h>

#include "abi.h"

extern char **environ;

static void show(const char *what, int idx, const char *text)
{
	size_t len = strlen(text);

	printf("%s[%d] len %zu hash %016llx", what, idx, len,
	       (unsigned long long)abi_hash(text, len, 0));
	if (len < 60)
		printf(" \"%s\"", text);
	printf("\n");
}

int main(int argc, char **argv, char **envp)
{
	printf("argc %d\n", argc);
	for (int i = 1; i < argc; i++)
		show("argv", i, argv[i]);
	check("argv ends with null", argv[argc] == NULL);
	check("envp is environ", envp == environ);
	check("envp follows argv", envp == argv + argc + 1);
	for (int i = 0; envp[i]; i++)
		show("env", i, envp[i]);
	check("PATH can be looked up", getenv("PATH") != NULL);
	check("NO_SUCH_NAME is not set", getenv("NO_SUCH_NAME") == NULL);
	check("setenv", setenv("LDE_TEST", "value", 1) == 0);
	printf("LDE_TEST=%s\n", getenv("LDE_TEST"));
	unsetenv("LDE_TEST");
	check("unsetenv", getenv("LDE_TEST") == NULL);
	return abi_end();
}
