/* SPDX-License-Identifier: MIT */
#include "vmm/observe/opcode_tables.h"

#include <stddef.h>

#define POWER(power)      OPCODE_POWER_##power
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const struct opcode_entry one_byte[] = {
	{0x50, 0x57, "push", POWER(NONE)},
	{0x58, 0x5f, "pop", POWER(NONE)},
	{0x62, 0x62, "an AVX-512 instruction", POWER(NONE)},
	{0x63, 0x63, "movsxd", POWER(NONE)},
	{0x68, 0x68, "push", POWER(NONE)},
	{0x69, 0x69, "imul", POWER(NONE)},
	{0x6a, 0x6a, "push", POWER(NONE)},
	{0x6b, 0x6b, "imul", POWER(NONE)},
	{0x6c, 0x6d, "ins", POWER(PORTS)},
	{0x6e, 0x6f, "outs", POWER(PORTS)},
	{0x70, 0x7f, "jcc", POWER(NONE)},
	{0x84, 0x85, "test", POWER(NONE)},
	{0x86, 0x87, "xchg", POWER(NONE)},
	{0x88, 0x8b, "mov", POWER(NONE)},
	{0x8c, 0x8c, "mov", POWER(NONE)},
	{0x8d, 0x8d, "lea", POWER(NONE)},
	{0x8e, 0x8e, "mov to a segment register", POWER(TABLES)},
	{0x8f, 0x8f, "pop", POWER(NONE)},
	{0x90, 0x90, "nop", POWER(NONE)},
	{0x91, 0x97, "xchg", POWER(NONE)},
	{0x9b, 0x9b, "fwait", POWER(NONE)},
	{0x9c, 0x9c, "pushf", POWER(NONE)},
	{0x9d, 0x9d, "popf", POWER(NONE)},
	{0xa0, 0xa3, "mov", POWER(NONE)},
	{0xa4, 0xa5, "movs", POWER(NONE)},
	{0xa6, 0xa7, "cmps", POWER(NONE)},
	{0xa8, 0xa9, "test", POWER(NONE)},
	{0xaa, 0xab, "stos", POWER(NONE)},
	{0xac, 0xad, "lods", POWER(NONE)},
	{0xae, 0xaf, "scas", POWER(NONE)},
	{0xb0, 0xbf, "mov", POWER(NONE)},
	{0xc2, 0xc3, "ret", POWER(NONE)},
	{0xc4, 0xc5, "an AVX instruction", POWER(NONE)},
	{0xc6, 0xc7, "mov", POWER(NONE)},
	{0xc8, 0xc8, "enter", POWER(NONE)},
	{0xc9, 0xc9, "leave", POWER(NONE)},
	{0xca, 0xcb, "retf", POWER(RETURN)},
	{0xcc, 0xcc, "int3", POWER(NONE)},
	{0xcd, 0xcd, "int", POWER(GATE)},
	{0xcf, 0xcf, "iret", POWER(RETURN)},
	{0xd7, 0xd7, "xlat", POWER(NONE)},
	{0xd8, 0xdf, "an x87 instruction", POWER(NONE)},
	{0xe0, 0xe2, "loop", POWER(NONE)},
	{0xe3, 0xe3, "jrcxz", POWER(NONE)},
	{0xe4, 0xe5, "in", POWER(PORTS)},
	{0xe6, 0xe7, "out", POWER(PORTS)},
	{0xe8, 0xe8, "call", POWER(NONE)},
	{0xe9, 0xe9, "jmp", POWER(NONE)},
	{0xeb, 0xeb, "jmp", POWER(NONE)},
	{0xec, 0xed, "in", POWER(PORTS)},
	{0xee, 0xef, "out", POWER(PORTS)},
	{0xf1, 0xf1, "int1", POWER(NONE)},
	{0xf4, 0xf4, "hlt", POWER(HALT)},
	{0xfa, 0xfa, "cli", POWER(INTERRUPTS)},
	{0xfb, 0xfb, "sti", POWER(INTERRUPTS)},
	{0xfc, 0xfc, "cld", POWER(NONE)},
	{0xfd, 0xfd, "std", POWER(NONE)},
};

