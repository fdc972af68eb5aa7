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

static void check(const char *hex, const char *name, enum opcode_power power)
{
	struct opcode opcode;
	uint8_t bytes[INSN_MAX];

	opcode_decode(&opcode, bytes, bytes_of(hex, bytes));
	if (strcmp(opcode.name, name) != 0 || opcode.power != power)
		fail_msg("%s is '%s' (%d), not '%s' (%d)", hex, opcode.name, opcode.power, name,
			 power);
}

static void instructions_that_stop_or_deafen_the_cpu_are_named(void **state)
{
	(void)state;
	check("f4", "hlt", OPCODE_POWER_HALT);
	check("fa", "cli", OPCODE_POWER_INTERRUPTS);
	check("fb", "sti", OPCODE_POWER_INTERRUPTS);
	check("0f 01 c8", "monitor", OPCODE_POWER_HALT);
	check("0f 01 c9", "mwait", OPCODE_POWER_HALT);
	check("0f 01 dd", "clgi", OPCODE_POWER_INTERRUPTS);
}

static void port_instructions_are_named(void **state)
{
	(void)state;
	check("e4 60", "in", OPCODE_POWER_PORTS);
	check("ec", "in", OPCODE_POWER_PORTS);
	check("66 ed", "in", OPCODE_POWER_PORTS);
	check("e7 80", "out", OPCODE_POWER_PORTS);
	check("ee", "out", OPCODE_POWER_PORTS);
	check("f3 6c", "ins", OPCODE_POWER_PORTS);
	check("f3 48 6f", "outs", OPCODE_POWER_PORTS);
}

static void table_instructions_are_named(void **state)
{
	(void)state;
	check("0f 01 10", "lgdt", OPCODE_POWER_TABLES);
	check("0f 01 1c 24", "lidt", OPCODE_POWER_TABLES);
	check("0f 00 d8", "ltr", OPCODE_POWER_TABLES);
	check("0f 00 d0", "lldt", OPCODE_POWER_TABLES);
	check("0f 01 00", "sgdt", OPCODE_POWER_READ_TABLES);
	check("0f 01 08", "sidt", OPCODE_POWER_READ_TABLES);
	check("0f 00 c0", "sldt", OPCODE_POWER_READ_TABLES);
	check("0f 00 c8", "str", OPCODE_POWER_READ_TABLES);
	check("0f 01 e0", "smsw", OPCODE_POWER_READ_TABLES);
	check("8e d8", "mov to a segment register", OPCODE_POWER_TABLES);
}

static void control_registers_are_named_with_their_number(void **state)
{
	(void)state;
	check("0f 20 c0", "mov from cr0", OPCODE_POWER_CONTROL);
	check("0f 22 d8", "mov to cr3", OPCODE_POWER_CONTROL);
	check("44 0f 22 c0", "mov to cr8", OPCODE_POWER_CONTROL);
	check("0f 21 f8", "mov from dr7", OPCODE_POWER_DEBUG);
	check("0f 23 c7", "mov to dr0", OPCODE_POWER_DEBUG);
	check("0f 06", "clts", OPCODE_POWER_CONTROL);
	check("0f 01 f0", "lmsw", OPCODE_POWER_CONTROL);
	check("0f 01 d1", "xsetbv", OPCODE_POWER_CONTROL);
	check("0f 01 f8", "swapgs", OPCODE_POWER_CONTROL);
}

static void registers_of_the_model_are_named(void **state)
{
	(void)state;
	check("0f 30", "wrmsr", OPCODE_POWER_MSR);
	check("0f 32", "rdmsr", OPCODE_POWER_MSR);
	check("0f 33", "rdpmc", OPCODE_POWER_COUNTERS);
	check("0f 31", "rdtsc", OPCODE_POWER_COUNTERS);
	check("0f 01 f9", "rdtscp", OPCODE_POWER_COUNTERS);
}

static void memory_management_is_named(void **state)
{
	(void)state;
	check("0f 01 3f", "invlpg", OPCODE_POWER_TRANSLATION);
	check("66 0f 38 82 00", "invpcid", OPCODE_POWER_TRANSLATION);
	check("0f 08", "invd", OPCODE_POWER_CACHE);
	check("0f 09", "wbinvd", OPCODE_POWER_CACHE);
}

