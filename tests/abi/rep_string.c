/* SPDX-License-Identifier: MIT */
/*
 * The rep string instructions over many pages that are touched for the first
 * time on the way, forwards and, with DF set, backwards.
 */
#include <sys/mman.h>

#include "abi.h"

#define SIZE (256UL * 1024)

static unsigned char *fresh(void)
{
	return mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void fill(unsigned char *to, unsigned char value, size_t len)
{
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(len) : "a"(value) : "memory");
}

static size_t copy(unsigned char *to, const unsigned char *from, size_t len)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(len) : : "memory");
	return len;
}

static void copy_backwards(unsigned char *to, const unsigned char *from, size_t len)
{
	to += len - 1;
	from += len - 1;
	__asm__ volatile("std\n\trep movsb\n\tcld" : "+D"(to), "+S"(from), "+c"(len) : : "memory");
}

static size_t equal_length(const unsigned char *a, const unsigned char *b, size_t len)
{
	size_t left = len;

	__asm__ volatile("repe cmpsb" : "+S"(a), "+D"(b), "+c"(left) : : "memory", "cc");
	return len - left;
}

static size_t find(const unsigned char *p, unsigned char value, size_t len)
{
	size_t left = len;

	__asm__ volatile("repne scasb" : "+D"(p), "+c"(left) : "a"(value) : "memory", "cc");
	return len - left - 1;
}

int main(void)
{
	unsigned char *a = fresh(), *b = fresh(), *c = fresh(), *d = fresh();
	uint64_t state = 5;

	fill(a, 0x77, SIZE);
	check("stosb", find(a, 0x78, SIZE) == SIZE - 1 && a[0] == 0x77 && a[SIZE - 1] == 0x77);
	for (size_t i = 0; i < SIZE; i++)
		a[i] = (unsigned char)(abi_random(&state) | 1);
	check("movsb", copy(b + 3, a, SIZE - 3) == 0 && memcmp(b + 3, a, SIZE - 3) == 0);
	copy_backwards(c, a, SIZE);
	check("movsb backwards", memcmp(c, a, SIZE) == 0);
	copy_backwards(c + 1, c, SIZE - 1);
	check("overlapping", memcmp(c + 1, a, SIZE - 1) == 0);
	check("cmpsb", equal_length(a, b + 3, SIZE - 3) == SIZE - 3);
	b[200003] ^= 1;
	check("cmpsb finds it", equal_length(a, b + 3, SIZE - 3) == 200001);
	a[123456] = 0;
	check("scasb", find(a, 0, SIZE) == 123456);
	__asm__ volatile("rep movsq"
			 : "=D"((void *){ 0 }), "=S"((void *){ 0 }), "=c"((long){ 0 })
			 : "0"(d), "1"(a), "2"(SIZE / 8)
			 : "memory");
	check("movsq", memcmp(a, d, SIZE) == 0);
	return abi_end();
}
