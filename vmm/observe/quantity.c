/* SPDX-License-Identifier: MIT */
#include "vmm/observe/quantity.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char *quantity_format_count(uint64_t count, char *out, size_t size)
{
	char digits[24];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, count);
	size_t used = 0;

	for (size_t i = 0; i < len && used + 2 < size; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[used++] = ',';
		out[used++] = digits[i];
	}
	out[used] = '\0';
	return out;
}

/* value / divisor with two decimals, rounded; "1.50" becomes "1.5". */
static const char *format_scaled(uint64_t value, uint64_t divisor, const char *unit, char *out,
				 size_t size)
{
	char number[QUANTITY_SIZE];

	snprintf(number, sizeof(number), "%.2f", (double)value / (double)divisor);
	for (char *end = number + strlen(number) - 1; *end == '0' || *end == '.'; end--) {
		bool whole = *end == '.';

		*end = '\0';
		if (whole)
			break;
	}
	snprintf(out, size, "%s %s", number, unit);
	return out;
}

const char *quantity_format_ns(uint64_t ns, char *out, size_t size)
{
	if (ns < 1000)
		snprintf(out, size, "%" PRIu64 " ns", ns);
	else if (ns < 1000000)
		format_scaled(ns, 1000, "us", out, size);
	else if (ns < 1000000000)
		format_scaled(ns, 1000000, "ms", out, size);
	else
		format_scaled(ns, 1000000000, "s", out, size);
	return out;
}

const char *quantity_format_ms(uint64_t ns, char *out, size_t size)
{
	uint64_t us = ns / 1000 + (ns % 1000 >= 500);
	char whole[QUANTITY_SIZE];

	quantity_format_count(us / 1000, whole, sizeof(whole));
	snprintf(out, size, "%s.%03" PRIu64, whole, us % 1000);
	return out;
}

const char *quantity_format_bytes(uint64_t bytes, char *out, size_t size)
{
	if (bytes < 1024)
		snprintf(out, size, "%" PRIu64 " B", bytes);
	else if (bytes < 1ull << 20)
		format_scaled(bytes, 1ull << 10, "KiB", out, size);
	else if (bytes < 1ull << 30)
		format_scaled(bytes, 1ull << 20, "MiB", out, size);
	else
		format_scaled(bytes, 1ull << 30, "GiB", out, size);
	return out;
}

uint64_t quantity_tsc_to_ns(uint64_t tsc, uint64_t hz)
{
	return hz ? (uint64_t)((unsigned __int128)tsc * 1000000000u / hz) : 0;
}
