/* SPDX-License-Identifier: MIT */
/*
 * The protocol with values: of a trace with the class of registers, what the
 * hardware saves at a trap of a process and where it goes, what the kernel saves
 * and where, and what the return restores, as text.
 */
#ifndef VMM_OBSERVE_STEPS_REGISTERS_H
#define VMM_OBSERVE_STEPS_REGISTERS_H

#include <stdbool.h>
#include <stddef.h>

#include "vmm/observe/trace_reader.h"

#define STEPS_NR_REGISTERS 15

struct steps_gate {
	uint64_t entry, where;
	char name[LDE_TRACE_NAME_SIZE];
};

struct steps_frame {
	uint32_t code; /* the gate, or enum lde_return */
	uint64_t at;   /* its address */
	uint64_t rip, cs, rflags, rsp, ss;
	uint64_t registers[STEPS_NR_REGISTERS];
};

struct steps_registers {
	bool is_on; /* the trace has them */
	bool is_saved; /* the first of these, the latest ones, is complete */
	struct steps_frame saved, restored;
	struct steps_gate gates[LDE_TRACE_NR_GATES];
};

/* Takes an event of the process, or the trap table. Others are nothing. */
void steps_registers_note(struct steps_registers *registers, const struct trace_event *event);

/* What the hardware has done at the trap that was saved: nothing but its own steps.
 * is_call: it is a system call. All return out. */
const char *steps_registers_enter(const struct steps_registers *registers, bool is_call, char *out,
				  size_t size);
/* What the kernel saves, and where. */
const char *steps_registers_save(const struct steps_registers *registers, char *out, size_t size);
/* What it restores; what is as it was saved is not repeated. */
const char *steps_registers_restore(const struct steps_registers *registers, char *out,
				    size_t size);
const char *steps_registers_leave(const struct steps_registers *registers, char *out, size_t size);

#endif
