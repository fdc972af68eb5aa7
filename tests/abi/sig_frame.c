/* SPDX-License-Identifier: MIT */
/*
 * The frame of a handler: wherever the stack pointer is, what is interrupted
 * goes on as it was, and a stack that is no good ends the program and nothing
 * else.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "abi.h"

#define PAGE  4096L
#define PAGES 16

static volatile sig_atomic_t count;
static volatile uint32_t mxcsr_seen;
static volatile uint16_t fcw_seen, tags_seen;
static volatile uint64_t flags_seen;
static unsigned char *region;

/* kill(2) of the process itself with the stack pointer at sp. */
static long kill_at(unsigned long sp, int number)
{
	long result;

	__asm__ volatile("mov %%rsp, %%rbx\n\tmov %[sp], %%rsp\n\tsyscall\n\tmov %%rbx, %%rsp"
			 : "=a"(result)
			 : "0"(SYS_kill), "D"((long)getpid()), "S"((long)number), [sp] "d"(sp)
			 : "rbx", "rcx", "r11", "memory", "cc");
	return result;
}

static void install(int number, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };

	sigemptyset(&action.sa_mask);
	check("sigaction", sigaction(number, &action, NULL) == 0);
}

static void note(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
	count++;
}

/* Frames that end at every place of a page, so that some lie in two. */
static void at_every_offset(void)
{
	unsigned char *top = region + (PAGES - 2) * PAGE;
	int good = 0, spared = 0, n = 0;

	install(SIGUSR1, note, 0);
	count = 0;
	for (long offset = 0; offset < PAGE; offset += 40, n++) {
		unsigned char *sp = top + offset;

		if (n % 3 == 0) /* nothing there yet */
			madvise(region, (PAGES - 1) * PAGE, MADV_DONTNEED);
		memset(sp - 128, n, 256);
		good += kill_at((unsigned long)sp, SIGUSR1) == 0 && count == n + 1;
		spared += sp[-128] == (unsigned char)n && !memcmp(sp - 128, sp - 127, 255);
	}
	check("the handler ran at every offset", good == n);
	check("the red zone was spared", spared == n);
}

struct registers {
	uint64_t general[12];
	uint64_t vector[16][2];
};

static void spoil(int number, siginfo_t *info, void *context)
{
	static const uint64_t ones[2] = { ~0ull, ~0ull };
	uint32_t mxcsr;
	uint16_t env[14];

	(void)number;
	(void)info;
	(void)context;
	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	__asm__ volatile("fnstenv %0" : "=m"(env));
	__asm__ volatile("pushfq\n\tpop %0" : "=r"(flags_seen));
	mxcsr_seen = mxcsr;
	fcw_seen = env[0];
	tags_seen = env[4];
	mxcsr = 0x1fc0;
	__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
	__asm__ volatile("fninit\n\tfldpi\n\tfldpi");
	__asm__ volatile("movdqu %0, %%xmm0\n\tmovdqu %0, %%xmm7\n\tmovdqu %0, %%xmm15"
			 : : "m"(ones) : "xmm0", "xmm7", "xmm15");
	count++;
}

/* All registers but those that a system call changes: out is what is left of in. */
static void through_a_signal(const struct registers *in, struct registers *out)
{
	register const struct registers *from __asm__("rbx") = in;
	register struct registers *to __asm__("rbp") = out;

	__asm__ volatile(
		"movdqu 96(%%rbx), %%xmm0\n\tmovdqu 112(%%rbx), %%xmm1\n\t"
		"movdqu 208(%%rbx), %%xmm7\n\tmovdqu 336(%%rbx), %%xmm15\n\t"
		"mov 32(%%rbx), %%r8\n\tmov 40(%%rbx), %%r9\n\tmov 48(%%rbx), %%r10\n\t"
		"mov 56(%%rbx), %%r12\n\tmov 64(%%rbx), %%r13\n\tmov 72(%%rbx), %%r14\n\t"
		"mov 80(%%rbx), %%r15\n\tmov 88(%%rbx), %%rdx\n\t"
		"std\n\tsyscall\n\t"
		"pushfq\n\tcld\n\tpop 0(%%rbp)\n\t"
		"movdqu %%xmm0, 96(%%rbp)\n\tmovdqu %%xmm1, 112(%%rbp)\n\t"
		"movdqu %%xmm7, 208(%%rbp)\n\tmovdqu %%xmm15, 336(%%rbp)\n\t"
		"mov %%rdi, 16(%%rbp)\n\tmov %%rsi, 24(%%rbp)\n\t"
		"mov %%r8, 32(%%rbp)\n\tmov %%r9, 40(%%rbp)\n\tmov %%r10, 48(%%rbp)\n\t"
		"mov %%r12, 56(%%rbp)\n\tmov %%r13, 64(%%rbp)\n\tmov %%r14, 72(%%rbp)\n\t"
		"mov %%r15, 80(%%rbp)\n\tmov %%rdx, 88(%%rbp)\n\tmov %%rax, 8(%%rbp)"
		: "+r"(from), "+r"(to)
		: "a"(SYS_kill), "D"((long)getpid()), "S"((long)SIGUSR2)
		: "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc",
		  "xmm0", "xmm1", "xmm7", "xmm15");
}

