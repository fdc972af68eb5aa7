/* SPDX-License-Identifier: MIT */
/*
 * The three system calls that programs of older C libraries make by calling fixed
 * addresses, and what else can be done with those addresses.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"

#define PAGE 4096
#define BASE 0xffffffffff600000ul
#define KERNEL ((void *)0xffff888000100000)

typedef long (*call_fn)(void *first, void *second, void *third);

static const call_fn get_time_of_day = (call_fn)BASE, get_seconds = (call_fn)(BASE + 0x400),
		     get_cpu = (call_fn)(BASE + 0x800);

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000ll + t.tv_nsec / 1000;
}

static void calls(void)
{
	struct timezone zone = { -1, -1 };
	struct timeval t = { 0, 0 };
	unsigned cpu = -1, node = -1;
	int64_t start = now_us(), us;
	time_t seconds = 0;
	long ret;

	printf("gettimeofday: %ld\n", get_time_of_day(&t, &zone, NULL));
	us = t.tv_sec * 1000000ll + t.tv_usec;
	check("it is the time", us >= start && us <= now_us());
	check("of no zone", zone.tz_minuteswest == 0 && zone.tz_dsttime == 0);
	printf("gettimeofday, nothing: %ld\n", get_time_of_day(NULL, NULL, NULL));
	ret = get_seconds(&seconds, NULL, NULL);
	check("time is what it says", ret == seconds);
	check("it is the time", ret >= start / 1000000 - 1 && ret <= now_us() / 1000000);
	ret = get_seconds(NULL, NULL, NULL);
	check("time, nothing", ret >= seconds);
	printf("getcpu: %ld\n", get_cpu(&cpu, &node, NULL));
	check("some processor", cpu < 8192 && node < 1024);
	printf("getcpu, nothing: %ld\n", get_cpu(NULL, NULL, NULL));
}

/* Registers are as after any system call: only rcx and r11 may have changed. */
static void registers(void)
{
	long a = 1, b = 2, c = 3, d = 4, result = 5, flags;

	__asm__ volatile("mov %[a], %%r12; mov %[b], %%r13; mov %[c], %%r8; mov %[d], %%r9\n\t"
			 "xor %%edi, %%edi; xor %%esi, %%esi; stc\n\t"
			 "call *%[entry]\n\t"
			 "pushf; pop %[flags]\n\t"
			 "mov %%r12, %[a]; mov %%r13, %[b]; mov %%r8, %[c]; mov %%r9, %[d]"
			 : [a] "+m"(a), [b] "+m"(b), [c] "+m"(c), [d] "+m"(d), "=a"(result),
			   [flags] "=&r"(flags)
			 : [entry] "r"(BASE)
			 : "rdi", "rsi", "rdx", "rcx", "r8", "r9", "r10", "r11", "r12", "r13",
			   "memory", "cc");
	printf("registers: %ld %ld %ld %ld, %ld, carry %ld\n", a, b, c, d, result, flags & 1);
}

static void show_end(const char *what, pid_t pid)
{
	int status = 0;

	waitpid(pid, &status, 0);
	printf("%s: %x\n", what, status);
}

static void bad(const char *what, uint64_t entry, void *first, void *second)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		((call_fn)entry)(first, second, NULL);
		_exit(0);
	}
	show_end(what, pid);
}

/* What a return address that is no address of a program's comes to. */
static void jumps(const char *what, void *stack)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		__asm__ volatile("mov %0, %%rsp; xor %%edi, %%edi; jmp *%1"
				 : : "r"(stack), "r"(BASE + 0x400) : "memory");
	show_end(what, pid);
}

static void handle(int sig)
{
	printf("signal %d\n", sig);
	fflush(stdout);
	_exit(0);
}

int main(void)
{
	char *read_only = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sigaction action = { .sa_handler = handle };
	uint64_t stack[64] = { 0 };

	calls();
	registers();
	bad("to the kernel", BASE, KERNEL, NULL);
	bad("a zone in the kernel", BASE, NULL, KERNEL);
	bad("to nowhere", BASE + 0x400, (void *)8, NULL);
	bad("not to be written", BASE + 0x800, read_only, NULL);
	bad("a fourth", BASE + 0xc00, NULL, NULL);
	bad("in between", BASE + 8, NULL, NULL);
	bad("behind", BASE + 0x1000, NULL, NULL);
	bad("before", BASE - 0x400, NULL, NULL);
	jumps("without a stack", (void *)64);
	stack[32] = (uint64_t)KERNEL;
	jumps("to return to the kernel", &stack[32]);
	stack[32] = BASE + 0xc00;
	jumps("to return to a fourth", &stack[32]);
	stack[32] = 1ul << 63;
	jumps("to return to no address", &stack[32]);
	sigaction(SIGSEGV, &action, NULL);
	bad("a handler sees it", BASE + 0xc00, NULL, NULL);
	return abi_end();
}
