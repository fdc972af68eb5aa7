/* SPDX-License-Identifier: MIT */
/*
 * A timer tick outside ring 0, where ring 0 is emulated an instruction at a
 * time: entry.S comes here in ring 3, in the address space of offload.h, with
 * all of the program's registers but rax, which lies where the frame's error
 * code belongs. What is left for ring 0 are one or two WRMSR and the way
 * back.
 */
#include "guest/arch/cpu_offsets.h"
#include "guest/arch/frame.h"

/* What IRETQ takes to get here; interrupts stay off. */
	.section .rodata
	.globl	tick_outside_frame
	.balign	8
tick_outside_frame:
	.quad	offload_user_tick
	.quad	USER_CS
	.quad	FLAG_ONE
	.quad	0
	.quad	USER_DS

	.text
	.balign	16
offload_user_tick:
	mov	cpus + CPU_TSS_RSP0(%rip), %rsp
	sub	$48, %rsp		/* the CPU's part, and rax */
	mov	(%rsp), %rax
	movl	$0, (%rsp)
	movl	$VECTOR_TIMER, 4(%rsp)
	SAVE_REGISTERS
	mov	%rsp, %rdi
	sub	$SWITCH_FRAME_SIZE, %rsp /* context_leave writes it there */
	call	*tick_handler(%rip)
	test	%rax, %rax
	jz	1f

	/* To the frame that trap_tick has returned, by way of tick_return. */
	mov	%rax, %rsp
	RESTORE_MOST_REGISTERS
	pop	%rax			/* rdx, up to where the CPU's part begins */
	mov	%rax, 16(%rsp)
	mov	$tick_return, %rax
	mov	$tick_return_ended, %rdx
	sarb	apic_eoi_implied(%rip)	/* as apic_end_of_interrupt */
	cmovc	%rdx, %rax
	push	%rax
	push	cpus + CPU_ROOT(%rip)
	mov	cpus + CPU_DEADLINE(%rip), %eax
	mov	cpus + CPU_DEADLINE + 4(%rip), %edx
	jmp	offload_user_out

1:	add	$SWITCH_FRAME_SIZE, %rsp
	push	$tick_continue
	push	cpus + CPU_ROOT(%rip)
	jmp	offload_user_out

	.section .note.GNU-stack, "", @progbits
