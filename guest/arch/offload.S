/* SPDX-License-Identifier: MIT */
/*
 * The way to ring 3 and back for offloaded kernel functions (offload.h).
 */
#include "guest/arch/frame.h"

	.text

/* uint64_t offload_enter(offload_fn fn, void *arg, paddr_t root) */
	.globl	offload_enter
	.balign	16
offload_enter:
	mov	%cr3, %rax
	push	%rax
	mov	%rdx, %cr3
	mov	%rsp, %rax
	push	$USER_DS
	push	%rax
	push	$FLAG_ONE		/* interrupts stay off */
	push	$USER_CS
	push	$offload_user
	iretq

/* In ring 3, on the caller's stack. */
offload_user:
	mov	%rdi, %rax
	mov	%rsi, %rdi
	call	*%rax
	.globl	offload_user_out
offload_user_out:
	int3
	.globl	offload_user_end
offload_user_end:
	ud2

/*
 * From entry.S: the #BP above, in ring 0, on a stack of its own. rsp in its
 * frame is the one that offload_enter left, with CR3 on top and then where to
 * go on. tick.S leaves the like.
 */
	.globl	offload_return
offload_return:
	mov	24(%rsp), %rsp
	pop	%rcx
	mov	%rcx, %cr3
	ret

/*
 * uint64_t offload_user_probe_syscall(void *): called in ring 3 with LSTAR at
 * offload_user_probe_landing; returns the code selector that SYSCALL came out
 * with. Where it is ring 0's, so is the #BP that ends offload_user.
 */
	.globl	offload_user_probe_syscall
	.balign	16
offload_user_probe_syscall:
	syscall
	.globl	offload_user_probe_landing
offload_user_probe_landing:
	mov	%cs, %eax
	ret

	.section .note.GNU-stack, "", @progbits
