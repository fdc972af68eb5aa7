/* SPDX-License-Identifier: MIT */
#include "guest/lib/fmt.h"

#include "guest/lib/string.h"

#define DIGITS_MAX 20

void fmt_bytes(struct fmt *f, const char *s, uint64_t len)
{
	len = min_u64(len, f->end - f->at);
	memcpy(f->at, s, len);
	f->at += len;
}

void fmt_text(struct fmt *f, const char *s)
{
	fmt_bytes(f, s, strlen(s));
}

static void in_base(struct fmt *f, uint64_t n, unsigned base, unsigned min_digits)
{
	char digits[DIGITS_MAX];
	unsigned i = DIGITS_MAX;

	do {
		digits[--i] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n || DIGITS_MAX - i < min_digits);
	fmt_bytes(f, digits + i, DIGITS_MAX - i);
}

void fmt_number(struct fmt *f, uint64_t n)
{
	in_base(f, n, 10, 1);
}

void fmt_signed(struct fmt *f, int64_t n)
{
	if (n < 0)
		fmt_text(f, "-");
	in_base(f, n < 0 ? -(uint64_t)n : (uint64_t)n, 10, 1);
}

void fmt_hex(struct fmt *f, uint64_t n, unsigned digits)
{
	in_base(f, n, 16, digits);
}

void fmt_padded(struct fmt *f, uint64_t n, unsigned digits)
{
	in_base(f, n, 10, digits);
}
