/* SPDX-License-Identifier: MIT */
/* Thread-local variables: initialised, zeroed, aligned, kept over yields. */
#include <sched.h>

#include "abi.h"

static __thread int initialised = 42;
static __thread int zeroed;
static __thread char array[5000];
static __thread _Alignas(64) long aligned = 7;
__thread const char *text = "text";

static __attribute__((noinline)) int *address(void)
{
	return &initialised;
}

int main(void)
{
	int wrong = 0;

	printf("%d %d %ld %s\n", initialised, zeroed, aligned, text);
	check("aligned", ((uintptr_t)&aligned & 63) == 0);
	check("one address", address() == &initialised);
	for (int i = 0; i < 1000; i++) {
		initialised++;
		array[i * 5] = (char)i;
		sched_yield();
		wrong += initialised != 43 + i || array[i * 5] != (char)i || errno;
	}
	errno = EDOM;
	sched_yield();
	check("kept", wrong == 0 && errno == EDOM && *address() == 1042);
	return abi_end();
}
