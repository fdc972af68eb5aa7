/* SPDX-License-Identifier: MIT */
/*
 * Keeps values of its own in all general registers, the flags that ring 3 may
 * set and the red zone while it spins, and verifies them: registers MS SEED.
 */
#include "guest.h"
#include "hold.h"

/* CF PF AF ZF SF DF OF, AC, ID */
#define FLAGS 0x240cd5UL

int main(int argc, char **argv)
{
	int64_t end = guest_now_ms() + (int64_t)guest_number(argc, argv, 1, 100);
	uint64_t state = guest_number(argc, argv, 2, 1) * 0x9e3779b97f4a7c15 + 1;
	struct hold_registers in, out;
	unsigned long rounds = 0;

	while (guest_now_ms() < end) {
		uint64_t *words = (uint64_t *)&in;

		for (size_t i = 0; i < sizeof(in) / 8; i++)
			words[i] = guest_random(&state);
		in.rflags = 0x202 | (guest_random(&state) & FLAGS);
		out = in;
		memset(&out, 0, sizeof(out));
		hold_registers(&in, &out, 1000 + (guest_random(&state) & 0x7ffff));
		rounds++;
		EXPECT(3, (out.rflags & FLAGS) == (in.rflags & FLAGS));
		EXPECT(4, (out.rflags & 0x3200) == 0x200);
		in.rflags = out.rflags;
		in.pad = out.pad = 0;
		EXPECT(5, memcmp(&in, &out, offsetof(struct hold_registers, red_zone)) == 0);
		EXPECT(6, memcmp(in.red_zone, out.red_zone, sizeof(in.red_zone)) == 0);
	}
	puts("registers kept");
	return rounds ? 0 : GUEST_BROKEN;
}
