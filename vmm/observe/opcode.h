/* SPDX-License-Identifier: MIT */
/*
 * The name of an x86-64 instruction from its first bytes.
 *
 * Complete for what only ring 0 may execute, and for what commonly touches
 * memory; it is for messages, not a disassembler, and finds no operands.
 */
#ifndef VMM_OBSERVE_OPCODE_H
#define VMM_OBSERVE_OPCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPCODE_NAME_SIZE 48

/* What an instruction would do to the machine: for the reason in a message. */
enum opcode_power {
	OPCODE_POWER_NONE = 0, /* user mode may execute it, or unknown */
	OPCODE_POWER_HALT,
	OPCODE_POWER_INTERRUPTS,
	OPCODE_POWER_PORTS,
	OPCODE_POWER_TABLES,
	OPCODE_POWER_READ_TABLES,
	OPCODE_POWER_CONTROL,
	OPCODE_POWER_DEBUG,
	OPCODE_POWER_MSR,
	OPCODE_POWER_TRANSLATION,
	OPCODE_POWER_CACHE,
	OPCODE_POWER_COUNTERS,
	OPCODE_POWER_RETURN,
	OPCODE_POWER_GATE,
	OPCODE_POWER_VIRTUAL,
	OPCODE_NR_POWERS,
};

struct opcode {
	char name[OPCODE_NAME_SIZE]; /* "mov to cr3"; see opcode_decode for unknown ones */
	enum opcode_power power;
};

/*
 * Decodes the instruction at bytes, of which len could be read. False: it is
 * not in the tables, and the name is "bytes 0f ff", or "unreadable".
 */
bool opcode_decode(struct opcode *opcode, const uint8_t *bytes, size_t len);

/* Why user mode may not: "only the kernel may stop the CPU". Never NULL. */
const char *opcode_power_text(enum opcode_power power);

#endif
