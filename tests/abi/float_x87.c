/* SPDX-License-Identifier: MIT */
/*
 * The x87 unit computes in 80 bits, rounds as it is told, and starts with the
 * control word that the ABI wants.
 */
#include <fenv.h>
#include <math.h>

#include "abi.h"

static void show(const char *what, long double value)
{
	unsigned char bytes[16] = { 0 };

	memcpy(bytes, &value, 10);
	printf("%-12s", what);
	for (int i = 9; i >= 0; i--)
		printf("%02x", bytes[i]);
	printf(" %.21Lg\n", value);
}

static long double divide(volatile long double a, volatile long double b)
{
	return a / b;
}

int main(void)
{
	static const int modes[] = { FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO };
	long double sum = 0, x = 1;
	unsigned short control;

	__asm__ volatile("fnstcw %0" : "=m"(control));
	printf("control word %04x\n", control);
	for (int i = 0; i < 4; i++) {
		fesetround(modes[i]);
		show("1/3", divide(1, 3));
		show("-1/3", divide(-1, 3));
	}
	fesetround(FE_TONEAREST);
	for (int i = 1; i < 20000; i++) {
		sum += x / i;
		x = -x;
	}
	show("ln 2, nearly", sum);
	show("sqrt 2", sqrtl(2));
	show("sin 1", sinl(1));
	show("exp 1", expl(1));
	show("atan 1", atanl(1));
	show("log 10", logl(10));
	show("infinity", divide(1, 0));
	show("tiny", divide(0x1p-16382L, 3));
	feclearexcept(FE_ALL_EXCEPT);
	divide(1, 0);
	printf("flags %x\n", fetestexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW));
	return 0;
}
