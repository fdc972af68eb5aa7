/* SPDX-License-Identifier: MIT */
/*
 * The first instruction of a program finds the registers as the psABI wants
 * them: rsp 16-byte aligned and at argc, rdx zero (no exit function), DF clear.
 * Exits with a number that says which does not hold, 0 if all do. No libc.
 */
	.globl _start
	.text
_start:
	mov	$1, %edi
	test	$15, %rsp
	jnz	end
	mov	$2, %edi
	cmpq	$3, (%rsp)		/* argc: run with two arguments */
	jne	end
	mov	$3, %edi
	test	%rdx, %rdx
	jnz	end
	mov	$4, %edi
	pushf
	pop	%rax
	test	$0x400, %eax		/* DF */
	jnz	end
	mov	$5, %edi
	cmpq	$0, 32(%rsp)		/* argv[3] */
	jne	end
	mov	$6, %edi
	mov	8(%rsp), %rbx		/* argv[0] is a string in mapped memory */
	cmpb	$0, (%rbx)
	je	end
	mov	$7, %edi
	mov	24(%rsp), %rbx		/* argv[2] is "z" */
	cmpw	$'z', (%rbx)
	jne	end
	mov	$8, %edi
	mov	%rsp, %rbx
	sub	$65536, %rbx		/* the stack grows on demand */
	movq	$1, (%rbx)
	cmpq	$1, (%rbx)
	jne	end
	xor	%edi, %edi
end:	mov	$60, %eax		/* exit */
	syscall
	hlt
	.section .note.GNU-stack, "", @progbits
