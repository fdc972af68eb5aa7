/* SPDX-License-Identifier: MIT */
/*
 * Sleeps COUNT times MS milliseconds: never less than that, and not much more
 * although others want the CPU. sleeper COUNT MS MOST
 */
#include "guest.h"

int main(int argc, char **argv)
{
	unsigned long count = guest_number(argc, argv, 1, 10);
	long ms = (long)guest_number(argc, argv, 2, 5);
	long most = (long)guest_number(argc, argv, 3, 1000000);

	for (unsigned long i = 0; i < count; i++) {
		int64_t start = guest_now_ms(), slept;

		guest_sleep_ms(ms);
		slept = guest_now_ms() - start;
		EXPECT(3, slept >= ms - 1);
		EXPECT(4, slept <= most);
	}
	puts("slept");
	return 0;
}
