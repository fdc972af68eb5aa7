/* SPDX-License-Identifier: MIT */
/*
 * The bases of fs and gs: set and read by arch_prctl, and by the instructions
 * where they may be used, kept over system calls and yields.
 */
#include <sched.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>

#include "abi.h"

/* As in asm/prctl.h, which musl does not have. */
enum { ARCH_SET_GS = 0x1001, ARCH_SET_FS, ARCH_GET_FS, ARCH_GET_GS };

static unsigned long data[2] = { 0x1234, 0x5678 };

static unsigned long base(int code)
{
	unsigned long value = 1;

	raw(SYS_arch_prctl, code, &value, 0);
	return value;
}

static unsigned long gs_word(void)
{
	unsigned long value;

	__asm__ volatile("mov %%gs:8, %0" : "=r"(value));
	return value;
}

static unsigned long fs_self(void)
{
	unsigned long value;

	__asm__ volatile("mov %%fs:0, %0" : "=r"(value));
	return value;
}

int main(void)
{
	unsigned long fs = base(ARCH_GET_FS);
	struct timespec ms = { 0, 1000000 };
	int kept = 1;

	check("fs points to itself", fs != 0 && fs_self() == fs);
	check("gs begins as zero", base(ARCH_GET_GS) == 0);
	check("set gs", raw(SYS_arch_prctl, ARCH_SET_GS, data, 0) == 0);
	check("gs is used", gs_word() == 0x5678);
	check("gs is read back", base(ARCH_GET_GS) == (unsigned long)data);
	for (int i = 0; i < 100; i++) {
		sched_yield();
		kept &= gs_word() == 0x5678 && fs_self() == fs;
	}
	nanosleep(&ms, NULL);
	check("kept", kept && gs_word() == 0x5678 && base(ARCH_GET_FS) == fs);
	check("set fs", raw(SYS_arch_prctl, ARCH_SET_FS, fs, 0) == 0 && fs_self() == fs);
	if (getauxval(AT_HWCAP2) & 2) {
		unsigned long value;

		__asm__ volatile("wrgsbase %0" : : "r"(data + 1));
		sched_yield();
		nanosleep(&ms, NULL);
		__asm__ volatile("rdgsbase %0" : "=r"(value));
		abi_failures += value != (unsigned long)(data + 1);
		abi_failures += base(ARCH_GET_GS) != (unsigned long)(data + 1);
	}
	check("by instruction too, if there is one", abi_failures == 0);
	check("the highest address", raw(SYS_arch_prctl, ARCH_SET_GS, 0x7fffffffefff, 0) == 0);
	check("back to zero", raw(SYS_arch_prctl, ARCH_SET_GS, 0, 0) == 0 && base(ARCH_GET_GS) == 0);
	return abi_end();
}
