/* SPDX-License-Identifier: MIT */
/* CPU-bound: the Mandelbrot set in doubles, as a picture and a count. */
#include "abi.h"

#define COLUMNS 100
#define LINES	50
#define DEPTH	1500

static int escape_time(double cx, double cy)
{
	double x = 0, y = 0;
	int n = 0;

	while (n < DEPTH && x * x + y * y < 4) {
		double next = x * x - y * y + cx;

		y = 2 * x * y + cy;
		x = next;
		n++;
	}
	return n;
}

int main(void)
{
	static const char shades[] = " .:-=+*%@#";
	long total = 0;

	for (int row = 0; row < LINES; row++) {
		for (int column = 0; column < COLUMNS; column++) {
			int n = escape_time(-2.2 + 3.2 * column / COLUMNS,
					    -1.2 + 2.4 * row / LINES);

			total += n;
			putchar(n == DEPTH ? '#' : shades[n % 9]);
		}
		putchar('\n');
	}
	printf("%ld\n", total);
	return 0;
}
