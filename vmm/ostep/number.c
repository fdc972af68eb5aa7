/* SPDX-License-Identifier: MIT */
#include "vmm/ostep/number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TEXT_MAX 400 /* longer than any number that somebody means */

#define DECIMAL       10
#define DIGITS_ENOUGH 17 /* for any double */
/* repr writes what is smaller or greater than that with an exponent. */
#define FIXED_EXPONENT_MIN (-4)
#define FIXED_EXPONENT_MAX 15

/* Copies text without the white space around it and the underscores between
 * digits. -EINVAL if an underscore is elsewhere, or nothing is left. */
static int strip(const char *text, char copy[TEXT_MAX])
{
	size_t len = 0;
	const char *end = text + strlen(text);

	while (isspace((unsigned char)*text))
		text++;
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	if (text == end || end - text >= TEXT_MAX)
		return -EINVAL;
	for (const char *at = text; at < end; at++) {
		if (*at != '_')
			copy[len++] = *at;
		else if (at == text || !isdigit((unsigned char)at[-1]) ||
			 !isdigit((unsigned char)at[1]))
			return -EINVAL;
	}
	copy[len] = '\0';
	return 0;
}

static int parse(const char *text, int base, int64_t *value)
{
	char copy[TEXT_MAX], *end;
	int err = strip(text, copy);
	const char *digits = copy + (copy[0] == '+' || copy[0] == '-');
	long long number;

	if (err)
		return err;
	/* What strtoll would skip as well. */
	if (!isalnum((unsigned char)*digits))
		return -EINVAL;
	errno = 0;
	number = strtoll(copy, &end, base);
	if (*end)
		return -EINVAL;
	if (errno)
		return -ERANGE;
	*value = number;
	return 0;
}

int number_parse_int(const char *text, int64_t *value)
{
	return parse(text, DECIMAL, value);
}

int number_parse_option(const char *text, int64_t *value)
{
	if (strncasecmp(text, "0x", 2) == 0)
		return parse(text, 16, value);
	if (strncasecmp(text, "0b", 2) == 0)
		return parse(text[2] ? text + 2 : "0", 2, value);
	if (strncasecmp(text, "0o", 2) == 0 && isdigit((unsigned char)text[2]))
		return parse(text + 2, 8, value);
	return parse(text, text[0] == '0' ? 8 : DECIMAL, value);
}

/* Digits, a point, digits, an exponent: of what strtod takes beyond that, float()
 * has inf and nan, but no hexadecimal. */
static bool is_float(const char *text)
{
	return !strpbrk(text, "xX()");
}

int number_parse_float(const char *text, double *value)
{
	char copy[TEXT_MAX], *end;
	int err = strip(text, copy);

	if (err)
		return err;
	if (!is_float(copy) || isspace((unsigned char)copy[0]))
		return -EINVAL;
	*value = strtod(copy, &end);
	return *end ? -EINVAL : 0;
}

/* The digits of value without sign and trailing zeros, and its decimal exponent. */
static int shortest_digits(double value, char *digits)
{
	char text[NUMBER_FLOAT_SIZE];
	size_t len = 0;

	for (int nr = 0; nr < DIGITS_ENOUGH; nr++) {
		snprintf(text, sizeof(text), "%.*e", nr, value);
		if (strtod(text, NULL) == value)
			break;
	}
	for (const char *at = text; *at != 'e'; at++)
		if (isdigit((unsigned char)*at))
			digits[len++] = *at;
	digits[len] = '\0';
	return atoi(strchr(text, 'e') + 1);
}

static void format_exponent(const char *digits, int exponent, const char *sign, char *text)
{
	snprintf(text, NUMBER_FLOAT_SIZE, "%s%c%s%.*se%c%02d", sign, digits[0],
		 digits[1] ? "." : "", DIGITS_ENOUGH, digits + 1, exponent < 0 ? '-' : '+',
		 abs(exponent));
}

void number_format_float(double value, char text[NUMBER_FLOAT_SIZE])
{
	char digits[NUMBER_FLOAT_SIZE] = "";
	int exponent, decimals;

	if (!isfinite(value)) {
		snprintf(text, NUMBER_FLOAT_SIZE, "%s%s", value < 0 ? "-" : "",
			 isnan(value) ? "nan" : "inf");
		return;
	}
	exponent = shortest_digits(value, digits);
	if (exponent < FIXED_EXPONENT_MIN || exponent > FIXED_EXPONENT_MAX) {
		format_exponent(digits, exponent, signbit(value) ? "-" : "", text);
		return;
	}
	decimals = (int)strlen(digits) - 1 - exponent;
	snprintf(text, NUMBER_FLOAT_SIZE, "%.*f", decimals > 1 ? decimals : 1, value);
}
