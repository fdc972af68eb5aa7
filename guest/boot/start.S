/* SPDX-License-Identifier: MIT */
/*
 * The kernel's first instructions: a stack, then C. The VMM has prepared the
 * rest (include/lde/boot.h).
 */
#include "guest/arch/frame.h"

	.section .note.lde, "a", @note
	.balign	4
	.long	4, 16, 1		/* name and descriptor sizes, LDE_NOTE_TYPE */
	.asciz	"lde"
	.long	2			/* LDE_CONTRACT_VERSION; main.c asserts both */
	.long	ledger_size
	.quad	ledger - 0xffffffff80000000

	.text
	.globl	_start
_start:
	lea	boot_stack_top(%rip), %rsp
	call	kernel_main
	ud2

	.bss
	.balign	KERNEL_STACK_SIZE
	.skip	KERNEL_STACK_SIZE
	.globl	boot_stack_top
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
