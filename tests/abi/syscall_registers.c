/* SPDX-License-Identifier: MIT */
/*
 * A system call changes rax, rcx and r11 and nothing else: every other general
 * register, the flags, the red zone and the stack stay, over many kinds of
 * calls, those that fail, block or give the CPU away among them.
 */
#include <sys/syscall.h>
#include <time.h>

#include "abi.h"

struct regs {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rflags, red[16];
};

/* Loads in, makes the system call, stores everything to out. */
void call_with(const struct regs *in, struct regs *out);

__asm__(".text\n"
	".globl call_with\n"
	"call_with:\n"
	"	push %rbx\n	push %rbp\n	push %r12\n	push %r13\n	push %r14\n	push %r15\n"
	"	mov %rdi, in_ptr(%rip)\n"
	"	mov %rsi, out_ptr(%rip)\n"
	"	mov %rsp, saved_rsp(%rip)\n"
	"	lea 136(%rdi), %rsi\n"
	"	lea -128(%rsp), %rdi\n"
	"	mov $16, %ecx\n"
	"	rep movsq\n"
	"	mov in_ptr(%rip), %rdi\n"
	"	mov 0(%rdi), %rax\n	mov 8(%rdi), %rbx\n	mov 24(%rdi), %rdx\n"
	"	mov 32(%rdi), %rsi\n	mov 48(%rdi), %rbp\n	mov 64(%rdi), %r8\n"
	"	mov 72(%rdi), %r9\n	mov 80(%rdi), %r10\n	mov 96(%rdi), %r12\n"
	"	mov 104(%rdi), %r13\n	mov 112(%rdi), %r14\n	mov 120(%rdi), %r15\n"
	/* The flags come last, from beyond the red zone. */
	"	lea -256(%rsp), %rsp\n"
	"	pushq 128(%rdi)\n"
	"	popf\n"
	"	lea 256(%rsp), %rsp\n"
	"	mov 40(%rdi), %rdi\n"
	"	syscall\n"
	"after:\n"
	"	mov %rdi, saved_rdi(%rip)\n"
	"	mov out_ptr(%rip), %rdi\n"
	"	mov %rax, 0(%rdi)\n	mov %rbx, 8(%rdi)\n	mov %rcx, 16(%rdi)\n"
	"	mov %rdx, 24(%rdi)\n	mov %rsi, 32(%rdi)\n	mov %rbp, 48(%rdi)\n"
	"	mov %rsp, 56(%rdi)\n	mov %r8, 64(%rdi)\n	mov %r9, 72(%rdi)\n"
	"	mov %r10, 80(%rdi)\n	mov %r11, 88(%rdi)\n	mov %r12, 96(%rdi)\n"
	"	mov %r13, 104(%rdi)\n	mov %r14, 112(%rdi)\n	mov %r15, 120(%rdi)\n"
	"	mov saved_rdi(%rip), %rax\n"
	"	mov %rax, 40(%rdi)\n"
	"	lea -256(%rsp), %rsp\n"
	"	pushf\n"
	"	popq 128(%rdi)\n"
	"	lea 256(%rsp), %rsp\n"
	"	cld\n"
	"	lea -128(%rsp), %rsi\n"
	"	lea 136(%rdi), %rdi\n"
	"	mov $16, %ecx\n"
	"	rep movsq\n"
	"	mov saved_rsp(%rip), %rsp\n"
	"	pop %r15\n	pop %r14\n	pop %r13\n	pop %r12\n	pop %rbp\n	pop %rbx\n"
	"	ret\n"
	".local in_ptr, out_ptr, saved_rsp, saved_rdi\n"
	".comm in_ptr, 8, 8\n	.comm out_ptr, 8, 8\n	.comm saved_rsp, 8, 8\n	.comm saved_rdi, 8, 8\n");

extern char after[] __attribute__((visibility("hidden")));

static int is_kept(const struct regs *in, const struct regs *out)
{
	return in->rbx == out->rbx && in->rdx == out->rdx && in->rsi == out->rsi &&
	       in->rdi == out->rdi && in->rbp == out->rbp && in->r8 == out->r8 &&
	       in->r9 == out->r9 && in->r10 == out->r10 && in->r12 == out->r12 &&
	       in->r13 == out->r13 && in->r14 == out->r14 && in->r15 == out->r15 &&
	       memcmp(in->red, out->red, sizeof(in->red)) == 0;
}

/* CF PF AF ZF SF DF OF, in turn and together; ID, which may be set freely. */
static const uint64_t flag_sets[] = { 0x202, 0x203, 0x206, 0x212, 0x242, 0x282, 0x602, 0xa02,
				      0xed7, 0x200202 };

static void check_call(const char *what, struct regs in)
{
	uint64_t state = in.rax + 1;
	struct regs out;
	int kept = 1, flags = 1, returned = 1;

	for (size_t i = 0; i < sizeof(flag_sets) / sizeof(flag_sets[0]); i++) {
		in.rflags = flag_sets[i];
		in.rbx = abi_random(&state);
		in.rbp = abi_random(&state);
		in.r8 = abi_random(&state);
		in.r9 = abi_random(&state);
		in.r12 = abi_random(&state);
		in.r13 = abi_random(&state);
		in.r14 = abi_random(&state);
		in.r15 = abi_random(&state);
		for (int k = 0; k < 16; k++)
			in.red[k] = abi_random(&state);
		memset(&out, 0, sizeof(out));
		call_with(&in, &out);
		kept &= is_kept(&in, &out);
		flags &= (out.rflags & 0xfd5) == (in.rflags & 0xfd5);
		returned &= out.rcx == (uint64_t)after;
	}
	printf("%s: registers %d, flags %d, rcx %d\n", what, kept, flags, returned);
	abi_failures += !kept || !flags || !returned;
}

#define CALL(nr, ...) check_call(#nr, (struct regs){ .rax = SYS_##nr, __VA_ARGS__ })

int main(void)
{
	static char buf[4096];
	static struct timespec ms = { 0, 1000000 };

	CALL(getpid);
	CALL(getppid, .rdi = 0x1111111111111111, .rsi = 0x2222222222222222,
	     .rdx = 0x3333333333333333, .r10 = 0x4444444444444444);
	CALL(sched_yield, .rdi = ~0UL, .rsi = ~0UL);
	CALL(nanosleep, .rdi = (uint64_t)&ms);
	CALL(clock_gettime, .rdi = 1, .rsi = (uint64_t)buf);
	CALL(uname, .rdi = (uint64_t)buf);
	CALL(getrandom, .rdi = (uint64_t)buf, .rsi = 4096);
	CALL(write, .rdi = 1, .rsi = (uint64_t)buf, .rdx = 0);
	CALL(write, .rdi = 1, .rsi = 8, .rdx = 100);
	CALL(write, .rdi = 99, .rsi = (uint64_t)buf, .rdx = 1);
	CALL(read, .rdi = 0, .rsi = (uint64_t)buf, .rdx = 1);
	CALL(brk, .rdi = 1);
	CALL(munmap, .rdi = 1, .rsi = 1);
	check_call("no such call", (struct regs){ .rax = 99999, .rdi = 1, .rsi = 2, .rdx = 3 });
	check_call("negative", (struct regs){ .rax = (uint64_t)-1, .rdi = 1, .rsi = 2, .rdx = 3 });
	return abi_end();
}