static const struct opcode_entry two_byte[] = {
	{0x02, 0x02, "lar", POWER(NONE)},
	{0x03, 0x03, "lsl", POWER(NONE)},
	{0x05, 0x05, "syscall", POWER(NONE)},
	{0x06, 0x06, "clts", POWER(CONTROL)},
	{0x07, 0x07, "sysret", POWER(RETURN)},
	{0x08, 0x08, "invd", POWER(CACHE)},
	{0x09, 0x09, "wbinvd", POWER(CACHE)},
	{0x0b, 0x0b, "ud2", POWER(NONE)},
	{0x0d, 0x0d, "prefetchw", POWER(NONE)},
	{0x10, 0x11, "movups", POWER(NONE)},
	{0x12, 0x13, "movlps", POWER(NONE)},
	{0x16, 0x17, "movhps", POWER(NONE)},
	{0x1e, 0x1f, "nop", POWER(NONE)},
	{0x28, 0x29, "movaps", POWER(NONE)},
	{0x2b, 0x2b, "movntps", POWER(NONE)},
	{0x30, 0x30, "wrmsr", POWER(MSR)},
	{0x31, 0x31, "rdtsc", POWER(COUNTERS)},
	{0x32, 0x32, "rdmsr", POWER(MSR)},
	{0x33, 0x33, "rdpmc", POWER(COUNTERS)},
	{0x34, 0x34, "sysenter", POWER(GATE)},
	{0x35, 0x35, "sysexit", POWER(RETURN)},
	{0x40, 0x4f, "cmov", POWER(NONE)},
	{0x51, 0x5f, "an SSE instruction", POWER(NONE)},
	{0x60, 0x6d, "an SSE instruction", POWER(NONE)},
	{0x6e, 0x6e, "movd", POWER(NONE)},
	{0x6f, 0x6f, "movdqa", POWER(NONE)},
	{0x70, 0x76, "an SSE instruction", POWER(NONE)},
	{0x78, 0x78, "vmread", POWER(VIRTUAL)},
	{0x79, 0x79, "vmwrite", POWER(VIRTUAL)},
	{0x7e, 0x7e, "movd", POWER(NONE)},
	{0x7f, 0x7f, "movdqa", POWER(NONE)},
	{0x80, 0x8f, "jcc", POWER(NONE)},
	{0x90, 0x9f, "setcc", POWER(NONE)},
	{0xa2, 0xa2, "cpuid", POWER(NONE)},
	{0xa3, 0xa3, "bt", POWER(NONE)},
	{0xaa, 0xaa, "rsm", POWER(RETURN)},
	{0xab, 0xab, "bts", POWER(NONE)},
	{0xaf, 0xaf, "imul", POWER(NONE)},
	{0xb0, 0xb1, "cmpxchg", POWER(NONE)},
	{0xb3, 0xb3, "btr", POWER(NONE)},
	{0xb6, 0xb7, "movzx", POWER(NONE)},
	{0xb8, 0xb8, "popcnt", POWER(NONE)},
	{0xb9, 0xb9, "ud1", POWER(NONE)},
	{0xbc, 0xbc, "bsf", POWER(NONE)},
	{0xbd, 0xbd, "bsr", POWER(NONE)},
	{0xbe, 0xbf, "movsx", POWER(NONE)},
	{0xc0, 0xc1, "xadd", POWER(NONE)},
	{0xc3, 0xc3, "movnti", POWER(NONE)},
	{0xd6, 0xd6, "movq", POWER(NONE)},
	{0xe7, 0xe7, "movntdq", POWER(NONE)},
	{0xff, 0xff, "ud0", POWER(NONE)},
};

static const struct opcode_entry three_byte[] = {
	{0x80, 0x80, "invept", POWER(VIRTUAL)},
	{0x81, 0x81, "invvpid", POWER(VIRTUAL)},
	{0x82, 0x82, "invpcid", POWER(TRANSLATION)},
	{0xf0, 0xf1, "movbe", POWER(NONE)},
};

/* 0f 01 with a register in ModRM: each byte is an instruction of its own. */
static const struct opcode_entry register_form[] = {
	{0xc1, 0xc1, "vmcall", POWER(VIRTUAL)},   {0xc2, 0xc2, "vmlaunch", POWER(VIRTUAL)},
	{0xc3, 0xc3, "vmresume", POWER(VIRTUAL)}, {0xc4, 0xc4, "vmxoff", POWER(VIRTUAL)},
	{0xc8, 0xc8, "monitor", POWER(HALT)},     {0xc9, 0xc9, "mwait", POWER(HALT)},
	{0xca, 0xca, "clac", POWER(CONTROL)},     {0xcb, 0xcb, "stac", POWER(CONTROL)},
	{0xcf, 0xcf, "encls", POWER(CONTROL)},    {0xd0, 0xd0, "xgetbv", POWER(NONE)},
	{0xd1, 0xd1, "xsetbv", POWER(CONTROL)},   {0xd4, 0xd4, "vmfunc", POWER(VIRTUAL)},
	{0xd8, 0xd8, "vmrun", POWER(VIRTUAL)},    {0xd9, 0xd9, "vmmcall", POWER(VIRTUAL)},
	{0xda, 0xda, "vmload", POWER(VIRTUAL)},   {0xdb, 0xdb, "vmsave", POWER(VIRTUAL)},
	{0xdc, 0xdc, "stgi", POWER(INTERRUPTS)},  {0xdd, 0xdd, "clgi", POWER(INTERRUPTS)},
	{0xde, 0xde, "skinit", POWER(VIRTUAL)},   {0xdf, 0xdf, "invlpga", POWER(TRANSLATION)},
	{0xe0, 0xe7, "smsw", POWER(READ_TABLES)}, {0xee, 0xee, "rdpkru", POWER(NONE)},
	{0xef, 0xef, "wrpkru", POWER(NONE)},      {0xf0, 0xf7, "lmsw", POWER(CONTROL)},
	{0xf8, 0xf8, "swapgs", POWER(CONTROL)},   {0xf9, 0xf9, "rdtscp", POWER(COUNTERS)},
};

