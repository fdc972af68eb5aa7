/* SPDX-License-Identifier: MIT */
/*
 * void event_syscall(struct trap_frame *frame)
 * void event_trap(struct trap_frame *frame)
 *
 * In the place of syscall_dispatch, or of what stands in front of it, and of
 * trap_dispatch where these are traced: record what comes, before and after. Here
 * instead of in C because tracing is to cost few instructions: entry.S has saved
 * all registers, so that any may be used, and a system call's arguments are still
 * in theirs, but for rdi. Both leave rbx as it is or with the frame in it.
 *
 * void event_syscall_with_frame(struct trap_frame *frame)
 * void event_trap_with_frame(struct trap_frame *frame)
 *
 * The same, and what is in the frame before and after as well.
 *
 * What event.h says of recording holds.
 */
#include <lde/event.h>

#include "guest/arch/event_offsets.h"
#include "guest/arch/frame.h"

	.text

/* rcx is the record to be filled; full is where event_make_room is called. */
.macro BEGIN_RECORD full
	mov	event_state + EVENT_NEXT(%rip), %rcx
	cmp	event_state + EVENT_LIMIT(%rip), %rcx
	je	\full
.endm

/* All but code and arguments; the reader may see it. */
.macro END_RECORD kind
	movl	$\kind, LDE_RECORD_KIND(%rcx)
	rdtsc
	mov	%eax, LDE_RECORD_TSC(%rcx)
	mov	%edx, LDE_RECORD_TSC + 4(%rcx)
	addq	$LDE_RECORD_SIZE, event_state + EVENT_NEXT(%rip)
	mov	event_state + EVENT_HEAD(%rip), %rax
	incq	(%rax)
.endm

/* From memory into an argument. */
.macro RECORD_ARG n, from
	mov	\from, %rax
	mov	%rax, LDE_RECORD_ARGS + 8 * \n(%rcx)
.endm

/* What a register had more than there is in memory into an argument. */
.macro RECORD_LESS n, register, than
	sub	\than, \register
	mov	\register, LDE_RECORD_ARGS + 8 * \n(%rcx)
.endm

/* As event_make_room, for who has the frame in rdi. */
.macro MAKE_ROOM
	push	%rdi
	call	event_make_room
	pop	%rdi
	mov	%rax, %rcx
.endm

/* Where event_syscall expects them. */
.macro LOAD_ARGUMENTS
	mov	EVENT_FRAME_RAX(%rdi), %rax
	mov	EVENT_FRAME_RSI(%rdi), %rsi
	mov	EVENT_FRAME_RDX(%rdi), %rdx
	mov	EVENT_FRAME_R10(%rdi), %r10
	mov	EVENT_FRAME_R8(%rdi), %r8
	mov	EVENT_FRAME_R9(%rdi), %r9
.endm

	.globl	event_syscall_with_frame
event_syscall_with_frame:
	mov	%rdi, %rbx
	call	event_frame_called
	mov	%rbx, %rdi
	LOAD_ARGUMENTS
	call	event_syscall
	mov	%rbx, %rdi
	jmp	event_frame_called_back

	.globl	event_trap_with_frame
event_trap_with_frame:
	mov	%rdi, %rbx
	call	event_frame_trapped
	mov	%rbx, %rdi
	call	event_trap
	mov	%rbx, %rdi
	jmp	event_frame_resumed

	.globl	event_syscall
	.balign	64
event_syscall:
	mov	%rdi, %rbx
	BEGIN_RECORD 3f
1:	mov	%rsi, LDE_RECORD_ARGS + 8(%rcx)
	mov	%rdx, LDE_RECORD_ARGS + 16(%rcx)
	mov	%r10, LDE_RECORD_ARGS + 24(%rcx)
	mov	%r8, LDE_RECORD_ARGS + 32(%rcx)
	mov	%r9, LDE_RECORD_ARGS + 40(%rcx)
	mov	%eax, LDE_RECORD_CODE(%rcx)
	RECORD_ARG 0, EVENT_FRAME_RDI(%rdi)
	END_RECORD LDE_TRACE_SYSCALL_ENTRY
	call	*event_syscall_inner(%rip)
	BEGIN_RECORD 4f
2:	RECORD_ARG 0, EVENT_FRAME_RAX(%rbx)
	END_RECORD LDE_TRACE_SYSCALL_EXIT
	ret

3:	call	event_make_room
	mov	%rax, %rcx
	mov	%rbx, %rdi
	LOAD_ARGUMENTS
	jmp	1b
4:	call	event_make_room
	mov	%rax, %rcx
	jmp	2b

	.globl	event_trap
	.balign	64
event_trap:
	cmpl	$VECTOR_PF, EVENT_FRAME_VECTOR(%rdi)
	jne	5f

	/* A page fault: by how much the ledger's counters change tells what it has been. */
	BEGIN_RECORD 3f
1:	mov	EVENT_FRAME_ERROR(%rdi), %eax
	mov	%eax, LDE_RECORD_CODE(%rcx)
	mov	%cr2, %rax
	mov	%rax, LDE_RECORD_ARGS(%rcx)
	RECORD_ARG 1, EVENT_FRAME_RIP(%rdi)
	END_RECORD LDE_TRACE_FAULT_ENTRY
	mov	ledger + EVENT_FAULTS_ZERO(%rip), %r13
	mov	ledger + EVENT_FAULTS_FILE(%rip), %r14
	mov	ledger + EVENT_FAULTS_COPY(%rip), %r15
	call	trap_dispatch
	BEGIN_RECORD 4f
2:	RECORD_LESS 2, %r13, ledger + EVENT_FAULTS_ZERO(%rip)
	RECORD_LESS 3, %r14, ledger + EVENT_FAULTS_FILE(%rip)
	RECORD_LESS 4, %r15, ledger + EVENT_FAULTS_COPY(%rip)
	END_RECORD LDE_TRACE_FAULT_EXIT
	ret
3:	MAKE_ROOM
	jmp	1b
4:	call	event_make_room
	mov	%rax, %rcx
	jmp	2b

	/* An interrupt. If it leads to a switch its end is recorded before that. */
5:	mov	EVENT_FRAME_VECTOR(%rdi), %r12d
	cmp	$VECTOR_TIMER, %r12d
	jb	event_exception
	BEGIN_RECORD 8f
6:	mov	%r12d, LDE_RECORD_CODE(%rcx)
	RECORD_ARG 0, EVENT_FRAME_RIP(%rdi)
	END_RECORD LDE_TRACE_IRQ_ENTRY
	mov	%r12d, event_state + EVENT_INTERRUPT(%rip)
	call	trap_dispatch
	cmpl	$0, event_state + EVENT_INTERRUPT(%rip)
	jne	event_interrupt_over
	ret
8:	MAKE_ROOM
	jmp	6b

	.data
	.balign	8
	.globl	event_syscall_inner
event_syscall_inner:
	.quad	syscall_dispatch

	.section .note.GNU-stack, "", @progbits
