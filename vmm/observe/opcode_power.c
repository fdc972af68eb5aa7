/* SPDX-License-Identifier: MIT */
#include "vmm/observe/opcode_power.h"

const char *opcode_power_text(enum opcode_power power)
{
	static const char *const texts[OPCODE_NR_POWERS] = {
		[OPCODE_POWER_NONE] = "user mode may not do that",
		[OPCODE_POWER_HALT] = "only the kernel may stop the CPU",
		[OPCODE_POWER_INTERRUPTS] =
			"only the kernel may switch interrupts, or a process could keep the CPU",
		[OPCODE_POWER_PORTS] = "only the kernel may talk to devices",
		[OPCODE_POWER_TABLES] = "only the kernel may set the trap and segment tables",
		[OPCODE_POWER_READ_TABLES] =
			"only the kernel may see where the trap and segment tables are",
		[OPCODE_POWER_CONTROL] =
			"only the kernel may touch the CPU's mode and address space",
		[OPCODE_POWER_DEBUG] = "only the kernel may touch the debug registers",
		[OPCODE_POWER_MSR] = "only the kernel may touch model-specific registers",
		[OPCODE_POWER_TRANSLATION] = "only the kernel may manage address translation",
		[OPCODE_POWER_CACHE] = "only the kernel may throw the caches away",
		[OPCODE_POWER_COUNTERS] = "the kernel has not opened the counters to user mode",
		[OPCODE_POWER_RETURN] = "only the kernel may return to another mode; a process may "
					"not raise its own",
		[OPCODE_POWER_GATE] = "that entry of the trap table is closed to user mode; the "
				      "way in is syscall",
		[OPCODE_POWER_VIRTUAL] = "only the kernel may call the hypervisor",
	};

	return (unsigned int)power < OPCODE_NR_POWERS ? texts[power] : texts[OPCODE_POWER_NONE];
}
