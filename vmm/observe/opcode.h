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

#include "vmm/observe/opcode_power.h"

#define OPCODE_NAME_SIZE 48

struct opcode {
	char name[OPCODE_NAME_SIZE]; /* "mov to cr3"; see opcode_decode for unknown ones */
	enum opcode_power power;
};

/*
 * Decodes the instruction at bytes, of which len could be read. False: it is
 * not in the tables, and the name is "bytes 0f ff", or "unreadable".
 */
bool opcode_decode(struct opcode *opcode, const uint8_t *bytes, size_t len);

#endif
