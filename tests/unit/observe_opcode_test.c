/* SPDX-License-Identifier: MIT */
/* Names of instructions, above all of those that ring 3 may not execute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/observe/opcode.h"

#define INSN_MAX 16

static size_t bytes_of(const char *hex, uint8_t *bytes)
{
	size_t len = 0;
	char *end;

	for (const char *at = hex; *at && len < INSN_MAX; at = end) {
		bytes[len++] = (uint8_t)strtoul(at, &end, 16);
		while (*end == ' ')
			end++;
	}
	return len;
}

static const struct {
	const char *hex, *name;
	enum opcode_power power;
} instructions[] = {
	/* What stops or deafens the CPU. */
	{"f4", "hlt", OPCODE_POWER_HALT},
	{"fa", "cli", OPCODE_POWER_INTERRUPTS},
	{"fb", "sti", OPCODE_POWER_INTERRUPTS},
	{"0f 01 c8", "monitor", OPCODE_POWER_HALT},
	{"0f 01 c9", "mwait", OPCODE_POWER_HALT},
	{"0f 01 dd", "clgi", OPCODE_POWER_INTERRUPTS},
	/* Ports. */
	{"e4 60", "in", OPCODE_POWER_PORTS},
	{"ec", "in", OPCODE_POWER_PORTS},
	{"66 ed", "in", OPCODE_POWER_PORTS},
	{"e7 80", "out", OPCODE_POWER_PORTS},
	{"ee", "out", OPCODE_POWER_PORTS},
	{"f3 6c", "ins", OPCODE_POWER_PORTS},
	{"f3 48 6f", "outs", OPCODE_POWER_PORTS},
	/* Tables. */
	{"0f 01 10", "lgdt", OPCODE_POWER_TABLES},
	{"0f 01 1c 24", "lidt", OPCODE_POWER_TABLES},
	{"0f 00 d8", "ltr", OPCODE_POWER_TABLES},
	{"0f 00 d0", "lldt", OPCODE_POWER_TABLES},
	{"0f 01 00", "sgdt", OPCODE_POWER_READ_TABLES},
	{"0f 01 08", "sidt", OPCODE_POWER_READ_TABLES},
	{"0f 00 c0", "sldt", OPCODE_POWER_READ_TABLES},
	{"0f 00 c8", "str", OPCODE_POWER_READ_TABLES},
	{"0f 01 e0", "smsw", OPCODE_POWER_READ_TABLES},
	{"8e d8", "mov to a segment register", OPCODE_POWER_TABLES},
	/* Control registers, with their number. */
	{"0f 20 c0", "mov from cr0", OPCODE_POWER_CONTROL},
	{"0f 22 d8", "mov to cr3", OPCODE_POWER_CONTROL},
	{"44 0f 22 c0", "mov to cr8", OPCODE_POWER_CONTROL},
	{"0f 21 f8", "mov from dr7", OPCODE_POWER_DEBUG},
	{"0f 23 c7", "mov to dr0", OPCODE_POWER_DEBUG},
	{"0f 06", "clts", OPCODE_POWER_CONTROL},
	{"0f 01 f0", "lmsw", OPCODE_POWER_CONTROL},
	{"0f 01 d1", "xsetbv", OPCODE_POWER_CONTROL},
	{"0f 01 f8", "swapgs", OPCODE_POWER_CONTROL},
	/* Registers of the model. */
	{"0f 30", "wrmsr", OPCODE_POWER_MSR},
	{"0f 32", "rdmsr", OPCODE_POWER_MSR},
	{"0f 33", "rdpmc", OPCODE_POWER_COUNTERS},
	{"0f 31", "rdtsc", OPCODE_POWER_COUNTERS},
	{"0f 01 f9", "rdtscp", OPCODE_POWER_COUNTERS},
	/* Memory management. */
	{"0f 01 3f", "invlpg", OPCODE_POWER_TRANSLATION},
	{"66 0f 38 82 00", "invpcid", OPCODE_POWER_TRANSLATION},
	{"0f 08", "invd", OPCODE_POWER_CACHE},
	{"0f 09", "wbinvd", OPCODE_POWER_CACHE},
	/* Ways into and out of the kernel. */
	{"48 cf", "iret", OPCODE_POWER_RETURN},
	{"48 0f 07", "sysret", OPCODE_POWER_RETURN},
	{"0f 35", "sysexit", OPCODE_POWER_RETURN},
	{"cb", "retf", OPCODE_POWER_RETURN},
	{"cd 80", "int 0x80", OPCODE_POWER_GATE},
	{"cd 0e", "int 0xe", OPCODE_POWER_GATE},
	{"0f 34", "sysenter", OPCODE_POWER_GATE},
	{"ff 2c 24", "far jmp", OPCODE_POWER_GATE},
	{"cc", "int3", OPCODE_POWER_NONE},
	{"f1", "int1", OPCODE_POWER_NONE},
	/* Calls of the hypervisor. */
	{"0f 01 c1", "vmcall", OPCODE_POWER_VIRTUAL},
	{"0f 01 d9", "vmmcall", OPCODE_POWER_VIRTUAL},
	{"0f 01 d8", "vmrun", OPCODE_POWER_VIRTUAL},
	{"0f 78 c0", "vmread", OPCODE_POWER_VIRTUAL},
	/* What is common. */
	{"48 89 07", "mov", OPCODE_POWER_NONE},
	{"c6 00 01", "mov", OPCODE_POWER_NONE},
	{"64 48 8b 04 25 00 00 00 00", "mov", OPCODE_POWER_NONE},
	{"48 f7 f9", "idiv", OPCODE_POWER_NONE},
	{"f7 f1", "div", OPCODE_POWER_NONE},
	{"55", "push", OPCODE_POWER_NONE},
	{"e8 00 00 00 00", "call", OPCODE_POWER_NONE},
	{"ff d0", "call", OPCODE_POWER_NONE},
	{"c3", "ret", OPCODE_POWER_NONE},
	{"f3 48 a5", "movs", OPCODE_POWER_NONE},
	{"f0 48 01 08", "add", OPCODE_POWER_NONE},
	{"80 38 00", "cmp", OPCODE_POWER_NONE},
	{"0f b6 00", "movzx", OPCODE_POWER_NONE},
	{"0f 29 00", "movaps", OPCODE_POWER_NONE},
	{"0f 0b", "ud2", OPCODE_POWER_NONE},
	{"f3 48 0f ae d0", "wrfsbase", OPCODE_POWER_CONTROL},
	{"c5 f8 28 00", "an AVX instruction", OPCODE_POWER_NONE},
	/* A REX prefix before another prefix does not count. */
	{"44 66 0f 22 c0", "mov to cr0", OPCODE_POWER_CONTROL},
	/* What has no name is shown as bytes. */
	{"0f ff", "ud0", OPCODE_POWER_NONE},
	{"0f 04", "bytes 0f 04", OPCODE_POWER_NONE},
	{"06 90", "bytes 06 90", OPCODE_POWER_NONE},
	{"66 66", "bytes 66 66", OPCODE_POWER_NONE},
	{"0f", "bytes 0f", OPCODE_POWER_NONE},
	{"", "unreadable", OPCODE_POWER_NONE},
};

