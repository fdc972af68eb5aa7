/* SPDX-License-Identifier: MIT */
/*
 * void event_syscall(struct trap_frame *frame)
 *
 * In the place of syscall_dispatch where system calls are traced: records them,
 * with all of their arguments, before and after. entry.S leaves these where the
 * program put them, but for rdi; here they are stored from there, which saves
 * an instruction each. What event.h says of recording holds.
 */
#include <lde/event.h>

#include "guest/arch/event_offsets.h"

	.text

/* Fills in the rest of the record at rcx, whose first word is in eax, and
 * shows it to the reader. */
.macro FINISH_RECORD
	mov	%eax, LDE_RECORD_KIND(%rcx)
	rdtsc
	mov	%eax, LDE_RECORD_TSC(%rcx)
	mov	%edx, LDE_RECORD_TSC + 4(%rcx)
	add	$LDE_RECORD_SIZE, %rcx
	mov	%rcx, event_state + EVENT_NEXT(%rip)
	mov	event_state + EVENT_HEAD(%rip), %rax
	incq	(%rax)
.endm

	.globl	event_syscall
	.balign	64
event_syscall:
	mov	%rdi, %rbx		/* entry.S has saved both */
	mov	%rax, %r12
	mov	event_state + EVENT_NEXT(%rip), %rcx
	cmp	event_state + EVENT_LIMIT(%rip), %rcx
	je	3f
1:	mov	%rsi, LDE_RECORD_ARGS + 8(%rcx)
	mov	%rdx, LDE_RECORD_ARGS + 16(%rcx)
	mov	%r10, LDE_RECORD_ARGS + 24(%rcx)
	mov	%r8, LDE_RECORD_ARGS + 32(%rcx)
	mov	%r9, LDE_RECORD_ARGS + 40(%rcx)
	mov	%eax, LDE_RECORD_CODE(%rcx)
	mov	EVENT_FRAME_RDI(%rdi), %rax
	mov	%rax, LDE_RECORD_ARGS(%rcx)
	mov	event_state + EVENT_SYSCALL_TAG(%rip), %eax
	FINISH_RECORD
	call	syscall_dispatch
	mov	event_state + EVENT_NEXT(%rip), %rcx
	cmp	event_state + EVENT_LIMIT(%rip), %rcx
	je	4f
2:	mov	EVENT_FRAME_RAX(%rbx), %rax
	mov	%rax, LDE_RECORD_ARGS(%rcx)
	mov	%r12d, LDE_RECORD_CODE(%rcx)
	mov	event_state + EVENT_PID_TAG(%rip), %eax
	or	$LDE_TRACE_SYSCALL_EXIT, %eax
	FINISH_RECORD
	ret

3:	call	event_make_room
	mov	%rax, %rcx
	mov	%rbx, %rdi
	mov	%r12, %rax
	mov	EVENT_FRAME_RSI(%rdi), %rsi
	mov	EVENT_FRAME_RDX(%rdi), %rdx
	mov	EVENT_FRAME_R10(%rdi), %r10
	mov	EVENT_FRAME_R8(%rdi), %r8
	mov	EVENT_FRAME_R9(%rdi), %r9
	jmp	1b
4:	call	event_make_room
	mov	%rax, %rcx
	jmp	2b

	.section .note.GNU-stack, "", @progbits
