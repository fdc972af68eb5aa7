/* SPDX-License-Identifier: MIT */
/*
 * Handlers run with what they are to know, and what they interrupted goes on
 * as if nothing had been.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"

static volatile sig_atomic_t count, last, depth, deepest, raises;
static siginfo_t last_info;
static sigjmp_buf back;

static void note(int number, siginfo_t *info, void *context)
{
	(void)context;
	count++;
	last = number;
	last_info = *info;
}

static void install(int number, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };

	sigemptyset(&action.sa_mask);
	check("sigaction", sigaction(number, &action, NULL) == 0);
}

static void sent_by_itself(void)
{
	install(SIGUSR1, note, 0);
	count = 0;
	check("kill", kill(getpid(), SIGUSR1) == 0);
	check("the handler ran before kill returned", count == 1 && last == SIGUSR1);
	check("and knows the sender", last_info.si_pid == getpid());
	printf("code %d\n", last_info.si_code);
	check("raise", raise(SIGUSR1) == 0 && count == 2);
	printf("code %d\n", last_info.si_code);
}

static void blocked_and_pending(void)
{
	sigset_t set, pending;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	count = 0;
	raise(SIGUSR1);
	raise(SIGUSR1);
	check("a blocked one waits", count == 0);
	check("and is pending", sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1) == 1);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	check("it comes once", count == 1);
	sigemptyset(&pending);
	sigpending(&pending);
	check("and is not pending", sigismember(&pending, SIGUSR1) == 0);
}

static void nest(int number)
{
	(void)number;
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (depth < 4 && raises-- > 0)
		raise(SIGUSR2);
	depth--;
}

static void nested(void)
{
	struct sigaction action = { .sa_handler = nest };

	deepest = 0;
	raises = 3;
	sigaction(SIGUSR2, &action, NULL);
	raise(SIGUSR2);
	printf("a handler masks its own signal: depth %d\n", (int)deepest);
	deepest = 0;
	raises = 3;
	action.sa_flags = SA_NODEFER;
	sigaction(SIGUSR2, &action, NULL);
	raise(SIGUSR2);
	printf("unless it does not want to: depth %d\n", (int)deepest);
	action.sa_flags = SA_RESETHAND;
	action.sa_handler = nest;
	sigaction(SIGUSR2, &action, NULL);
	depth = 3;
	raise(SIGUSR2);
	depth = 0;
	sigaction(SIGUSR2, NULL, &action);
	check("SA_RESETHAND", action.sa_handler == SIG_DFL);
}

static void escape(int number, siginfo_t *info, void *context)
{
	note(number, info, context);
	siglongjmp(back, 1);
}

static void faults(void)
{
	static char *volatile nowhere = (char *)0x1234;
	static volatile int zero;
	char *read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	install(SIGSEGV, escape, 0);
	install(SIGFPE, escape, 0);
	install(SIGILL, escape, 0);
	if (!sigsetjmp(back, 1))
		*nowhere = 1;
	printf("signal %d code %d address %#lx\n", (int)last, last_info.si_code,
	       (unsigned long)last_info.si_addr);
	if (!sigsetjmp(back, 1))
		*read_only = 1;
	printf("signal %d code %d, the address: %d\n", (int)last, last_info.si_code,
	       last_info.si_addr == read_only);
	if (!sigsetjmp(back, 1))
		printf("%d\n", 1 / zero);
	printf("signal %d code %d\n", (int)last, last_info.si_code);
	if (!sigsetjmp(back, 1))
		__asm__ volatile("ud2");
	printf("signal %d code %d\n", (int)last, last_info.si_code);
	if (!sigsetjmp(back, 1))
		__asm__ volatile("hlt");
	printf("signal %d code %d\n", (int)last, last_info.si_code);
	signal(SIGSEGV, SIG_DFL);
}

static volatile int forever = 1;

static __attribute__((noinline)) int overflow(int n)
{
	volatile char page[4096];

	page[n % 4096] = 1;
	__asm__ volatile("" : : "r"(page) : "memory"); /* no frame can be reused */
	return forever ? overflow(n + 1) + page[0] : 0;
}

static void stack_overflow(void)
{
	stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };

	check("sigaltstack", sigaltstack(&stack, NULL) == 0);
	install(SIGSEGV, escape, SA_ONSTACK);
	last = 0;
	if (!sigsetjmp(back, 1))
		printf("%d\n", overflow(0));
	printf("overflow: signal %d\n", (int)last);
	signal(SIGSEGV, SIG_DFL);
}

