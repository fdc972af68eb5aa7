/* SPDX-License-Identifier: MIT */
/*
 * The entry point of clean_start: stores every register before anything else
 * has run, then starts the libc as if nothing had happened.
 */
	.text
	.globl first
	.type first, @function
first:
	mov	%rax, first_regs+0(%rip)
	mov	%rbx, first_regs+8(%rip)
	mov	%rcx, first_regs+16(%rip)
	mov	%rdx, first_regs+24(%rip)
	mov	%rsi, first_regs+32(%rip)
	mov	%rdi, first_regs+40(%rip)
	mov	%rbp, first_regs+48(%rip)
	mov	%rsp, first_regs+56(%rip)
	mov	%r8, first_regs+64(%rip)
	mov	%r9, first_regs+72(%rip)
	mov	%r10, first_regs+80(%rip)
	mov	%r11, first_regs+88(%rip)
	mov	%r12, first_regs+96(%rip)
	mov	%r13, first_regs+104(%rip)
	mov	%r14, first_regs+112(%rip)
	mov	%r15, first_regs+120(%rip)
	fxsave64 first_fx(%rip)
	pushf
	popq	first_regs+128(%rip)
	mov	%ds, %eax
	mov	%ax, first_selectors+0(%rip)
	mov	%es, %eax
	mov	%ax, first_selectors+2(%rip)
	mov	%fs, %eax
	mov	%ax, first_selectors+4(%rip)
	mov	%gs, %eax
	mov	%ax, first_selectors+6(%rip)
	mov	%cs, %eax
	mov	%ax, first_selectors+8(%rip)
	mov	%ss, %eax
	mov	%ax, first_selectors+10(%rip)
	/* As hold_level(): 0, 1 or 2. */
	mov	$1, %eax
	cpuid
	and	$0x18000000, %ecx	/* OSXSAVE, AVX */
	cmp	$0x18000000, %ecx
	jne	done
	xor	%ecx, %ecx
	xgetbv
	mov	%eax, %r8d
	and	$6, %eax
	cmp	$6, %eax
	jne	done
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vmovdqu	%ymm\n, first_wide+\n*64(%rip)
	.endr
	incl	first_level(%rip)
	mov	$7, %eax
	xor	%ecx, %ecx
	cpuid
	and	$0x40010000, %ebx	/* AVX512F, AVX512BW */
	cmp	$0x40010000, %ebx
	jne	done
	and	$0xe6, %r8d
	cmp	$0xe6, %r8d
	jne	done
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	vmovdqu64 %zmm\n, first_wide+\n*64(%rip)
	.endr
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7
	kmovq	%k\n, first_wide+2048+\n*8(%rip)
	.endr
	incl	first_level(%rip)
done:	mov	$158, %eax		/* arch_prctl ARCH_GET_FS, ARCH_GET_GS */
	mov	$0x1003, %edi
	lea	first_bases(%rip), %rsi
	syscall
	mov	$158, %eax
	mov	$0x1004, %edi
	lea	first_bases+8(%rip), %rsi
	syscall
	mov	first_regs+24(%rip), %rdx
	xor	%ebp, %ebp
	jmp	_start
	.size first, . - first

	.comm first_regs, 136, 16
	.comm first_fx, 512, 16
	.comm first_wide, 2112, 64
	.comm first_selectors, 12, 2
	.comm first_level, 4, 4
	.comm first_bases, 16, 8
	.section .note.GNU-stack, "", @progbits
