/* SPDX-License-Identifier: MIT */
/*
 * Every way into the kernel, and return-from-trap.
 *
 * One macro saves the registers, one frame holds them (frame.h), one C function
 * takes it from there: trap_dispatch for exceptions and interrupts,
 * syscall_dispatch for system calls, or, in a run that is traced, what records
 * them before and after (traps.h). Interrupts are off from entry to return.
 *
 * The section .entry has pages of its own, which are supervisor-only in every
 * address space, so that a SYSCALL that does not change the mode (see below)
 * faults on its first instruction instead of running kernel code in ring 3.
 */
#include "guest/arch/cpu_offsets.h"
#include "guest/arch/frame.h"
#include "guest/arch/msr.h"

	.section .entry, "ax"

/* What the CPU pushes at a trap, from what SYSCALL leaves, with the number below. */
.macro PUSH_SYSCALL_FRAME cs, ss
	mov	%rsp, cpus + CPU_USER_RSP(%rip)
	mov	cpus + CPU_TSS_RSP0(%rip), %rsp
	push	$\ss
	push	cpus + CPU_USER_RSP(%rip)
	push	%r11
	push	$\cs
	push	%rcx
	push	%rax
.endm

/*
 * System calls, on a CPU whose SYSCALL enters ring 0: rcx and r11 hold the
 * program's rip and rflags, rsp is still the program's (SDM vol. 2, SYSCALL).
 * The entry is that of CPU 0 and names its data, so no register is needed to find
 * it; a second CPU would get an entry of its own by its own LSTAR.
 */
	.globl	syscall_entry
	.balign	64
syscall_entry:
	PUSH_SYSCALL_FRAME USER_CS, USER_DS
syscall_save:
	SAVE_REGISTERS
	mov	%rsp, %rdi
	call	*syscall_handler(%rip)
	RESTORE_REGISTERS
	mov	32(%rsp), %rsp		/* past syscall_nr, rip, cs, rflags */
	sysretq

/*
 * System calls of programs in ring 0 (limits.user_mode): SYSRET would take them
 * to ring 3, IRETQ does not.
 */
	.globl	syscall_entry_ring_0
	.balign	64
syscall_entry_ring_0:
	PUSH_SYSCALL_FRAME KERNEL_CS, KERNEL_DS
	SAVE_REGISTERS
	mov	%rsp, %rdi
	call	*syscall_handler(%rip)
	RESTORE_REGISTERS
	add	$8, %rsp
	iretq

/*
 * Page faults, and system calls on a CPU whose SYSCALL stays in ring 3. There
 * the jump to syscall_entry faults, since the page is the kernel's, and the
 * fault has switched to the kernel stack. rip tells the two apart; that IF is
 * off tells a SYSCALL, which clears it, from a program that jumped here, which
 * cannot clear it. What is left is to put rcx and r11 where they belong.
 */
	.globl	trap_page_fault
	.balign	64
trap_page_fault:
	cmpq	$syscall_entry, 8(%rsp)
	je	2f
1:	movl	$VECTOR_PF, 4(%rsp)
	jmp	trap_common
2:	testl	$FLAG_IF, 24(%rsp)
	jnz	1b
	mov	%rax, (%rsp)
	mov	%rcx, 8(%rsp)
	mov	%r11, 24(%rsp)
	jmp	syscall_save

/*
 * The timer's interrupt in ring 3, where ring 0 is emulated: the handler runs
 * outside (tick.S). From ring 0, where the CPU waits, it is a trap like others.
 */
	.globl	trap_timer_outside
	.balign	64
trap_timer_outside:
	testb	$3, 8(%rsp)
	jz	trap_32
	push	%rax
	mov	offload_root(%rip), %rax
	mov	%rax, %cr3
	mov	$tick_outside_frame, %rsp
	iretq

/*
 * From tick.S, in ring 0 again, by way of offload_return, which has loaded the
 * address space: the process goes on. rax and rdx have the timer's deadline for
 * WRMSR; the stack has the program's rax, rcx and rdx, and what IRETQ takes.
 */
	.globl	tick_return
tick_return:
	mov	$MSR_TSC_DEADLINE, %ecx
	wrmsr
	mov	$MSR_X2APIC_EOI, %ecx
	xor	%eax, %eax
	xor	%edx, %edx
	wrmsr
	pop	%rax
	pop	%rcx
	pop	%rdx
	iretq

/* The same where the interrupt has ended already (apic_end_of_interrupt). */
	.globl	tick_return_ended
tick_return_ended:
	mov	$MSR_TSC_DEADLINE, %ecx
	wrmsr
	pop	%rax
	pop	%rcx
	pop	%rdx
	iretq

/* The same if there is more to do, which only ring 0 can: the stack has the frame. */
	.globl	tick_continue
