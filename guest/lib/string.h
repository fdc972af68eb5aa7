/* SPDX-License-Identifier: MIT */
/*
 * The C library's mem* and str* functions that the compiler and libfdt call,
 * with their standard meaning.
 */
#ifndef GUEST_LIB_STRING_H
#define GUEST_LIB_STRING_H

#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);

/* Small constant sizes become a few moves instead of a call. */
#define memcpy(d, s, n) __builtin_memcpy(d, s, n)
#define memset(d, c, n) __builtin_memset(d, c, n)

/* Whole words by one instruction, where the compiler would spend one on each. */
static inline void copy_words(void *dst, const void *src, size_t nr)
{
	__asm__ volatile("rep movsq" : "+D"(dst), "+S"(src), "+c"(nr) : : "memory");
}

static inline void zero_words(void *dst, size_t nr)
{
	__asm__ volatile("rep stosq" : "+D"(dst), "+c"(nr) : "a"(0) : "memory");
}

/* Copies at most size - 1 bytes of src and always terminates dst. */
void string_copy(char *dst, const char *src, size_t size);
/* The part of path after its last slash. */
const char *string_base_name(const char *path);

#endif
