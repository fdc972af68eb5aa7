/* SPDX-License-Identifier: MIT */
/*
 * Programs of older C libraries, static ones too, get the time by calling fixed
 * addresses, where Linux once had code for that. Now it makes the system call when the
 * program faults there, and so does this kernel. There is nothing at these addresses
 * that could be read.
 */
#include "guest/sys/vsyscall.h"

#include <asm/vsyscall.h>

#include "guest/sys/syscall.h"

#define ENTRY_BITS 0xc00ull /* which of the calls */

bool vsyscall_serve(struct trap_frame *frame)
{
	static int64_t (*const calls[])(struct trap_frame *f) = { sys_gettimeofday, sys_time,
								  sys_getcpu };
	uint64_t nr = (frame->rip & ENTRY_BITS) >> 10, caller;
	int64_t result;

	if ((frame->rip & ~ENTRY_BITS) != (uint64_t)VSYSCALL_ADDR || nr >= ARRAY_SIZE(calls) ||
	    get_user(&caller, frame->rsp, sizeof(caller)) || caller >= USER_END)
		return false;
	result = calls[nr](frame);
	if (result == -EFAULT) /* as if the program had written there itself */
		return false;
	frame->rax = result;
	frame->rip = caller;
	frame->rsp += sizeof(caller);
	return true;
}
