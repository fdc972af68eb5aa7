/* SPDX-License-Identifier: MIT */
/* Numbers for people, the same in every locale. */
#ifndef VMM_OBSERVE_QUANTITY_H
#define VMM_OBSERVE_QUANTITY_H

#include <stddef.h>
#include <stdint.h>

#define QUANTITY_SIZE 40 /* room for any of these */

/* Each writes to out, always terminated, and returns out. */

/* 1234567 as "1,234,567". */
const char *quantity_format_count(uint64_t count, char *out, size_t size);

/* "850 ns", "1.5 ms", "12.34 s": at most two decimals, and none that is 0. */
const char *quantity_format_ns(uint64_t ns, char *out, size_t size);

/* ns in milliseconds: "1,234.567". */
const char *quantity_format_ms(uint64_t ns, char *out, size_t size);

/* "64 KiB", "1.5 MiB": binary units, as quantity_format_ns has decimals. */
const char *quantity_format_bytes(uint64_t bytes, char *out, size_t size);

/* tsc ticks at hz in ns, without overflow; 0 if hz is 0. */
uint64_t quantity_tsc_to_ns(uint64_t tsc, uint64_t hz);

#endif
