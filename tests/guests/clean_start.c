/* SPDX-License-Identifier: MIT */
/*
 * A new process starts with clean registers, whatever others left in them:
 * general registers zero, vector registers and x87 as after their reset,
 * selectors of the flat model, bases zero. See first.S.
 */
#include "guest.h"

extern const uint64_t first_regs[17];
extern const uint8_t first_fx[512], first_wide[2112];
extern const uint16_t first_selectors[6];
extern const uint32_t first_level;
extern const uint64_t first_bases[2];

static int is_zero(const uint8_t *p, size_t len)
{
	while (len--)
		if (*p++)
			return 0;
	return 1;
}

int main(void)
{
	static const char names[] = "rax rbx rcx rdx rsi rdi rbp rsp r8  r9  r10 r11 r12 r13 r14 r15 ";
	uint16_t fcw, fsw;
	uint32_t mxcsr;

	for (int i = 0; i < 16; i++) {
		if (i == 7 || first_regs[i] == 0)
			continue;
		fprintf(stderr, "%.4s is 0x%llx\n", names + 4 * i, (unsigned long long)first_regs[i]);
		return 3;
	}
	EXPECT(4, (first_regs[16] & ~2UL) == 0x200);
	EXPECT(5, first_selectors[0] == 0 && first_selectors[1] == 0);
	EXPECT(6, first_selectors[2] == 0 && first_selectors[3] == 0);
	EXPECT(7, first_selectors[4] == 0x33 && first_selectors[5] == 0x2b);
	memcpy(&fcw, first_fx, 2);
	memcpy(&fsw, first_fx + 2, 2);
	memcpy(&mxcsr, first_fx + 24, 4);
	EXPECT(8, fcw == 0x37f);
	EXPECT(9, fsw == 0 && first_fx[4] == 0);
	EXPECT(10, mxcsr == 0x1f80);
	EXPECT(11, is_zero(first_fx + 6, 18));		/* last opcode and addresses */
	EXPECT(12, is_zero(first_fx + 32, 128));	/* x87 and MMX */
	EXPECT(13, is_zero(first_fx + 160, 256));	/* XMM */
	EXPECT(14, is_zero(first_wide, sizeof(first_wide)));
	EXPECT(15, first_bases[0] == 0 && first_bases[1] == 0);
	puts("started clean");
	return 0;
}
