/* SPDX-License-Identifier: MIT */
/* SSE arithmetic: results to the bit, rounding modes, flags, default MXCSR. */
#include <float.h>
#include <math.h>
#include <xmmintrin.h>

#include "abi.h"

static void show(const char *what, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	printf("%-14s %016llx %.17g\n", what, (unsigned long long)bits, value);
}

static double divide(volatile double a, volatile double b)
{
	return a / b;
}

int main(void)
{
	static const unsigned int modes[] = { _MM_ROUND_NEAREST, _MM_ROUND_DOWN, _MM_ROUND_UP,
					      _MM_ROUND_TOWARD_ZERO };
	volatile float f = 1.0f / 3;
	double sum = 0;

	printf("mxcsr %04x\n", _mm_getcsr() & 0xffc0);
	for (int i = 0; i < 4; i++) {
		_MM_SET_ROUNDING_MODE(modes[i]);
		show("2/3", divide(2, 3));
		show("-2/3", divide(-2, 3));
	}
	_MM_SET_ROUNDING_MODE(_MM_ROUND_NEAREST);
	for (int i = 1; i < 100000; i++)
		sum += 1.0 / ((double)i * i);
	show("pi^2/6", sum);
	show("sqrt", sqrt(divide(2, 1)));
	show("sin", sin(divide(1, 1)));
	show("exp", exp(divide(1, 1)));
	show("pow", pow(divide(2, 1), 0.5));
	show("fmod", fmod(divide(10, 1), 3.3));
	show("overflow", divide(DBL_MAX, 0.1));
	show("denormal", divide(DBL_MIN, 3));
	show("float", (double)(f * f));
	show("not a number", divide(0, 0) != divide(0, 0));
	_mm_setcsr(_mm_getcsr() & ~0x3fU);
	divide(1, 3);
	printf("inexact %u\n", _mm_getcsr() & 0x3f);
	_mm_setcsr(_mm_getcsr() | 0x8040); /* flush to zero, denormals are zero */
	show("flushed", divide(DBL_MIN, 3));
	return 0;
}
