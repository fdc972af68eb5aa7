/* SPDX-License-Identifier: MIT */
/*
 * System calls by way of the VMM, as an experiment (LDE_SYSCALLS_EXIT): each one
 * makes an exit to user space before it is handled here as always, so that one
 * can measure what it saves that they are not handled there.
 */
#include "guest/sys/forward.h"

#include <lde/device.h>

#include "guest/arch/insn.h"
#include "guest/arch/traps.h"

static void (*handle)(struct trap_frame *frame);

static void forward(struct trap_frame *frame)
{
	insn_outl(LDE_SYSCALL_PORT, (uint32_t)frame->syscall_nr);
	handle(frame);
}

void syscall_forward_install(void)
{
	handle = syscall_handler;
	syscall_handler = forward;
}
