/* SPDX-License-Identifier: MIT */
/* 64 MiB of uninitialised data cost only what is touched, and begin as zero. */
#include "abi.h"

#define SIZE (64UL << 20)

static unsigned char bss[SIZE];

int main(void)
{
	unsigned long wrong = 0;

	for (unsigned long i = 12345; i < SIZE; i += 999983)
		wrong += bss[i] != 0;
	for (unsigned long i = 12345; i < SIZE; i += 999983)
		bss[i] = (unsigned char)(i >> 8);
	for (unsigned long i = 12345; i < SIZE; i += 999983)
		wrong += bss[i] != (unsigned char)(i >> 8) || bss[i - 1] || bss[i + 1];
	bss[SIZE - 1] = 9;
	check("zero, then what was written", wrong == 0 && bss[SIZE - 1] == 9 && bss[0] == 0);
	return abi_end();
}
