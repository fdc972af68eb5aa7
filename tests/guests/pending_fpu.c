/* SPDX-License-Identifier: MIT */
/*
 * Has an x87 exception pending, unmasked but not yet taken, while it spins:
 * the trap is this process's alone and comes when it waits for it (SIGFPE).
 */
#include "guest.h"

int main(void)
{
	unsigned short control = 0x037b;

	__asm__ volatile("fninit\n\tfldcw %0\n\tfldz\n\tfld1\n\tfdivp" : : "m"(control));
	for (int i = 0; i < 8; i++)
		guest_spin(20000000);
	__asm__ volatile("fwait");
	return GUEST_SURVIVED;
}
