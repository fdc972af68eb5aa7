/* SPDX-License-Identifier: MIT */
/* What an instruction would do to the machine, and why that is the kernel's. */
#ifndef VMM_OBSERVE_OPCODE_POWER_H
#define VMM_OBSERVE_OPCODE_POWER_H

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

/* Why user mode may not: "only the kernel may stop the CPU". Never NULL. */
const char *opcode_power_text(enum opcode_power power);

#endif
