/* SPDX-License-Identifier: MIT */
/* What entry.S and the C code call in each other. */
#ifndef GUEST_ARCH_TRAPS_H
#define GUEST_ARCH_TRAPS_H

#include "guest/arch/frame.h"

/* Every trap but a system call; interrupts are off. In guest/boot. */
void trap_dispatch(struct trap_frame *frame);

/*
 * The timer's interrupt in ring 3, where ring 0 is emulated: called outside of
 * it (offload.h). The frame to go on with, the address space of which is then
 * in struct cpu; NULL: trap_tick_continue is to be called in ring 0, which ends
 * what is left.
 */
struct trap_frame *trap_tick(struct trap_frame *frame);
void trap_tick_continue(struct trap_frame *frame);

/* What a process has to see to before it returns to ring 3. */
void trap_attend(struct trap_frame *frame);

/* Every system call. In guest/sys. */
void syscall_dispatch(struct trap_frame *frame);

/* Gives the CPU back as frame says; by way of return_handler. */
_Noreturn void trap_return(struct trap_frame *frame);

/* Which function is called, by entry.S and tick.S nearly always: the above, or those that
 * record events around them. Chosen once, at boot, so that a run that is not traced pays
 * nothing. */
extern void (*trap_handler)(struct trap_frame *frame);
extern struct trap_frame *(*tick_handler)(struct trap_frame *frame);
extern void (*tick_continue_handler)(struct trap_frame *frame);
extern void (*syscall_handler)(struct trap_frame *frame);
extern void (*attend_handler)(struct trap_frame *frame);
extern __attribute__((noreturn)) void (*return_handler)(struct trap_frame *frame);

extern const char idle_before_wait[], idle_after_wait[]; /* idle.S */

/* On the way back to ring 0: an interrupt that came just before the wait that
 * it should have ended does end it. Interrupts are off from then on: else those
 * of a timer that is short enough come one after the other, and nothing else. */
static inline void trap_end_wait(struct trap_frame *frame)
{
	frame->rflags &= ~FLAG_IF;
	if (frame->rip == (uint64_t)idle_before_wait)
		frame->rip = (uint64_t)idle_after_wait;
}

#endif