/* A group's first and last are unused: ModRM.reg is the index. */
#define MEMBER(name, power)                                                                        \
	{                                                                                          \
		0, 0, name, POWER(power)                                                           \
	}
#define UNNAMED                                                                                    \
	{                                                                                          \
		0, 0, NULL, POWER(NONE)                                                            \
	}

static const struct opcode_entry groups[OPCODE_NR_GROUPS][8] =
	{
		[OPCODE_GROUP_1] =
			{
				MEMBER("add", NONE),
				MEMBER("or", NONE),
				MEMBER("adc", NONE),
				MEMBER("sbb", NONE),
				MEMBER("and", NONE),
				MEMBER("sub", NONE),
				MEMBER("xor", NONE),
				MEMBER("cmp", NONE),
			},
		[OPCODE_GROUP_2] =
			{
				MEMBER("rol", NONE),
				MEMBER("ror", NONE),
				MEMBER("rcl", NONE),
				MEMBER("rcr", NONE),
				MEMBER("shl", NONE),
				MEMBER("shr", NONE),
				MEMBER("shl", NONE),
				MEMBER("sar", NONE),
			},
		[OPCODE_GROUP_3] =
			{
				MEMBER("test", NONE),
				MEMBER("test", NONE),
				MEMBER("not", NONE),
				MEMBER("neg", NONE),
				MEMBER("mul", NONE),
				MEMBER("imul", NONE),
				MEMBER("div", NONE),
				MEMBER("idiv", NONE),
			},
		[OPCODE_GROUP_5] =
			{
				MEMBER("inc", NONE),
				MEMBER("dec", NONE),
				MEMBER("call", NONE),
				MEMBER("far call", GATE),
				MEMBER("jmp", NONE),
				MEMBER("far jmp", GATE),
				MEMBER("push", NONE),
				UNNAMED,
			},
		[OPCODE_GROUP_6] =
			{
				MEMBER("sldt", READ_TABLES),
				MEMBER("str", READ_TABLES),
				MEMBER("lldt", TABLES),
				MEMBER("ltr", TABLES),
				MEMBER("verr", NONE),
				MEMBER("verw", NONE),
				UNNAMED,
				UNNAMED,
			},
		[OPCODE_GROUP_7] =
			{
				MEMBER("sgdt", READ_TABLES),
				MEMBER("sidt", READ_TABLES),
				MEMBER("lgdt", TABLES),
				MEMBER("lidt", TABLES),
				MEMBER("smsw", READ_TABLES),
				UNNAMED,
				MEMBER("lmsw", CONTROL),
				MEMBER("invlpg", TRANSLATION),
			},
		[OPCODE_GROUP_9] =
			{
				UNNAMED,
				MEMBER("cmpxchg8b", NONE),
				UNNAMED,
				MEMBER("xrstors", CONTROL),
				MEMBER("xsavec", NONE),
				MEMBER("xsaves", CONTROL),
				MEMBER("rdrand", NONE),
				MEMBER("rdseed", NONE),
			},
		[OPCODE_GROUP_15] =
			{
				MEMBER("fxsave", NONE),
				MEMBER("fxrstor", NONE),
				MEMBER("ldmxcsr", NONE),
				MEMBER("stmxcsr", NONE),
				MEMBER("xsave", NONE),
				MEMBER("xrstor", NONE),
				MEMBER("xsaveopt", NONE),
				MEMBER("clflush", NONE),
			},
		[OPCODE_GROUP_FSGS] =
			{
				MEMBER("rdfsbase", CONTROL),
				MEMBER("rdgsbase", CONTROL),
				MEMBER("wrfsbase", CONTROL),
				MEMBER("wrgsbase", CONTROL),
				UNNAMED,
				UNNAMED,
				UNNAMED,
				UNNAMED,
			},
};

static const struct opcode_entry *table_find(const struct opcode_entry *table, size_t nr,
					     uint8_t byte)
{
	for (size_t i = 0; i < nr; i++)
		if (byte >= table[i].first && byte <= table[i].last)
			return &table[i];
	return NULL;
}

const struct opcode_entry *opcode_find_one_byte(uint8_t byte)
{
	return table_find(one_byte, ARRAY_SIZE(one_byte), byte);
}

const struct opcode_entry *opcode_find_two_byte(uint8_t byte)
{
	return table_find(two_byte, ARRAY_SIZE(two_byte), byte);
}

const struct opcode_entry *opcode_find_three_byte(uint8_t byte)
{
	return table_find(three_byte, ARRAY_SIZE(three_byte), byte);
}

const struct opcode_entry *opcode_find_register_form(uint8_t modrm)
{
	return table_find(register_form, ARRAY_SIZE(register_form), modrm);
}

const struct opcode_entry *opcode_find_group(enum opcode_group group, unsigned int reg)
{
	return &groups[group][reg & 7];
}
