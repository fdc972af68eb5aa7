/* SPDX-License-Identifier: MIT */
/* The bytes that a fuzzer has made up, as they are used up from the front. */
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct input {
	const uint8_t *bytes;
	size_t len;
};

/* A number of up to 8 bytes. What is left when the input is at its end are zeroes. */
static inline uint64_t input_take(struct input *in, size_t size)
{
	uint64_t value = 0;
	size_t n = size < in->len ? size : in->len;

	if (n)
		memcpy(&value, in->bytes, n);
	in->bytes += n;
	in->len -= n;
	return value;
}

#endif
