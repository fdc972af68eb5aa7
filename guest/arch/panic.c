/* SPDX-License-Identifier: MIT */
#include "guest/arch/panic.h"

#include "guest/arch/insn.h"
#include "guest/arch/monitor.h"
#include "guest/lib/string.h"

static struct lde_notice last_words;

static _Noreturn void panic_notice(const char *why, uint64_t rip)
{
	last_words.kind = LDE_NOTICE_PANIC;
	last_words.rip = rip;
	string_copy(last_words.text, why, sizeof(last_words.text));
	monitor_notice(&last_words);
	monitor_power_off(LDE_POWEROFF_PANIC);
}

void panic(const char *why)
{
	last_words.vector = LDE_NO_VECTOR;
	last_words.rsp = (uint64_t)__builtin_frame_address(0);
	panic_notice(why, (uint64_t)__builtin_return_address(0));
}

void panic_trap(const struct trap_frame *frame)
{
	last_words.vector = frame->vector;
	last_words.error = frame->error;
	last_words.rsp = frame->rsp;
	last_words.addr = insn_read_cr2();
	panic_notice("trap in the kernel", frame->rip);
}

/* libfdt is compiled with the stack protector. */
_Noreturn void __stack_chk_fail(void);
void __stack_chk_fail(void)
{
	panic("libfdt overran its stack");
}
