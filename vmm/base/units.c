/* SPDX-License-Identifier: MIT */
#include "vmm/base/units.h"

#include <stddef.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit duration_units[] = {
	{"ns", 1},
	{"us", 1000},
	{"ms", 1000 * 1000},
	{"s", 1000 * 1000 * 1000},
	{"min", 60ull * 1000 * 1000 * 1000},
	{"h", 3600ull * 1000 * 1000 * 1000},
	{NULL, 0},
};

static const struct unit size_units[] = {
	{"", 1},
	{"B", 1},
	{"K", 1ull << 10},
	{"KiB", 1ull << 10},
	{"M", 1ull << 20},
	{"MiB", 1ull << 20},
	{"G", 1ull << 30},
	{"GiB", 1ull << 30},
	{"T", 1ull << 40},
	{"TiB", 1ull << 40},
	{NULL, 0},
};

/* A decimal number as integer / scale, a power of ten, so that nothing is rounded. */
struct decimal {
	uint64_t integer;
	uint64_t scale;
};

/* Not by isdigit(3), which asks the locale. */
static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int append_digit(uint64_t *number, char c)
{
	return __builtin_mul_overflow(*number, 10ull, number) ||
	       __builtin_add_overflow(*number, (uint64_t)(c - '0'), number);
}

static enum units_error parse_decimal(const char **text, struct decimal *out)
{
	const char *p = *text;

	*out = (struct decimal){0, 1};
	for (; is_digit(*p); p++)
		if (append_digit(&out->integer, *p))
			return UNITS_OVERFLOW;
	if (*p == '.' && is_digit(p[1])) {
		for (p++; is_digit(*p); p++)
			if (append_digit(&out->integer, *p) ||
			    __builtin_mul_overflow(out->scale, 10ull, &out->scale))
				return UNITS_OVERFLOW;
	}
	*text = p;
	return UNITS_OK;
}

static enum units_error scale_decimal(struct decimal number, uint64_t factor, uint64_t *out)
{
	unsigned __int128 product = (unsigned __int128)number.integer * factor;

	if (product % number.scale)
		return UNITS_TOO_FINE;
	product /= number.scale;
	if (product > UINT64_MAX)
		return UNITS_OVERFLOW;
	*out = (uint64_t)product;
	return UNITS_OK;
}

static enum units_error parse(const char *text, const struct unit *units, uint64_t *out)
{
	struct decimal number;

	if (!*text)
		return UNITS_EMPTY;
	if (*text == '-')
		return UNITS_NEGATIVE;
	if (!is_digit(*text))
		return UNITS_NOT_NUMBER;
	enum units_error error = parse_decimal(&text, &number);
	if (error != UNITS_OK)
		return error;
	for (const struct unit *unit = units; unit->name; unit++)
		if (!strcmp(text, unit->name))
			return scale_decimal(number, unit->factor, out);
	return *text ? UNITS_BAD_UNIT : UNITS_NO_UNIT;
}

enum units_error units_parse_duration(const char *text, uint64_t *ns)
{
	return parse(text, duration_units, ns);
}

enum units_error units_parse_size(const char *text, uint64_t *bytes)
{
	return parse(text, size_units, bytes);
}

const char *units_error_text(enum units_error error)
{
	switch (error) {
	case UNITS_OK:
		return "is fine";
	case UNITS_EMPTY:
		return "is empty";
	case UNITS_NEGATIVE:
		return "is negative";
	case UNITS_NOT_NUMBER:
		return "is not a number";
	case UNITS_NO_UNIT:
		return "has no unit";
	case UNITS_BAD_UNIT:
		return "has an unknown unit";
	case UNITS_OVERFLOW:
		return "is too large";
	case UNITS_TOO_FINE:
		return "is too fine a fraction";
	}
	return "is wrong";
}
