/* SPDX-License-Identifier: MIT */
/* What hold.S loads into the registers and stores back. */
#ifndef HOLD_H
#define HOLD_H

#include <cpuid.h>
#include <stddef.h>
#include <stdint.h>

struct hold_vectors {
	uint8_t zmm[32][64];
	uint64_t k[8];
	uint32_t mxcsr;
	uint16_t fcw;
	uint16_t pad[5];
	uint8_t x87[8][16];
};
_Static_assert(offsetof(struct hold_vectors, k) == 2048, "hold.S");
_Static_assert(offsetof(struct hold_vectors, x87) == 2128, "hold.S");

struct hold_registers {
	uint64_t rax, rbx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rflags, pad;
	uint64_t red_zone[8];
};
_Static_assert(offsetof(struct hold_registers, rflags) == 112, "hold.S");
_Static_assert(offsetof(struct hold_registers, red_zone) == 128, "hold.S");

enum hold_level { HOLD_SSE, HOLD_AVX, HOLD_AVX512 };

void hold_vectors(const struct hold_vectors *in, struct hold_vectors *out, enum hold_level level,
		  unsigned long spins, unsigned long yields);
void hold_registers(const struct hold_registers *in, struct hold_registers *out,
		    unsigned long spins);

/* The widest registers that CPUID and XGETBV say may be used. */
static inline enum hold_level hold_level(void)
{
	unsigned int a, b, c, d, xcr0, high;

	__cpuid(1, a, b, c, d);
	if (!(c & bit_OSXSAVE) || !(c & bit_AVX))
		return HOLD_SSE;
	__asm__ volatile("xgetbv" : "=a"(xcr0), "=d"(high) : "c"(0));
	if ((xcr0 & 6) != 6)
		return HOLD_SSE;
	__cpuid_count(7, 0, a, b, c, d);
	if ((xcr0 & 0xe6) == 0xe6 && (b & bit_AVX512F) && (b & bit_AVX512BW))
		return HOLD_AVX512;
	return HOLD_AVX;
}

#endif
