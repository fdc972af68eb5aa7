/* SPDX-License-Identifier: MIT */
/*
 * Holds known values in every register for a while, in ring 3 alone or over
 * system calls, and stores what is in them afterwards; hold.h has the layout.
 * In assembly, so that no compiler uses a register meanwhile.
 */
#define ZMM   0
#define K     2048
#define MXCSR 2112
#define FCW   2116
#define X87   2128
#define LEVEL_AVX    1
#define LEVEL_AVX512 2

	.text

/* hold_vectors(in, out, level, spins, yields) */
	.globl hold_vectors
	.type hold_vectors, @function
hold_vectors:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	mov	%rdi, %rbx
	mov	%rsi, %rbp
	mov	%edx, %r12d
	mov	%rcx, %r13
	mov	%r8, %r14
	fninit
	fldcw	FCW(%rbx)
	.irp n, 7, 6, 5, 4, 3, 2, 1, 0
	fldt	X87+\n*16(%rbx)
	.endr
	ldmxcsr	MXCSR(%rbx)
	cmp	$LEVEL_AVX, %r12d
	jb	load_sse
	ja	load_avx512
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vmovdqu	ZMM+\n*64(%rbx), %ymm\n
	.endr
	jmp	spin
load_sse:
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movdqu	ZMM+\n*64(%rbx), %xmm\n
	.endr
	jmp	spin
load_avx512:
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	vmovdqu64 ZMM+\n*64(%rbx), %zmm\n
	.endr
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7
	kmovq	K+\n*8(%rbx), %k\n
	.endr
spin:	mov	%r13, %rcx
1:	dec	%rcx
	jnz	1b
	test	%r14, %r14
	jz	stop
	dec	%r14
	mov	$24, %eax		/* sched_yield */
	syscall
	jmp	spin
stop:	cmp	$LEVEL_AVX, %r12d
	jb	store_sse
	ja	store_avx512
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vmovdqu	%ymm\n, ZMM+\n*64(%rbp)
	.endr
	vzeroupper
	jmp	store_rest
store_sse:
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movdqu	%xmm\n, ZMM+\n*64(%rbp)
	.endr
	jmp	store_rest
store_avx512:
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	vmovdqu64 %zmm\n, ZMM+\n*64(%rbp)
	.endr
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7
	kmovq	%k\n, K+\n*8(%rbp)
	.endr
	vzeroupper
store_rest:
	stmxcsr	MXCSR(%rbp)
	fnstcw	FCW(%rbp)
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7
	fstpt	X87+\n*16(%rbp)
	.endr
	fninit
	ldmxcsr	default_mxcsr(%rip)
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
	.size hold_vectors, . - hold_vectors

/*
 * hold_registers(in, out, spins): struct hold_registers as rdi and rsi. All
 * general registers but rcx, the counter, and rsp; the flags; the red zone.
 * Nothing in the loop changes a flag.
 */
	.globl hold_registers
	.type hold_registers, @function
hold_registers:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsi, hold_out(%rip)
	mov	%rdx, %rcx
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7
	mov	128+\n*8(%rdi), %rax
	mov	%rax, -64+\n*8(%rsp)
	.endr
	mov	0(%rdi), %rax
	mov	8(%rdi), %rbx
	mov	16(%rdi), %rdx
	mov	24(%rdi), %rsi
	mov	40(%rdi), %rbp
	mov	48(%rdi), %r8
	mov	56(%rdi), %r9
	mov	64(%rdi), %r10
	mov	72(%rdi), %r11
	mov	80(%rdi), %r12
	mov	88(%rdi), %r13
	mov	96(%rdi), %r14
	mov	104(%rdi), %r15
	lea	-256(%rsp), %rsp
	pushq	112(%rdi)
	popf
	lea	256(%rsp), %rsp
	mov	32(%rdi), %rdi
2:	lea	-1(%rcx), %rcx
	jrcxz	3f
	jmp	2b
3:	mov	%rdi, hold_rdi(%rip)
	mov	hold_out(%rip), %rdi
	mov	%rax, 0(%rdi)
	mov	%rbx, 8(%rdi)
	mov	%rdx, 16(%rdi)
	mov	%rsi, 24(%rdi)
	mov	%rbp, 40(%rdi)
	mov	%r8, 48(%rdi)
	mov	%r9, 56(%rdi)
	mov	%r10, 64(%rdi)
	mov	%r11, 72(%rdi)
	mov	%r12, 80(%rdi)
	mov	%r13, 88(%rdi)
	mov	%r14, 96(%rdi)
	mov	%r15, 104(%rdi)
	mov	hold_rdi(%rip), %rax
	mov	%rax, 32(%rdi)
	lea	-256(%rsp), %rsp
	pushf
	popq	112(%rdi)
	pushq	$0x202
	popf
	lea	256(%rsp), %rsp
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7
	mov	-64+\n*8(%rsp), %rax
	mov	%rax, 128+\n*8(%rdi)
	.endr
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
	.size hold_registers, . - hold_registers

	.local hold_out, hold_rdi
	.comm hold_out, 8, 8
	.comm hold_rdi, 8, 8
	.section .rodata
	.align 4
default_mxcsr:
	.long	0x1f80
	.section .note.GNU-stack, "", @progbits
