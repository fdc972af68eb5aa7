/* SPDX-License-Identifier: MIT */
/*
 * Segment selectors and bases belong to a process: segments selectors|null
 * loads them and verifies that they stay; segments bases does so with the base
 * of gs, segments instruction with wrgsbase and wrfsbase.
 */
#include <sched.h>
#include <sys/auxv.h>
#include <sys/syscall.h>

#include "guest.h"

#define ARCH_SET_GS 0x1001
#define ARCH_SET_FS 0x1002

struct selectors {
	uint16_t ds, es, fs, gs;
};

static void spend_time(int round)
{
	if (round % 2)
		guest_call(SYS_sched_yield, 0, 0, 0);
	else
		guest_spin(3000000);
}

/* fs last and back first: the libc needs its base, so no call between. */
static int hold_selectors(uint16_t value, int rounds)
{
	unsigned long fs_base, words[2] = { 0, 0 };
	int wrong = 0;

	guest_call(SYS_arch_prctl, 0x1003, (long)&fs_base, 0);
	for (int i = 0; i < rounds && !wrong; i++) {
		struct selectors now;

		__asm__ volatile("mov %0, %%ds\n\tmov %0, %%es\n\tmov %0, %%gs\n\tmov %0, %%fs"
				 :
				 : "r"((uint32_t)value));
		spend_time(i);
		__asm__ volatile("mov %%ds, %0\n\tmov %%es, %1\n\tmov %%fs, %2\n\tmov %%gs, %3"
				 : "=r"(now.ds), "=r"(now.es), "=r"(now.fs), "=r"(now.gs));
		guest_call(SYS_arch_prctl, ARCH_SET_FS, (long)fs_base, 0);
		words[0] = now.ds | (unsigned long)now.es << 16 | (unsigned long)now.fs << 32 |
			   (unsigned long)now.gs << 48;
		wrong = now.ds != value || now.es != value || now.gs != value ||
			(now.fs != value && now.fs != 0);
	}
	if (wrong)
		fprintf(stderr, "gs, fs, es, ds are 0x%016lx\n", words[0]);
	return !wrong;
}

static unsigned long gs_word(void)
{
	unsigned long value;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(value));
	return value;
}

static int hold_bases(int rounds, int by_instruction)
{
	static unsigned long words[64];
	unsigned long mine = (unsigned long)getpid() * 1000003;

	for (int i = 0; i < rounds; i++) {
		unsigned long *at = &words[i % 64];

		*at = mine + (unsigned long)i;
		if (by_instruction)
			__asm__ volatile("wrgsbase %0" : : "r"(at));
		else
			EXPECT(3, guest_call(SYS_arch_prctl, ARCH_SET_GS, (long)at, 0) == 0);
		spend_time(i);
		EXPECT(4, gs_word() == mine + (unsigned long)i);
	}
	return 1;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int rounds = (int)guest_number(argc, argv, 2, 50);

	if (strcmp(what, "selectors") == 0)
		EXPECT(5, hold_selectors(0x2b, rounds));
	else if (strcmp(what, "null") == 0)
		EXPECT(6, hold_selectors(0, rounds));
	else if (strcmp(what, "bases") == 0)
		EXPECT(7, hold_bases(rounds, 0));
	else if (strcmp(what, "instruction") == 0)
		EXPECT(8, hold_bases(rounds, 1));
	else
		return GUEST_BROKEN;
	puts("segments kept");
	return 0;
}
