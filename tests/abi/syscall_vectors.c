/* SPDX-License-Identifier: MIT */
/*
 * A system call leaves the vector registers, the x87 stack and both control
 * words alone, the wide ones too where they may be used.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>

#include "abi.h"

static _Alignas(64) unsigned char in[2048], out[2048];

#define REGS16(load, name, width) \
	load " 0*" width "(%1), %%" name "0\n\t" load " 1*" width "(%1), %%" name "1\n\t" \
	load " 2*" width "(%1), %%" name "2\n\t" load " 3*" width "(%1), %%" name "3\n\t" \
	load " 4*" width "(%1), %%" name "4\n\t" load " 5*" width "(%1), %%" name "5\n\t" \
	load " 6*" width "(%1), %%" name "6\n\t" load " 7*" width "(%1), %%" name "7\n\t" \
	load " 8*" width "(%1), %%" name "8\n\t" load " 9*" width "(%1), %%" name "9\n\t" \
	load " 10*" width "(%1), %%" name "10\n\t" load " 11*" width "(%1), %%" name "11\n\t" \
	load " 12*" width "(%1), %%" name "12\n\t" load " 13*" width "(%1), %%" name "13\n\t" \
	load " 14*" width "(%1), %%" name "14\n\t" load " 15*" width "(%1), %%" name "15\n\t"

#define STORES16(store, name, width) \
	store " %%" name "0, 0*" width "(%2)\n\t" store " %%" name "1, 1*" width "(%2)\n\t" \
	store " %%" name "2, 2*" width "(%2)\n\t" store " %%" name "3, 3*" width "(%2)\n\t" \
	store " %%" name "4, 4*" width "(%2)\n\t" store " %%" name "5, 5*" width "(%2)\n\t" \
	store " %%" name "6, 6*" width "(%2)\n\t" store " %%" name "7, 7*" width "(%2)\n\t" \
	store " %%" name "8, 8*" width "(%2)\n\t" store " %%" name "9, 9*" width "(%2)\n\t" \
	store " %%" name "10, 10*" width "(%2)\n\t" store " %%" name "11, 11*" width "(%2)\n\t" \
	store " %%" name "12, 12*" width "(%2)\n\t" store " %%" name "13, 13*" width "(%2)\n\t" \
	store " %%" name "14, 14*" width "(%2)\n\t" store " %%" name "15, 15*" width "(%2)\n\t"

#define XMM_CLOBBERS "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", \
	"xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

static __attribute__((noinline)) void over_xmm(long nr, long a, long b, long c)
{
	__asm__ volatile(REGS16("movdqa", "xmm", "16") "mov %3, %%rdi\n\tmov %4, %%rsi\n\t"
			 "syscall\n\t" STORES16("movdqa", "xmm", "16")
			 : "+a"(nr)
			 : "r"(in), "r"(out), "r"(a), "r"(b), "d"(c)
			 : "rdi", "rsi", "rcx", "r11", "memory", XMM_CLOBBERS);
}

__attribute__((target("avx"), noinline)) static void over_ymm(long nr, long a, long b, long c)
{
	__asm__ volatile(REGS16("vmovdqa", "ymm", "32") "mov %3, %%rdi\n\tmov %4, %%rsi\n\t"
			 "syscall\n\t" STORES16("vmovdqa", "ymm", "32") "vzeroupper"
			 : "+a"(nr)
			 : "r"(in), "r"(out), "r"(a), "r"(b), "d"(c)
			 : "rdi", "rsi", "rcx", "r11", "memory", XMM_CLOBBERS);
}

__attribute__((target("avx512f"), noinline)) static void over_zmm(long nr, long a, long b, long c)
{
	__asm__ volatile(REGS16("vmovdqa64", "zmm", "64") "mov %3, %%rdi\n\tmov %4, %%rsi\n\t"
			 "syscall\n\t" STORES16("vmovdqa64", "zmm", "64") "vzeroupper"
			 : "+a"(nr)
			 : "r"(in), "r"(out), "r"(a), "r"(b), "d"(c)
			 : "rdi", "rsi", "rcx", "r11", "memory", XMM_CLOBBERS);
}

static void check_width(const char *what, size_t width, void (*over)(long, long, long, long))
{
	static struct timespec ms = { 0, 1000000 };
	const long calls[][4] = {
		{ SYS_getpid, 0, 0, 0 },		{ SYS_write, 1, 8, 10 },
		{ SYS_sched_yield, 0, 0, 0 },		{ SYS_nanosleep, (long)&ms, 0, 0 },
		{ SYS_write, 1, (long)"written\n", 8 }, { SYS_brk, 0, 0, 0 },
	};
	uint64_t state = 3;
	int wrong = 0;

	fflush(stdout);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (size_t at = 0; at < sizeof(in); at++)
			in[at] = (unsigned char)abi_random(&state);
		memset(out, 0, sizeof(out));
		over(calls[i][0], calls[i][1], calls[i][2], calls[i][3]);
		wrong += memcmp(in, out, 16 * width) != 0;
	}
	check(what, wrong == 0);
}

static void check_x87(void)
{
	unsigned short control = 0x0a7f, control_after;
	unsigned int mxcsr = 0x5fc0, mxcsr_after;
	long double values[8], after[8];

	for (int i = 0; i < 8; i++) {
		values[i] = 1.0L / (i + 3);
		after[i] = 0;
	}
	__asm__ volatile("fninit\n\tfldcw %2\n\tldmxcsr %3\n\t"
			 "fldt 112(%5)\n\tfldt 96(%5)\n\tfldt 80(%5)\n\tfldt 64(%5)\n\t"
			 "fldt 48(%5)\n\tfldt 32(%5)\n\tfldt 16(%5)\n\tfldt 0(%5)\n\t"
			 "mov $24, %%eax\n\tsyscall\n\t"
			 "fnstcw %0\n\tstmxcsr %1\n\t"
			 "fstpt 0(%6)\n\tfstpt 16(%6)\n\tfstpt 32(%6)\n\tfstpt 48(%6)\n\t"
			 "fstpt 64(%6)\n\tfstpt 80(%6)\n\tfstpt 96(%6)\n\tfstpt 112(%6)\n\t"
			 "fninit\n\tldmxcsr %4"
			 : "=m"(control_after), "=m"(mxcsr_after)
			 : "m"(control), "m"(mxcsr), "m"((unsigned int){ 0x1f80 }), "r"(values),
			   "r"(after)
			 : "rax", "rcx", "r11", "memory");
	for (int i = 0; i < 8; i++)
		check("x87 register", values[i] == after[i]);
	check("x87 control word", control == control_after);
	check("mxcsr", mxcsr == mxcsr_after);
}

int main(void)
{
	check_width("xmm", 16, over_xmm);
	/* Where there is no AVX the same lines are printed, of narrower registers. */
	if (__builtin_cpu_supports("avx"))
		check_width("ymm", 32, over_ymm);
	else
		check_width("ymm", 16, over_xmm);
	if (__builtin_cpu_supports("avx512f"))
		check_width("zmm", 64, over_zmm);
	else
		check_width("zmm", 16, over_xmm);
	check_x87();
	return abi_end();
}
