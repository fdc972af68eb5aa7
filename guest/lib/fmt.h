/* SPDX-License-Identifier: MIT */
/* Text put together piece by piece in a buffer; what does not fit is left out. */
#ifndef GUEST_LIB_FMT_H
#define GUEST_LIB_FMT_H

#include "guest/lib/compiler.h"

struct fmt {
	char *at, *end; /* the next byte, and the end of the buffer */
};

void fmt_bytes(struct fmt *f, const char *s, uint64_t len);
void fmt_text(struct fmt *f, const char *s);
void fmt_number(struct fmt *f, uint64_t n);
void fmt_signed(struct fmt *f, int64_t n);
/* In hexadecimal, at least so many digits. */
void fmt_hex(struct fmt *f, uint64_t n, unsigned digits);
/* At least so many digits. */
void fmt_padded(struct fmt *f, uint64_t n, unsigned digits);

#endif
