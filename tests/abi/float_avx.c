/* SPDX-License-Identifier: MIT */
/*
 * AVX2 and AVX-512, where the CPU and the system say that they may be used,
 * compute what plain code computes. The result does not say which was used,
 * so that both runs print the same although CPUID may differ.
 */
#include <stdlib.h>

#include "abi.h"

#define N 4096

static int32_t a[N], b[N];

static int32_t dot_plain(void)
{
	int32_t sum = 0;

	for (int i = 0; i < N; i++)
		sum += a[i] * b[i];
	return sum;
}

typedef int32_t v8 __attribute__((vector_size(32)));
typedef int32_t v16 __attribute__((vector_size(64)));

__attribute__((target("avx2"), noinline)) static int32_t dot_avx2(void)
{
	int32_t total = 0;
	v8 sum = { 0 };

	for (int i = 0; i < N; i += 8) {
		v8 x, y;

		memcpy(&x, a + i, sizeof(x));
		memcpy(&y, b + i, sizeof(y));
		sum += x * y;
	}
	for (int i = 0; i < 8; i++)
		total += sum[i];
	return total;
}

__attribute__((target("avx512f"), noinline)) static int32_t dot_avx512(void)
{
	int32_t total = 0;
	v16 sum = { 0 };

	for (int i = 0; i < N; i += 16) {
		v16 x, y;

		memcpy(&x, a + i, sizeof(x));
		memcpy(&y, b + i, sizeof(y));
		sum += x * y;
	}
	for (int i = 0; i < 16; i++)
		total += sum[i];
	return total;
}

int main(void)
{
	uint64_t state = 42;
	int32_t plain;

	for (int i = 0; i < N; i++) {
		a[i] = (int32_t)(abi_random(&state) % 1000);
		b[i] = (int32_t)(abi_random(&state) % 1000);
	}
	plain = dot_plain();
	printf("%d\n", plain);
	for (int i = 0; i < 200; i++) {
		if (__builtin_cpu_supports("avx2") && dot_avx2() != plain)
			return 1;
		if (__builtin_cpu_supports("avx512f") && dot_avx512() != plain)
			return 2;
	}
	check("the same with wide vectors", 1);
	return abi_end();
}
