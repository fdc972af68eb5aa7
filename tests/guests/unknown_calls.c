/* SPDX-License-Identifier: MIT */
/*
 * Numbers that are no system calls: negative, huge, just beyond any table, with
 * bits above the 32nd. Each is ENOSYS or, as Linux has it, what the low 32 bits
 * say. And operations of futex(2) that are not there.
 */
#include <errno.h>
#include <sys/syscall.h>

#include "guest.h"

static int is_refused(unsigned long nr)
{
	long ret = guest_call((long)nr, 0, 0, 0);

	if (ret == -ENOSYS)
		return 1;
	/* As Linux has it: the rest of the register is not part of the number. */
	if (nr >> 32 && (nr & 0xffffffff) == 39 && ret == getpid())
		return 1;
	fprintf(stderr, "system call 0x%lx: %ld\n", nr, ret);
	return 0;
}

int main(void)
{
	static const unsigned long numbers[] = {
		511, 512, 513, 600, 999, 1000, 1023, 4095, 65535, 65536, 0x7fffffff, 0x80000000,
		0x80000001, 0xffffffff, 0xfffffffe, 0x100000000 + 39, 0x8000000000000000 + 39,
		0xffffffffffffffff, 0xffffffffffffff00, 0x7fffffffffffffff, 0xffffffff80100000,
		0x1fffffffffffffff, 0x4000000000000200,
	};

	static unsigned word;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		EXPECT(3, is_refused(numbers[i]));
	for (unsigned long nr = 470; nr < 700; nr++)
		EXPECT(4, is_refused(nr));
	for (long op = 6; op < 9; op++) /* LOCK_PI, UNLOCK_PI, TRYLOCK_PI */
		EXPECT(5, guest_call(SYS_futex, (long)&word, op, 1) == -ENOSYS);
	puts("all refused");
	return 0;
}
