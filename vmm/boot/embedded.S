/* SPDX-License-Identifier: MIT */
/*
 * The guest kernel and the built-in programs, as read-only data. The assembler
 * is given the folder of the guest's build, and of embedded-list.inc, which
 * the build writes: one line "embedded_program NAME" for each.
 */

	.section .rodata
	.balign 4096
	.globl embedded_kernel_start, embedded_kernel_end
embedded_kernel_start:
	.incbin "lde-kernel.elf"
embedded_kernel_end:

	/* One struct embedded_program: its address table is relocated, so it
	 * is in a section that a static-pie makes read-only afterwards. */
	.macro embedded_program name
	.section .rodata
0:	.asciz "\name"
	.balign 4096
1:	.incbin "user/\name"
2:
	.section .data.rel.ro, "aw"
	.quad 0b, 1b, 2b
	.endm

	.section .data.rel.ro, "aw"
	.balign 8
	.globl embedded_programs
embedded_programs:
	.include "embedded-list.inc"
	.section .data.rel.ro, "aw"
	.quad 0, 0, 0

	.section .note.GNU-stack, "", @progbits
