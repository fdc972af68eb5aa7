/* SPDX-License-Identifier: MIT */
#include "vmm/observe/opcode.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "vmm/observe/opcode_tables.h"

/* Where decoding stands: the prefixes are behind, the opcode is at at[0]. */
struct cursor {
	const uint8_t *at;
	size_t left;
	uint8_t rex;
	uint8_t repeat; /* 0xf2 or 0xf3, the last one seen; 0: none */
};

static bool is_legacy_prefix(uint8_t byte)
{
	return byte != 0 && memchr("\x66\x67\xf0\xf2\xf3\x2e\x36\x3e\x26\x64\x65", byte, 11);
}

/* A REX prefix counts only directly before the opcode. */
static void cursor_skip_prefixes(struct cursor *cursor)
{
	for (; cursor->left; cursor->at++, cursor->left--) {
		uint8_t byte = *cursor->at;

		if ((byte & 0xf0) == 0x40) {
			cursor->rex = byte;
			continue;
		}
		if (!is_legacy_prefix(byte))
			return;
		cursor->rex = 0;
		if (byte == 0xf2 || byte == 0xf3)
			cursor->repeat = byte;
	}
}

static unsigned int modrm_reg(uint8_t modrm)
{
	return modrm >> 3 & 7;
}

static bool modrm_is_register(uint8_t modrm)
{
	return modrm >> 6 == 3;
}

/* ---- escape 0f ------------------------------------------------------- */

/* "mov to cr3": the register is in ModRM.reg and REX.R. */
static bool opcode_take_control(struct opcode *opcode, const struct cursor *cursor, uint8_t modrm)
{
	uint8_t byte = cursor->at[1];
	unsigned int number = modrm_reg(modrm) | (cursor->rex & 4 ? 8 : 0);
	bool debug = byte & 1;

	if (byte < 0x20 || byte > 0x23)
		return false;
	snprintf(opcode->name, sizeof(opcode->name), "mov %s %s%u", byte & 2 ? "to" : "from",
		 debug ? "dr" : "cr", number);
	opcode->power = debug ? OPCODE_POWER_DEBUG : OPCODE_POWER_CONTROL;
	return true;
}

static const struct opcode_entry *find_two_byte(const struct cursor *cursor, uint8_t modrm)
{
	uint8_t byte = cursor->at[1];

	if (byte == 0x01)
		return modrm_is_register(modrm)
			       ? opcode_find_register_form(modrm)
			       : opcode_find_group(OPCODE_GROUP_7, modrm_reg(modrm));
	if (byte == 0x00)
		return opcode_find_group(OPCODE_GROUP_6, modrm_reg(modrm));
	if (byte == 0xae && cursor->repeat == 0xf3 && modrm_is_register(modrm))
		return opcode_find_group(OPCODE_GROUP_FSGS, modrm_reg(modrm));
	if (byte == 0xae)
		return opcode_find_group(OPCODE_GROUP_15, modrm_reg(modrm));
	if (byte == 0xc7)
		return opcode_find_group(OPCODE_GROUP_9, modrm_reg(modrm));
	return opcode_find_two_byte(byte);
}

static bool opcode_take_two_byte(struct opcode *opcode, const struct cursor *cursor,
				 const struct opcode_entry **entry)
{
	uint8_t modrm = cursor->left > 2 ? cursor->at[2] : 0;

	if (cursor->left < 2)
		return false;
	if (cursor->left > 2 && opcode_take_control(opcode, cursor, modrm))
		return true;
	if (cursor->at[1] == 0x38 && cursor->left > 2)
		*entry = opcode_find_three_byte(cursor->at[2]);
	else
		*entry = find_two_byte(cursor, modrm);
	return false;
}

/* ---- one byte -------------------------------------------------------- */

static const struct opcode_entry *find_one_byte(const struct cursor *cursor)
{
	uint8_t byte = cursor->at[0];
	uint8_t modrm = cursor->left > 1 ? cursor->at[1] : 0;

	if (byte >= 0x80 && byte <= 0x83)
		return opcode_find_group(OPCODE_GROUP_1, modrm_reg(modrm));
	if (byte == 0xc0 || byte == 0xc1 || (byte >= 0xd0 && byte <= 0xd3))
		return opcode_find_group(OPCODE_GROUP_2, modrm_reg(modrm));
	if (byte == 0xf6 || byte == 0xf7)
		return opcode_find_group(OPCODE_GROUP_3, modrm_reg(modrm));
	if (byte == 0xfe || byte == 0xff)
		return opcode_find_group(OPCODE_GROUP_5, modrm_reg(modrm));
	if (byte < 0x40 && (byte & 7) < 6)
		return opcode_find_group(OPCODE_GROUP_1, byte >> 3);
	return opcode_find_one_byte(byte);
}

static bool opcode_take_interrupt(struct opcode *opcode, const struct cursor *cursor)
{
	if (cursor->at[0] != 0xcd || cursor->left < 2)
		return false;
	snprintf(opcode->name, sizeof(opcode->name), "int 0x%x", cursor->at[1]);
	opcode->power = OPCODE_POWER_GATE;
	return true;
}

/* The bytes themselves, where they have no name here. */
static void opcode_take_bytes(struct opcode *opcode, const uint8_t *bytes, size_t len)
{
	size_t used = (size_t)snprintf(opcode->name, sizeof(opcode->name), "bytes");

	for (size_t i = 0; i < len && used + 4 < sizeof(opcode->name); i++)
		used += (size_t)snprintf(opcode->name + used, sizeof(opcode->name) - used, " %02x",
					 bytes[i]);
	if (len == 0)
		snprintf(opcode->name, sizeof(opcode->name), "unreadable");
}

bool opcode_decode(struct opcode *opcode, const uint8_t *bytes, size_t len)
{
	struct cursor cursor = {.at = bytes, .left = len};
	const struct opcode_entry *entry = NULL;

	*opcode = (struct opcode){.power = OPCODE_POWER_NONE};
	cursor_skip_prefixes(&cursor);
	if (cursor.left && cursor.at[0] == 0x0f) {
		if (opcode_take_two_byte(opcode, &cursor, &entry))
			return true;
	} else if (cursor.left) {
		if (opcode_take_interrupt(opcode, &cursor))
			return true;
		entry = find_one_byte(&cursor);
	}
	if (!entry || !entry->name) {
		opcode_take_bytes(opcode, bytes, len);
		return false;
	}
	snprintf(opcode->name, sizeof(opcode->name), "%s", entry->name);
	opcode->power = entry->power;
	return true;
}