static void scribble(int number, siginfo_t *info, void *context)
{
	note(number, info, context);
	__asm__ volatile("pcmpeqd %%xmm0, %%xmm0; movdqa %%xmm0, %%xmm7; movdqa %%xmm0, %%xmm15"
			 : : : "xmm0", "xmm7", "xmm15");
}

/* Through kill by hand, so that nothing but the signal is in between. */
static void registers_are_kept(void)
{
	uint64_t in[2] = { 0x0123456789abcdef, 0xfedcba9876543210 }, out[2], rbx, r12, rax;

	install(SIGUSR1, scribble, 0);
	__asm__ volatile("movdqu (%[in]), %%xmm7\n\t"
			 "mov $0x1111, %%rbx\n\t"
			 "mov $0x2222, %%r12\n\t"
			 "syscall\n\t"
			 "movdqu %%xmm7, (%[out])\n\t"
			 "mov %%rbx, %[rbx]\n\t"
			 "mov %%r12, %[r12]\n\t"
			 : "=a"(rax), [rbx] "=m"(rbx), [r12] "=m"(r12)
			 : "0"(62L), "D"((long)getpid()), "S"((long)SIGUSR1), [in] "r"(in),
			   [out] "r"(out)
			 : "rcx", "r11", "rbx", "r12", "xmm7", "memory");
	check("kill's result", rax == 0);
	check("a vector register", !memcmp(in, out, sizeof(in)));
	check("general registers", rbx == 0x1111 && r12 == 0x2222);
}

static void alarms(void)
{
	struct itimerval timer = { { 0, 20000 }, { 0, 20000 } }, off = { { 0, 0 }, { 0, 0 } };
	struct timespec long_time = { 60, 0 }, left;
	unsigned seconds;

	install(SIGALRM, note, 0);
	count = 0;
	check("setitimer", setitimer(ITIMER_REAL, &timer, NULL) == 0);
	for (int i = 0; i < 3; i++)
		pause();
	check("it comes again and again", count >= 3);
	check("nanosleep ends early", nanosleep(&long_time, &left) == -1 && errno == EINTR);
	check("and says what is left", left.tv_sec >= 30 && left.tv_sec < 60);
	setitimer(ITIMER_REAL, &off, NULL);
	check("alarm", alarm(100) == 0);
	seconds = alarm(0);
	check("what was left of it", seconds > 50 && seconds <= 100);
	alarm(4000000000);
	seconds = alarm(0);
	check("what was left of 126 years", seconds > 3999999900 && seconds <= 4000000000);
}

static void children(void)
{
	sigset_t set, old;
	int status;
	pid_t pid;

	install(SIGCHLD, note, SA_RESTART);
	count = 0;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		usleep(10000);
		_exit(4);
	}
	check("wait is not disturbed", waitpid(pid, &status, 0) == pid && status == 4 << 8);
	check("SIGCHLD came", count == 1 && last_info.si_pid == pid);
	printf("code %d status %d\n", last_info.si_code, last_info.si_status);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &old);
	count = 0;
	pid = fork();
	if (!pid)
		_exit(0);
	check("sigsuspend", sigsuspend(&old) == -1 && errno == EINTR && count == 1);
	waitpid(pid, &status, 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGCHLD, SIG_IGN);
	pid = fork();
	if (!pid)
		_exit(0);
	check("who ignores SIGCHLD has no zombies",
	      waitpid(pid, &status, 0) == -1 && errno == ECHILD);
	signal(SIGCHLD, SIG_DFL);
}

static void groups(void)
{
	int status;
	pid_t a, b;

	fflush(stdout);
	a = fork();
	if (!a) {
		setpgid(0, 0);
		for (;;)
			pause();
	}
	setpgid(a, a);
	b = fork();
	if (!b) {
		setpgid(0, a);
		for (;;)
			pause();
	}
	setpgid(b, a);
	check("getpgid", getpgid(b) == a);
	check("kill of a group", kill(-a, SIGTERM) == 0);
	waitpid(a, &status, 0);
	printf("status %#x\n", status);
	waitpid(b, &status, 0);
	printf("status %#x\n", status);
	check("the group is empty", kill(-a, 0) == -1 && errno == ESRCH);
}

int main(void)
{
	sent_by_itself();
	blocked_and_pending();
	nested();
	faults();
	stack_overflow();
	registers_are_kept();
	alarms();
	children();
	groups();
	return abi_end();
}
