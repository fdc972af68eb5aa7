/* SPDX-License-Identifier: MIT */
/* CPU-bound: multiplies matrices of doubles and of integers. */
#include "abi.h"

#define N 128

static double a[N][N], b[N][N], c[N][N];
static uint32_t x[N][N], y[N][N], z[N][N];

int main(void)
{
	double trace = 0;

	for (int i = 0; i < N; i++) {
		for (int j = 0; j < N; j++) {
			a[i][j] = 1.0 / (1 + i + j);
			b[i][j] = (i - j) / 7.0;
			x[i][j] = (uint32_t)(i * 2654435761u + j);
			y[i][j] = (uint32_t)(j * 40503u ^ i);
		}
	}
	for (int i = 0; i < N; i++) {
		for (int j = 0; j < N; j++) {
			for (int k = 0; k < N; k++) {
				c[i][j] += a[i][k] * b[k][j];
				z[i][j] += x[i][k] * y[k][j];
			}
		}
	}
	for (int i = 0; i < N; i++)
		trace += c[i][i];
	printf("trace %.17g\n", trace);
	printf("doubles %016llx\n", (unsigned long long)abi_hash(c, sizeof(c), 0));
	printf("integers %016llx\n", (unsigned long long)abi_hash(z, sizeof(z), 0));
	return 0;
}
