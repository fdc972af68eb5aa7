/* SPDX-License-Identifier: MIT */
/* Numbers to text and back: printf's conversions, strtod, strtol, scanf. */
#include <float.h>
#include <locale.h>
#include <stdlib.h>

#include "abi.h"

int main(void)
{
	static const char *const texts[] = { "0", "-0", "3.14159", "1e308", "1e-320", "1e999", "inf",
					     "nan", "0x1.8p3", "12abc", "", "  7.5e-3x" };
	static const double numbers[] = { 0.1, 1.0 / 3, DBL_MAX, DBL_MIN, 5e-324, 123456789.125, -2.5 };
	uint64_t state = 99;
	int wrong = 0;

	printf("locale %s\n", setlocale(LC_ALL, NULL));
	printf("set C %s\n", setlocale(LC_ALL, "C"));
	printf("decimal point %s\n", localeconv()->decimal_point);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *end;
		double value = strtod(texts[i], &end);

		printf("%-10s %a %.17g rest \"%s\"\n", texts[i], value, value, end);
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		printf("%f %e %g %.0f %10.3f|%-12.4e|%+g %a\n", numbers[i], numbers[i], numbers[i],
		       numbers[i], numbers[i], numbers[i], numbers[i], numbers[i]);
	printf("%5d|%-5d|%05d|%+d|%x|%#o|%lld|%zu|%hhd\n", 42, 42, 42, 42, 255, 8, -1LL, (size_t)7,
	       (signed char)-3);
	printf("%s|%.3s|%10s|%-10s|%c|%%|%p\n", "text", "text", "text", "text", 'x', (void *)16);
	printf("%ld %lu %ld\n", strtol("-0x7fff", NULL, 0), strtoul("777", NULL, 8),
	       strtol("99999999999999999999", NULL, 10));
	for (int i = 0; i < 2000; i++) {
		uint64_t bits = abi_random(&state);
		double value, again;
		char text[40];

		memcpy(&value, &bits, sizeof(value));
		snprintf(text, sizeof(text), "%.17g", value);
		again = strtod(text, NULL);
		wrong += value == value && again != value;
	}
	check("there and back", wrong == 0);
	int a, b;
	float f;

	check("sscanf", sscanf("12 -7 2.5", "%d %d %f", &a, &b, &f) == 3 && a == 12 && b == -7 &&
				f == 2.5f);
	return abi_end();
}