static void all_registers(void)
{
	static struct registers in, out;
	uint64_t seed = 88172645463325252;
	uint32_t mxcsr = 0x3f80;
	uint16_t fcw = 0x27f, fcw_after;
	long double sum;

	install(SIGUSR2, spoil, 0);
	for (size_t i = 0; i < sizeof(in) / 8; i++)
		((uint64_t *)&in)[i] = abi_random(&seed);
	count = 0;
	__asm__ volatile("ldmxcsr %0\n\tfldcw %1\n\tfld1" : : "m"(mxcsr), "m"(fcw));
	through_a_signal(&in, &out);
	__asm__ volatile("fld1\n\tfaddp\n\tfstpt %0" : "=m"(sum));
	__asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(fcw_after));
	check("the handler ran", count == 1);
	check("general registers", !memcmp(&in.general[4], &out.general[4], 8 * 8));
	check("the call's arguments", out.general[2] == (uint64_t)getpid() &&
	      out.general[3] == SIGUSR2 && out.general[1] == 0);
	check("vector registers", !memcmp(in.vector[0], out.vector[0], 32) &&
	      !memcmp(in.vector[7], out.vector[7], 16) &&
	      !memcmp(in.vector[15], out.vector[15], 16));
	check("the direction flag", out.general[0] & 0x400);
	check("mxcsr and the control word", mxcsr == 0x3f80 && fcw_after == fcw);
	check("the x87 stack", sum == 2);
	check("the handler begins upwards", !(flags_seen & 0x400));
	check("with its own rounding", mxcsr_seen == 0x1f80 && fcw_seen == 0x37f);
	check("and an empty x87 stack", tags_seen == 0xffff);
}

static void change(int number, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)info;
	if (number == SIGILL) {
		uc->uc_mcontext.gregs[REG_RIP] += 2; /* past ud2 */
		uc->uc_mcontext.gregs[REG_RAX] = 4711;
		uc->uc_mcontext.gregs[REG_EFL] |= 0x3000; /* not for a program */
	} else {
		uc->uc_mcontext.fpregs = NULL;
	}
	sigaddset(&uc->uc_sigmask, SIGUSR1);
	count++;
}

static void changed_by_the_handler(void)
{
	uint64_t result = 0, flags;
	uint32_t mxcsr = 0x3f80;
	sigset_t mask;

	install(SIGILL, change, 0);
	install(SIGUSR2, change, 0);
	count = 0;
	__asm__ volatile("ud2\n\tpushfq\n\tpop %1" : "+a"(result), "=r"(flags) : : "memory", "cc");
	check("it went on elsewhere", count == 1 && result == 4711);
	check("without a privilege", !(flags & 0x3000));
	sigprocmask(SIG_SETMASK, NULL, &mask);
	check("with another mask", sigismember(&mask, SIGUSR1) == 1);
	sigemptyset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
	kill(getpid(), SIGUSR2);
	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	check("with initial vector registers", count == 2 && mxcsr == 0x1f80);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

static void return_from_copy(int number, siginfo_t *info, void *context)
{
	unsigned char *copy = region;

	(void)number;
	(void)info;
	memcpy(copy, context, 304); /* what the kernel has put there */
	mprotect(copy, PAGE, PROT_READ);
	count++;
	__asm__ volatile("mov %0, %%rsp\n\tsyscall" : : "r"(copy), "a"(SYS_rt_sigreturn) : "memory");
}

static void from_memory_that_is_only_read(void)
{
	install(SIGUSR2, return_from_copy, 0);
	count = 0;
	check("it came back", kill(getpid(), SIGUSR2) == 0 && count == 1);
	mprotect(region, PAGE, PROT_READ | PROT_WRITE);
}

static void jump_out(int number, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)number;
	(void)info;
	uc->uc_mcontext.gregs[REG_RIP] = (greg_t)0x8000000000000000;
}

