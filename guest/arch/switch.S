/* SPDX-License-Identifier: MIT */
/*
 * void context_swap_stacks(uint64_t *save_rsp, uint64_t rsp)
 *
 * The half of a context switch that C cannot say: the registers that a C
 * function must keep go onto the old stack, the new stack gives its own back.
 */
	.text
	.globl	context_swap_stacks
	.balign	16
context_swap_stacks:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, (%rdi)
	mov	%rsi, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret

	.section .note.GNU-stack, "", @progbits
