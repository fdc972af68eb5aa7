/* SPDX-License-Identifier: MIT */
/* The opcode map behind opcode.h, as tables (SDM vol. 2, appendix A). */
#ifndef VMM_OBSERVE_OPCODE_TABLES_H
#define VMM_OBSERVE_OPCODE_TABLES_H

#include <stdint.h>

#include "vmm/observe/opcode_power.h"

struct opcode_entry {
	uint8_t first, last; /* the range of bytes that it names */
	const char *name;
	enum opcode_power power;
};

/* Groups in which ModRM.reg selects the instruction, as the manual counts. */
enum opcode_group {
	OPCODE_GROUP_1,
	OPCODE_GROUP_2,
	OPCODE_GROUP_3,
	OPCODE_GROUP_5,
	OPCODE_GROUP_6,
	OPCODE_GROUP_7,
	OPCODE_GROUP_9,
	OPCODE_GROUP_15,
	OPCODE_GROUP_FSGS,
	OPCODE_NR_GROUPS,
};

/* All of these return NULL for what the tables do not name. */
const struct opcode_entry *opcode_find_one_byte(uint8_t byte);
const struct opcode_entry *opcode_find_two_byte(uint8_t byte); /* 0f XX */
const struct opcode_entry *opcode_find_three_byte(uint8_t byte); /* 0f 38 XX */
const struct opcode_entry *opcode_find_register_form(uint8_t modrm); /* 0f 01 XX */
const struct opcode_entry *opcode_find_group(enum opcode_group group, unsigned int reg);

#endif