tick_continue:
	mov	%rsp, %rdi
	sub	$SWITCH_FRAME_SIZE, %rsp
	call	*tick_continue_handler(%rip)
	add	$SWITCH_FRAME_SIZE, %rsp
	RESTORE_REGISTERS
	add	$8, %rsp
	iretq

	.globl	trap_return
	.balign	64
trap_common:
	SAVE_REGISTERS
	mov	%rsp, %rdi
	call	*trap_handler(%rip)
	RESTORE_REGISTERS
	add	$8, %rsp
	iretq

/* _Noreturn void trap_return(struct trap_frame *frame) */
trap_return:
	mov	%rdi, %rsp
	RESTORE_REGISTERS
	add	$8, %rsp
	iretq

/*
 * Where a process that tick.S has stopped goes on, if it is context_switch that
 * lets it: its frame is above the word that ends its switch frame.
 */
	.globl	trap_resume
trap_resume:
	add	$8, %rsp
	mov	%rsp, %rdi
	call	*attend_handler(%rip)
	RESTORE_REGISTERS
	add	$8, %rsp
	iretq

.macro TRAP name, vector
	.balign	16
trap_\name:
	push	$0
	movl	$\vector, 4(%rsp)
	jmp	trap_common
.endm

.macro TRAP_WITH_ERROR name, vector
	.balign	16
trap_\name:
	movl	$\vector, 4(%rsp)
	jmp	trap_common
.endm

/*
 * #DB and #BP arrive on a stack of their own: #DB because a program can make
 * one strike before the kernel has left the program's stack, #BP because
 * offloaded code ends in one (offload.S). From ring 3 the frame then moves to
 * the process's kernel stack, as if it had been pushed there.
 */
.macro TRAP_ON_OWN_STACK name, vector
	.balign	16
trap_\name:
	testb	$3, 8(%rsp)
	jz	trap_fatal_\name
	push	%rax
	mov	cpus + CPU_TSS_RSP0(%rip), %rax
	sub	$48, %rax
	pop	(%rax)			/* rax, parked in the place of error */
	pop	8(%rax)
	pop	16(%rax)
	pop	24(%rax)
	pop	32(%rax)
	pop	40(%rax)
	mov	%rax, %rsp
	mov	(%rsp), %rax
	movq	$0, (%rsp)
	movl	$\vector, 4(%rsp)
	jmp	trap_common
trap_fatal_\name:
	push	$0
	movl	$\vector, 4(%rsp)
	jmp	trap_common
.endm

	TRAP	0, 0
	TRAP_ON_OWN_STACK 1, 1
	TRAP	2, 2
	.balign	16
trap_3:
	cmpq	$offload_user_end, (%rsp)
	je	offload_return
	jmp	trap_breakpoint
	TRAP_ON_OWN_STACK breakpoint, 3
	TRAP	4, 4
	TRAP	5, 5
	TRAP	6, 6
	TRAP	7, 7
	TRAP_WITH_ERROR 8, 8
	TRAP	9, 9
	TRAP_WITH_ERROR 10, 10
	TRAP_WITH_ERROR 11, 11
	TRAP_WITH_ERROR 12, 12
	TRAP_WITH_ERROR 13, 13
	TRAP	15, 15
	TRAP	16, 16
	TRAP_WITH_ERROR 17, 17
	TRAP	18, 18
	TRAP	19, 19
	TRAP	20, 20
	TRAP_WITH_ERROR 21, 21
	TRAP	22, 22
	TRAP	23, 23
	TRAP	24, 24
	TRAP	25, 25
	TRAP	26, 26
	TRAP	27, 27
	TRAP	28, 28
	TRAP_WITH_ERROR 29, 29
	TRAP_WITH_ERROR 30, 30
	TRAP	31, 31

	.altmacro
	.set	vector, 32
	.rept	NR_TRAP_VECTORS - 32
	TRAP	%vector, %vector
	.set	vector, vector + 1
	.endr
	.noaltmacro

/* Where each vector begins, for traptable.c. */
	.section .rodata
	.globl	trap_entries
	.balign	8
trap_entries:
	.altmacro
.macro ENTRY_OF n
	.quad	trap_\n
.endm
	.set	vector, 0
	.rept	14
	ENTRY_OF %vector
	.set	vector, vector + 1
	.endr
	.quad	trap_page_fault
	.set	vector, 15
	.rept	NR_TRAP_VECTORS - 15
	ENTRY_OF %vector
	.set	vector, vector + 1
	.endr
	.noaltmacro

/* Who takes it from there. */
	.data
	.globl	trap_handler
	.globl	tick_handler
	.globl	tick_continue_handler
	.globl	syscall_handler
	.globl	attend_handler
	.globl	return_handler
	.balign	8
trap_handler:
	.quad	trap_dispatch
tick_handler:
	.quad	trap_tick
tick_continue_handler:
	.quad	trap_tick_continue
syscall_handler:
	.quad	syscall_dispatch
attend_handler:
	.quad	trap_attend
return_handler:
	.quad	trap_return

	.section .note.GNU-stack, "", @progbits
