/* SPDX-License-Identifier: MIT */
/*
 * Numbers as Python reads and prints them: digits may have single underscores
 * between them, and white space around. Who calls has the text on a command
 * line; what is not a number is -EINVAL, and what is none for 64 bits -ERANGE.
 */
#ifndef VMM_OSTEP_NUMBER_H
#define VMM_OSTEP_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* As int(text). */
int number_parse_int(const char *text, int64_t *value);

/* As optparse takes the value of an option: 0x1f, 0b11 and 017 have their base. */
int number_parse_option(const char *text, int64_t *value);

/* As float(text). */
int number_parse_float(const char *text, double *value);

#define NUMBER_FLOAT_SIZE 40

/* As repr(value): the shortest text that is read back as the same number. */
void number_format_float(double value, char text[NUMBER_FLOAT_SIZE]);

#endif
