/* SPDX-License-Identifier: MIT */
/* Keeps the CPU: for ever, or for so many milliseconds and then says so. */
#include "guest.h"

int main(int argc, char **argv)
{
	int64_t end = guest_now_ms() + (int64_t)guest_number(argc, argv, 1, 0);

	if (argc < 2)
		for (;;)
			__asm__ volatile("");
	while (guest_now_ms() < end)
		guest_spin(10000);
	puts("spun");
	return 0;
}
