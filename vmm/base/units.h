/* SPDX-License-Identifier: MIT */
/*
 * Numbers with units, as people write them: 10ms, 1.5s, 256M, 64MiB.
 *
 * Each way of being wrong has a code of its own, so that the caller can say
 * what would do; units_error_text() has a short text for each.
 */
#ifndef VMM_BASE_UNITS_H
#define VMM_BASE_UNITS_H

#include <stdint.h>

enum units_error {
	UNITS_OK = 0,
	UNITS_EMPTY,      /* nothing there */
	UNITS_NEGATIVE,   /* a minus sign */
	UNITS_NOT_NUMBER, /* does not start with a digit */
	UNITS_NO_UNIT,    /* a duration without its unit */
	UNITS_BAD_UNIT,   /* a unit that is not known */
	UNITS_OVERFLOW,   /* more than 64 bits hold */
	UNITS_TOO_FINE,   /* a fraction of a nanosecond or of a byte */
};

/* Digits, optionally a fraction, then one of ns, us, ms, s, min, h. *ns is
 * set only on UNITS_OK. */
enum units_error units_parse_duration(const char *text, uint64_t *ns);

/* Digits, optionally a fraction, then one of K, M, G, T or KiB, MiB, GiB, TiB
 * (all powers of 1024), or B or nothing for bytes. */
enum units_error units_parse_size(const char *text, uint64_t *bytes);

/* What is wrong, to stand after the option and its value: "has no unit". */
const char *units_error_text(enum units_error error);

/* What would do, for a message: the units that the function above takes. */
#define UNITS_DURATION_HELP "a number and one of ns, us, ms, s, min, h; for example 10ms"
#define UNITS_SIZE_HELP     "a number and one of K, M, G; for example 256M"

#endif