/* How a child ends that gets a signal, or returns from one, with that stack. */
static int end_of_child(unsigned long sp, int is_return)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (is_return)
			__asm__ volatile("mov %0, %%rsp\n\tsyscall"
					 : : "r"(sp), "a"(SYS_rt_sigreturn) : "memory");
		else
			kill_at(sp, SIGUSR1);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void end_in_region(const char *what)
{
	printf("%s: signal %d\n", what, end_of_child((unsigned long)region + 8 * PAGE, 0));
}

static void bad_stacks(void)
{
	static const unsigned long places[] = {
		0, 1, 5, 64, 0x1000, 0x10000, 0x7fffffffffff, 0x800000000000,
		0x8000000000000000, 0xffff888000001000, 0xffffffff80100000, -4096ul, -8ul, -1ul,
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		printf("handler at %#lx: signal %d\n", places[i], end_of_child(places[i], 0));
		printf("return at %#lx: signal %d\n", places[i], end_of_child(places[i], 1));
	}
	mprotect(region, PAGES * PAGE, PROT_READ);
	end_in_region("handler in what is only read");
	mprotect(region, PAGES * PAGE, PROT_NONE);
	end_in_region("handler in what is not for it");
	mprotect(region, PAGES * PAGE, PROT_READ | PROT_WRITE);
	install(SIGUSR1, jump_out, 0);
	end_in_region("return to nowhere");
}

static volatile uint64_t fault_ip;
static volatile int fault_code;

/* A signal of itself whose handler is at an address where no program can be. */
static void kill_with_handler_at(unsigned long place, int number, int flags)
{
	struct sigaction action = { .sa_handler = (void (*)(int))place, .sa_flags = flags }, old;

	sigemptyset(&action.sa_mask);
	if (sigaction(number, &action, NULL) || sigaction(number, NULL, &old) ||
	    old.sa_handler != action.sa_handler)
		_exit(99);
	kill(getpid(), number);
}

/* How a child ends of that, which may have a handler for the fault, but blocked. */
static void end_outside(unsigned long place, int number, int flags, int is_blocked)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		sigset_t mask;

		if (is_blocked) {
			install(SIGSEGV, note, 0);
			sigfillset(&mask);
			sigdelset(&mask, number);
			sigprocmask(SIG_SETMASK, &mask, NULL);
		}
		kill_with_handler_at(place, number, flags);
		_exit(98);
	}
	waitpid(pid, &status, 0);
	printf("handler %d at %#lx, flags %#x: signal %d\n", number, place, (unsigned)flags,
	       WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status));
}

static sigjmp_buf after_fault;

static void note_and_leave(int number, siginfo_t *info, void *context)
{
	(void)number;
	fault_ip = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
	fault_code = info->si_code;
	count++;
	siglongjmp(after_fault, 1);
}

static void handlers_outside(void)
{
	static const unsigned long places[] = {
		0x7ffffffff000, 0x7fffffffffff, 0x800000000000, 0x8000000000000000,
		0xffff7fffffffffff, 0xffff888000001000, 0xffffffff80100000, -1ul,
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		end_outside(places[i], SIGUSR1, 0, 0);
		end_outside(places[i], SIGSEGV, 0, 0);
		end_outside(places[i], SIGSEGV, SA_RESETHAND, 0);
	}
	end_outside(0x8000000000000000, SIGUSR1, 0, 1);

	install(SIGSEGV, note_and_leave, 0);
	count = 0;
	if (!sigsetjmp(after_fault, 1))
		kill_with_handler_at(0x8000000000000000, SIGUSR1, SA_RESETHAND);
	check("a handler outside is a fault", count == 1 && fault_code == SI_KERNEL &&
	      fault_ip == 0x8000000000000000);
	count = 0;
	kill_with_handler_at((unsigned long)note, SIGUSR1, 0);
	check("and another may follow it", count == 1);
	signal(SIGSEGV, SIG_DFL);
}

/* The child's frame must not be seen by the parent. */
static void on_a_shared_page(void)
{
	unsigned char *sp = region + 4 * PAGE + 2000;
	int status;
	pid_t pid;

	install(SIGUSR1, note, 0);
	memset(region, 7, PAGES * PAGE);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		count = 0;
		kill_at((unsigned long)sp, SIGUSR1);
		_exit(count == 1 && sp[0] == 7 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	check("the child's handler ran", WIFEXITED(status) && WEXITSTATUS(status) == 0);
	for (long i = 0; i < PAGES * PAGE; i++)
		status |= region[i] != 7;
	check("and the parent's stack is its own", !status);
}

int main(void)
{
	region = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (region == MAP_FAILED)
		return 1;
	at_every_offset();
	all_registers();
	changed_by_the_handler();
	from_memory_that_is_only_read();
	on_a_shared_page();
	bad_stacks();
	handlers_outside();
	return abi_end();
}
