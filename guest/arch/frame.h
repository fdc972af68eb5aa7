/* SPDX-License-Identifier: MIT */
/*
 * The trap frame: all that return-from-trap needs to give the CPU back.
 *
 * It lies at the top of the kernel stack of the process that trapped. The CPU
 * pushes the part from rip on (SDM vol. 3, 6.14.2), the entry code in entry.S
 * the rest. A system call has the same frame: there the entry code pushes what
 * SYSCALL left in rcx and r11 into the places of rip and rflags.
 */
#ifndef GUEST_ARCH_FRAME_H
#define GUEST_ARCH_FRAME_H

/* Selectors, laid out as SYSCALL and SYSRET want them (SDM vol. 2, SYSRET). */
#define KERNEL_CS 0x10
#define KERNEL_DS 0x18
#define USER32_CS 0x23
#define USER_DS   0x2b
#define USER_CS   0x33
#define TSS_SEL   0x38

/* rflags */
#define FLAG_CF   0x000001
#define FLAG_ONE  0x000002 /* always set */
#define FLAG_TF   0x000100
#define FLAG_IF   0x000200
#define FLAG_DF   0x000400
#define FLAG_IOPL 0x003000
#define FLAG_NT   0x004000
#define FLAG_RF   0x010000
#define FLAG_VM   0x020000
#define FLAG_AC   0x040000
#define FLAG_VIF  0x080000
#define FLAG_VIP  0x100000
/* What a program may choose for itself; of all others only IF is ever set. */
#define FLAG_USER_MASK 0x240dd5 /* CF PF AF ZF SF TF DF OF AC ID */

#define VECTOR_DE 0
#define VECTOR_DB 1
#define VECTOR_NMI 2
#define VECTOR_BP 3
#define VECTOR_OF 4
#define VECTOR_BR 5
#define VECTOR_UD 6
#define VECTOR_NM 7
#define VECTOR_DF 8
#define VECTOR_TS 10
#define VECTOR_NP 11
#define VECTOR_SS 12
#define VECTOR_GP 13
#define VECTOR_PF 14
#define VECTOR_MF 16
#define VECTOR_AC 17
#define VECTOR_MC 18
#define VECTOR_XM 19
#define VECTOR_TIMER 0x20

/* Error code of a page fault (SDM vol. 3, 4.7). */
#define PF_PRESENT 0x01
#define PF_WRITE   0x02
#define PF_USER    0x04
#define PF_FETCH   0x10

#define KERNEL_STACK_SIZE 4096
#define SWITCH_FRAME_SIZE 64 /* of context.c */

#ifdef __ASSEMBLER__
/* Between the CPU's part of the frame, with a word for error and vector, and C. */
.macro SAVE_REGISTERS
	push	%rcx
	push	%rax
	push	%rdx
	push	%rbx
	push	%rbp
	push	%rsi
	push	%rdi
	push	%r15
	push	%r14
	push	%r13
	push	%r12
	push	%r11
	push	%r10
	push	%r9
	push	%r8
	cld
.endm

/* All but rdx, rax and rcx, which WRMSR takes and tick.S leaves for later. */
.macro RESTORE_MOST_REGISTERS
	pop	%r8
	pop	%r9
	pop	%r10
	pop	%r11
	pop	%r12
	pop	%r13
	pop	%r14
	pop	%r15
	pop	%rdi
	pop	%rsi
	pop	%rbp
	pop	%rbx
.endm

.macro RESTORE_REGISTERS
	RESTORE_MOST_REGISTERS
	pop	%rdx
	pop	%rax
	pop	%rcx
.endm
#else
#include "guest/lib/compiler.h"
#include "guest/lib/limits.h"

struct trap_frame {
	/* In the order of a signal's frame, which takes them in one copy. */
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rdi, rsi, rbp, rbx, rdx;
	uint64_t rax; /* of a system call: the result */
	uint64_t rcx;
	union {
		uint64_t syscall_nr;
		struct {
			uint32_t error; /* 0 where the CPU gives none */
			uint32_t vector;
		};
	};
	uint64_t rip, cs, rflags, rsp, ss;
};
_Static_assert(sizeof(struct trap_frame) == 21 * 8, "entry.S pushes 21 words");
_Static_assert(offsetof(struct trap_frame, syscall_nr) == 15 * 8, "entry.S");

/* Of a program, even if that runs in ring 0. */
static inline bool frame_is_user(const struct trap_frame *frame)
{
	return frame->cs & 3 || (!limits.user_mode && frame->rip >> 63 == 0);
}

/* What programs run with. */
static inline uint64_t frame_program_cs(void)
{
	return limits.user_mode ? USER_CS : KERNEL_CS;
}

static inline uint64_t frame_program_ss(void)
{
	return limits.user_mode ? USER_DS : KERNEL_DS;
}
#endif

#endif