static void ways_into_and_out_of_the_kernel_are_named(void **state)
{
	(void)state;
	check("48 cf", "iret", OPCODE_POWER_RETURN);
	check("48 0f 07", "sysret", OPCODE_POWER_RETURN);
	check("0f 35", "sysexit", OPCODE_POWER_RETURN);
	check("cb", "retf", OPCODE_POWER_RETURN);
	check("cd 80", "int 0x80", OPCODE_POWER_GATE);
	check("cd 0e", "int 0xe", OPCODE_POWER_GATE);
	check("0f 34", "sysenter", OPCODE_POWER_GATE);
	check("ff 2c 24", "far jmp", OPCODE_POWER_GATE);
	check("cc", "int3", OPCODE_POWER_NONE);
	check("f1", "int1", OPCODE_POWER_NONE);
}

static void calls_of_the_hypervisor_are_named(void **state)
{
	(void)state;
	check("0f 01 c1", "vmcall", OPCODE_POWER_VIRTUAL);
	check("0f 01 d9", "vmmcall", OPCODE_POWER_VIRTUAL);
	check("0f 01 d8", "vmrun", OPCODE_POWER_VIRTUAL);
	check("0f 78 c0", "vmread", OPCODE_POWER_VIRTUAL);
}

static void common_instructions_are_named(void **state)
{
	(void)state;
	check("48 89 07", "mov", OPCODE_POWER_NONE);
	check("c6 00 01", "mov", OPCODE_POWER_NONE);
	check("64 48 8b 04 25 00 00 00 00", "mov", OPCODE_POWER_NONE);
	check("48 f7 f9", "idiv", OPCODE_POWER_NONE);
	check("f7 f1", "div", OPCODE_POWER_NONE);
	check("55", "push", OPCODE_POWER_NONE);
	check("e8 00 00 00 00", "call", OPCODE_POWER_NONE);
	check("ff d0", "call", OPCODE_POWER_NONE);
	check("c3", "ret", OPCODE_POWER_NONE);
	check("f3 48 a5", "movs", OPCODE_POWER_NONE);
	check("f0 48 01 08", "add", OPCODE_POWER_NONE);
	check("80 38 00", "cmp", OPCODE_POWER_NONE);
	check("0f b6 00", "movzx", OPCODE_POWER_NONE);
	check("0f 29 00", "movaps", OPCODE_POWER_NONE);
	check("0f 0b", "ud2", OPCODE_POWER_NONE);
	check("f3 48 0f ae d0", "wrfsbase", OPCODE_POWER_CONTROL);
	check("c5 f8 28 00", "an AVX instruction", OPCODE_POWER_NONE);
}

static void a_rex_prefix_before_another_prefix_does_not_count(void **state)
{
	(void)state;
	check("44 66 0f 22 c0", "mov to cr0", OPCODE_POWER_CONTROL);
}

static void what_has_no_name_is_shown_as_bytes(void **state)
{
	(void)state;
	check("0f ff", "ud0", OPCODE_POWER_NONE);
	check("0f 04", "bytes 0f 04", OPCODE_POWER_NONE);
	check("06 90", "bytes 06 90", OPCODE_POWER_NONE);
	check("66 66", "bytes 66 66", OPCODE_POWER_NONE);
	check("0f", "bytes 0f", OPCODE_POWER_NONE);
	check("", "unreadable", OPCODE_POWER_NONE);
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
		cmocka_unit_test(instructions_that_stop_or_deafen_the_cpu_are_named),
		cmocka_unit_test(port_instructions_are_named),
		cmocka_unit_test(table_instructions_are_named),
		cmocka_unit_test(control_registers_are_named_with_their_number),
		cmocka_unit_test(registers_of_the_model_are_named),
		cmocka_unit_test(memory_management_is_named),
		cmocka_unit_test(ways_into_and_out_of_the_kernel_are_named),
		cmocka_unit_test(calls_of_the_hypervisor_are_named),
		cmocka_unit_test(common_instructions_are_named),
		cmocka_unit_test(a_rex_prefix_before_another_prefix_does_not_count),
		cmocka_unit_test(what_has_no_name_is_shown_as_bytes),
		cmocka_unit_test(every_start_of_an_instruction_is_survived),
		cmocka_unit_test(every_power_has_a_reason_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
