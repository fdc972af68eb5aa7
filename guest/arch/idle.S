/* SPDX-License-Identifier: MIT */
/*
 * void insn_wait_interrupt(void)
 *
 * STI takes effect after the next instruction, so that no interrupt comes
 * between it and HLT (SDM vol. 2, STI). Under a KVM whose CPU is emulated that
 * does not always hold: the interrupt that should end the wait may come before
 * it. Who is interrupted at idle_before_wait is therefore sent to
 * idle_after_wait (trap_end_wait).
 */
	.text
	.globl	insn_wait_interrupt
	.globl	idle_before_wait
	.globl	idle_after_wait
	.balign	16
insn_wait_interrupt:
	sti
idle_before_wait:
	hlt
idle_after_wait:
	cli
	ret

	.section .note.GNU-stack, "", @progbits