static void instructions_are_named_with_the_power_they_have(void **state)
{
	struct opcode opcode;
	uint8_t bytes[INSN_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(instructions) / sizeof(instructions[0]); i++) {
		opcode_decode(&opcode, bytes, bytes_of(instructions[i].hex, bytes));
		if (strcmp(opcode.name, instructions[i].name) != 0 ||
		    opcode.power != instructions[i].power)
			fail_msg("%s is '%s' (%d), not '%s' (%d)", instructions[i].hex,
				 opcode.name, opcode.power, instructions[i].name,
				 instructions[i].power);
	}
}

static void every_start_of_an_instruction_is_survived(void **state)
{
	uint8_t bytes[4];
	struct opcode opcode;

	(void)state;
	for (unsigned int i = 0; i < 1u << 16; i++) {
		bytes[0] = (uint8_t)i;
		bytes[1] = (uint8_t)(i >> 8);
		bytes[2] = (uint8_t)(i * 7);
		bytes[3] = (uint8_t)(i * 13);
		for (size_t len = 0; len <= sizeof(bytes); len++) {
			opcode_decode(&opcode, bytes, len);
			assert_in_range(strlen(opcode.name), 2, OPCODE_NAME_SIZE - 1);
			assert_non_null(opcode_power_text(opcode.power));
		}
	}
}

static void every_power_has_a_reason_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < OPCODE_NR_POWERS; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(opcode_power_text((enum opcode_power)i),
						opcode_power_text((enum opcode_power)j));
	assert_non_null(opcode_power_text((enum opcode_power)999));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instructions_are_named_with_the_power_they_have),
		cmocka_unit_test(every_start_of_an_instruction_is_survived),
		cmocka_unit_test(every_power_has_a_reason_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
