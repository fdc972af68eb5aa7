/* SPDX-License-Identifier: MIT */
/*
 * Initialised data, read-only data and pointers that need relocation are what
 * the linker made of them, over many pages; data can be written, privately.
 */
#include "abi.h"

#define X4(x)	 x, (x) + 1, (x) + 2, (x) + 3
#define X16(x)	 X4(x), X4((x) + 4), X4((x) + 8), X4((x) + 12)
#define X64(x)	 X16(x), X16((x) + 16), X16((x) + 32), X16((x) + 48)
#define X256(x)	 X64(x), X64((x) + 64), X64((x) + 128), X64((x) + 192)
#define X1024(x) X256(x), X256((x) + 256), X256((x) + 512), X256((x) + 768)
#define X4096(x) X1024(x), X1024((x) + 1024), X1024((x) + 2048), X1024((x) + 3072)

#define N 16384

static const uint32_t constant[N] = { X4096(1), X4096(4097), X4096(8193), X4096(12289) };
static uint32_t variable[N] = { X4096(1), X4096(4097), X4096(8193), X4096(12289) };

static const char *const names[] = { "zero", "one", "two", "three" };
static uint32_t *pointers[] = { &variable[0], &variable[1000], &variable[N - 1] };
static void (*const functions[])(const char *, int) = { check, check };

int main(void)
{
	int wrong = 0;

	for (uint32_t i = 0; i < N; i++)
		wrong += constant[i] != i + 1 || variable[i] != i + 1;
	check("as linked", wrong == 0);
	for (uint32_t i = 0; i < N; i += 3)
		variable[i] = ~i;
	for (uint32_t i = 0; i < N; i++)
		wrong += variable[i] != (i % 3 ? i + 1 : ~i) || constant[i] != i + 1;
	check("as written", wrong == 0);
	for (int i = 0; i < 4; i++)
		printf("%s ", names[i]);
	printf("\n%u %u %u\n", *pointers[0], *pointers[1], *pointers[2]);
	functions[1]("pointers to functions", 1);
	return abi_end();
}
