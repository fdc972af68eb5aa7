/* SPDX-License-Identifier: MIT */
/* What lde help says of topics, as text that ends with NUL. */

	.section .rodata

	.macro topic name
	.globl help_\name
help_\name:
	.incbin "vmm/cli/help/\name\().txt"
	.byte 0
	.endm

	topic clocks
	topic exits
	topic kvm
	topic limits
	topic policies
	topic programs
	topic traces
	topic traps

	.section .note.GNU-stack, "", @progbits
