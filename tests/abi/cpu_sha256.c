/* SPDX-License-Identifier: MIT */
/* CPU-bound: SHA-256 after FIPS 180-4, checked with its known answers. */
#include "abi.h"

static uint32_t round_constants[64];
static uint32_t first_state[8];

/* The first 32 bits of the fraction of the root of n, found by bisection. */
static uint32_t root_fraction(uint32_t n, int cubic)
{
	unsigned __int128 target = (unsigned __int128)n << (cubic ? 96 : 64);
	uint64_t low = 0, high = (uint64_t)1 << 36;

	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;
		unsigned __int128 power = (unsigned __int128)middle * middle;

		if (cubic)
			power *= middle;
		if (power <= target)
			low = middle;
		else
			high = middle;
	}
	return (uint32_t)low;
}

static void make_constants(void)
{
	int found = 0;

	for (uint32_t n = 2; found < 64; n++) {
		uint32_t d = 2;

		while (n % d)
			d++;
		if (d != n)
			continue;
		if (found < 8)
			first_state[found] = root_fraction(n, 0);
		round_constants[found++] = root_fraction(n, 1);
	}
}

static uint32_t rotate(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static void sha256_block(uint32_t h[8], const unsigned char *p)
{
	uint32_t w[64], s[8];

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 |
		       (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
	for (int i = 16; i < 64; i++) {
		uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
		uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;

		w[i] = w[i - 16] + s0 + w[i - 7] + s1;
	}
	memcpy(s, h, sizeof(s));
	for (int i = 0; i < 64; i++) {
		uint32_t e = s[4], a = s[0];
		uint32_t t1 = s[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
			      ((e & s[5]) ^ (~e & s[6])) + round_constants[i] + w[i];
		uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
			      ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));

		memmove(s + 1, s, 7 * sizeof(s[0]));
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		h[i] += s[i];
}

static void sha256(const unsigned char *p, size_t len, char hex[65])
{
	unsigned char last[128] = { 0 };
	uint64_t bits = (uint64_t)len * 8;
	uint32_t h[8];
	size_t tail;

	memcpy(h, first_state, sizeof(h));
	for (; len >= 64; len -= 64, p += 64)
		sha256_block(h, p);
	memcpy(last, p, len);
	last[len] = 0x80;
	tail = len < 56 ? 64 : 128;
	for (int i = 0; i < 8; i++)
		last[tail - 1 - (size_t)i] = (unsigned char)(bits >> (8 * i));
	for (size_t at = 0; at < tail; at += 64)
		sha256_block(h, last + at);
	for (int i = 0; i < 8; i++)
		snprintf(hex + 8 * i, 9, "%08x", h[i]);
}

int main(void)
{
	static unsigned char data[1 << 20];
	char hex[65];

	make_constants();
	sha256((const unsigned char *)"abc", 3, hex);
	check("abc", strcmp(hex, "ba7816bf8f01cfea414140de5dae2223"
				 "b00361a396177a9cb410ff61f20015ad") == 0);
	sha256(data, 0, hex);
	check("empty", strcmp(hex, "e3b0c44298fc1c149afbf4c8996fb924"
				   "27ae41e4649b934ca495991b7852b855") == 0);
	memset(data, 'a', 1000000);
	sha256(data, 1000000, hex);
	check("a million a", strcmp(hex, "cdc76e5c9914fb9281a1c7e284d73e67"
					 "f1809a48a497200e046d39ccc7112cd0") == 0);
	printf("%s\n", hex);
	return abi_end();
}
