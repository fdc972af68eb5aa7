/* SPDX-License-Identifier: MIT */
/* The traps that computing can cause: one that its argument names. */
#include "guest.h"

static void x87_divide(void)
{
	unsigned short control = 0x037b; /* division by zero is not masked */

	__asm__ volatile("fninit\n\tfldcw %0\n\tfldz\n\tfld1\n\tfdivp\n\tfwait" : : "m"(control));
}

static void sse_divide(void)
{
	unsigned int mxcsr = 0x1d80;

	__asm__ volatile("ldmxcsr %0\n\txorps %%xmm0, %%xmm0\n\tmov $1, %%eax\n\t"
			 "cvtsi2ss %%eax, %%xmm1\n\tdivss %%xmm0, %%xmm1"
			 :
			 : "m"(mxcsr)
			 : "eax", "xmm0", "xmm1");
}

static void sse_reserved(void)
{
	unsigned int mxcsr = 0x80001f80;

	__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
}

static void sse_unaligned(void)
{
	static char bytes[64];

	__asm__ volatile("movaps (%0), %%xmm0" : : "r"((uintptr_t)bytes | 1) : "xmm0");
}

static void alignment_check(void)
{
	static char bytes[64];

	__asm__ volatile("pushf\n\torl $0x40000, (%%rsp)\n\tpopf\n\tmov %0, %%eax\n\t"
			 "pushf\n\tandl $~0x40000, (%%rsp)\n\tpopf"
			 :
			 : "m"(*(int(*)[1])((uintptr_t)bytes | 1))
			 : "eax", "memory");
}

static void trap_flag(void)
{
	__asm__ volatile("pushf\n\torl $0x100, (%%rsp)\n\tpopf\n\tnop\n\tnop" : : : "memory");
}

/* The trap is due in the middle of a system call: the kernel must not trip. */
static void trap_flag_syscall(void)
{
	__asm__ volatile("mov $39, %%eax\n\tpushf\n\torl $0x100, (%%rsp)\n\tpopf\n\tsyscall\n\tnop"
			 :
			 :
			 : "rax", "rcx", "r11", "memory");
}

/* The overflow is in the quotient: the lowest number, by -1. */
static void divide_overflow(void)
{
	__asm__ volatile("mov $0x80000000, %%eax\n\tcltd\n\tmov $-1, %%ecx\n\tidivl %%ecx"
			 :
			 :
			 : "rax", "rcx", "rdx");
}

static void divide_zero(void)
{
	__asm__ volatile("xor %%edx, %%edx\n\txor %%ecx, %%ecx\n\tmov $7, %%eax\n\tdivl %%ecx"
			 :
			 :
			 : "rax", "rcx", "rdx");
}

static void ud2(void)
{
	__asm__ volatile("ud2");
}

static void prefixes(void)
{
	__asm__ volatile(".byte 0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,"
			 "0x66,0x66,0x66,0x90");
}

static void lock_register(void)
{
	__asm__ volatile(".byte 0xf0, 0x01, 0xc0"); /* lock add eax, eax */
}

static void old_opcode(void)
{
	__asm__ volatile(".byte 0xce"); /* into, not in 64-bit mode */
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} table[] = {
		{ "divide-zero", divide_zero },	    { "divide-overflow", divide_overflow },
		{ "ud2", ud2 },			    { "x87", x87_divide },
		{ "sse", sse_divide },		    { "sse-reserved", sse_reserved },
		{ "sse-unaligned", sse_unaligned }, { "alignment", alignment_check },
		{ "trap-flag", trap_flag },	    { "trap-flag-syscall", trap_flag_syscall },
		{ "prefixes", prefixes },	    { "lock", lock_register },
		{ "into", old_opcode },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(argv[1], table[i].name) == 0) {
			table[i].run();
			return GUEST_SURVIVED;
		}
	}
	return GUEST_BROKEN;
}
