/* SPDX-License-Identifier: MIT */
/*
 * The guest kernel and the built-in programs, as read-only data. The build
 * writes embedded-list.h: one EMBEDDED_PROGRAM(name) a line, and it says by
 * LDE_GUEST_DIR where the files are.
 */
#define STRING_(x) #x
#define STRING(x)  STRING_(x)

	.section .rodata
	.balign 4096
	.globl embedded_kernel_start, embedded_kernel_end
embedded_kernel_start:
	.incbin STRING(LDE_GUEST_DIR) "/lde-kernel.elf"
embedded_kernel_end:

	/* One struct embedded_program: its address table is relocated, so it
	 * is in a section that a static-pie makes read-only afterwards. */
	.macro embedded_program name
	.section .rodata
0:	.asciz "\name"
	.balign 4096
1:	.incbin STRING(LDE_GUEST_DIR) "/user/\name"
2:
	.section .data.rel.ro, "aw"
	.quad 0b, 1b, 2b
	.endm

	.section .data.rel.ro, "aw"
	.balign 8
	.globl embedded_programs
embedded_programs:
#include "embedded-list.h"
	.section .data.rel.ro, "aw"
	.quad 0, 0, 0

	.section .note.GNU-stack, "", @progbits
