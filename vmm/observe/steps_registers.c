/* SPDX-License-Identifier: MIT */
#include "vmm/observe/steps_registers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FRAME_SIZE (21 * 8) /* of a trap frame, which ends where the kernel stack begins */
#define PER_EVENT  6

static const char *const names[STEPS_NR_REGISTERS] = {
	"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8",
	"r9",  "r10", "r11", "r12", "r13", "r14", "r15",
};

/* ---- events --------------------------------------------------------------- */

static void note_gate(struct steps_registers *registers, const struct trace_event *event)
{
	struct steps_gate *gate;

	if (event->code >= LDE_TRACE_NR_GATES)
		return;
	gate = &registers->gates[event->code];
	gate->entry = event->args[0];
	gate->where = event->args[5];
	memcpy(gate->name, trace_event_name(event), sizeof(gate->name));
	gate->name[sizeof(gate->name) - 1] = '\0';
}

static void note_frame(struct steps_frame *frame, const struct trace_event *event)
{
	*frame = (struct steps_frame){
		.code = event->code,
		.at = event->args[0],
		.rip = event->args[1],
		.cs = event->args[2],
		.rflags = event->args[3],
		.rsp = event->args[4],
		.ss = event->args[5],
	};
}

static void note_values(struct steps_registers *registers, const struct trace_event *event)
{
	struct steps_frame *frame = event->code ? &registers->restored : &registers->saved;
	unsigned int first = (event->kind - LDE_TRACE_REGISTERS_1) * PER_EVENT;

	for (unsigned int i = 0; i < PER_EVENT && first + i < STEPS_NR_REGISTERS; i++)
		frame->registers[first + i] = event->args[i];
}

void steps_registers_note(struct steps_registers *registers, const struct trace_event *event)
{
	switch (event->kind) {
	case LDE_TRACE_TRAP_TABLE:
		note_gate(registers, event);
		break;
	case LDE_TRACE_FRAME_SAVE:
		registers->is_saved = false;
		note_frame(&registers->saved, event);
		break;
	case LDE_TRACE_FRAME_RESTORE:
		note_frame(&registers->restored, event);
		break;
	case LDE_TRACE_REGISTERS_3:
		registers->is_saved |= !event->code;
		/* fall through */
	case LDE_TRACE_REGISTERS_1:
	case LDE_TRACE_REGISTERS_2:
		note_values(registers, event);
		break;
	default:
		break;
	}
}

/* ---- text ----------------------------------------------------------------- */

static const struct steps_gate *gate_of(const struct steps_registers *registers, uint32_t number)
{
	static const struct steps_gate none = {.name = "?"};

	return number < LDE_TRACE_NR_GATES ? &registers->gates[number] : &none;
}

static size_t add_call(const struct steps_registers *registers, char *out, size_t size)
{
	const struct steps_gate *lstar = gate_of(registers, LDE_TRACE_LSTAR);

	return (size_t)snprintf(out, size,
				"SYSCALL: rcx=rip= 0x%" PRIx64 ", r11=rflags= 0x%" PRIx64
				", rip=LSTAR= 0x%" PRIx64 " (%s)",
				registers->saved.rip, registers->saved.rflags, lstar->entry,
				lstar->name);
}

static size_t add_gate(const struct steps_registers *registers, char *out, size_t size)
{
	const struct steps_gate *gate = gate_of(registers, registers->saved.code);

	return (size_t)snprintf(out, size,
				"gate 0x%" PRIx32 " at 0x%" PRIx64 " names 0x%" PRIx64 " (%s)",
				registers->saved.code, gate->where, gate->entry, gate->name);
}

const char *steps_registers_enter(const struct steps_registers *registers, bool is_call, char *out,
				  size_t size)
{
	const struct steps_frame *f = &registers->saved;
	size_t len = 0;

	if (is_call && f->code == LDE_TRACE_LSTAR) {
		len = add_call(registers, out, size);
		snprintf(out + len, size - len, ", kernel mode");
	} else if (is_call) {
		/* This SYSCALL does not change the mode, and the kernel's page is not
		 * the program's: the fault does. */
		len = add_call(registers, out, size);
		len += (size_t)snprintf(out + len, size - len,
					", still in user mode: page fault, rsp=TSS.RSP0= 0x%" PRIx64
					", kernel mode, push ss rsp rflags cs rip; ",
					f->at + FRAME_SIZE);
		add_gate(registers, out + len, size - len);
	} else {
		len = (size_t)snprintf(out, size,
				       "kernel mode, rsp=TSS.RSP0= 0x%" PRIx64
				       ", push ss=0x%" PRIx64 " rsp=0x%" PRIx64 " rflags=0x%" PRIx64
				       " cs=0x%" PRIx64 " rip=0x%" PRIx64 "; ",
				       f->at + FRAME_SIZE, f->ss, f->rsp, f->rflags, f->cs, f->rip);
		add_gate(registers, out + len, size - len);
	}
	return out;
}

const char *steps_registers_save(const struct steps_registers *registers, char *out, size_t size)
{
	const struct steps_frame *f = &registers->saved;
	size_t len = (size_t)snprintf(out, size, "trap frame at 0x%" PRIx64 ":", f->at);

	for (unsigned int i = 0; i < STEPS_NR_REGISTERS; i++)
		len += (size_t)snprintf(out + len, size - len, " %s=0x%" PRIx64, names[i],
					f->registers[i]);
	if (f->code == LDE_TRACE_LSTAR)
		snprintf(out + len, size - len,
			 " rip=0x%" PRIx64 " cs=0x%" PRIx64 " rflags=0x%" PRIx64 " rsp=0x%" PRIx64
			 " ss=0x%" PRIx64,
			 f->rip, f->cs, f->rflags, f->rsp, f->ss);
	return out;
}

const char *steps_registers_restore(const struct steps_registers *registers, char *out,
				    size_t size)
{
	const struct steps_frame *saved = &registers->saved, *f = &registers->restored;
	bool is_known = registers->is_saved && saved->at == f->at;
	size_t len = (size_t)snprintf(out, size, "restore registers from the trap frame at 0x%" PRIx64
						 ":", f->at);
	unsigned int nr_same = 0;

	for (unsigned int i = 0; i < STEPS_NR_REGISTERS; i++) {
		if (is_known && f->registers[i] == saved->registers[i])
			nr_same++;
		else
			len += (size_t)snprintf(out + len, size - len, " %s=0x%" PRIx64, names[i],
						f->registers[i]);
	}
	if (nr_same == STEPS_NR_REGISTERS)
		snprintf(out + len, size - len, " all as they were saved");
	else if (nr_same)
		snprintf(out + len, size - len, ", the others as they were saved");
	return out;
}

const char *steps_registers_leave(const struct steps_registers *registers, char *out, size_t size)
{
	const struct steps_frame *f = &registers->restored;

	if (f->code == LDE_RETURN_SYSRET)
		snprintf(out, size,
			 "SYSRET: rip=rcx= 0x%" PRIx64 ", rflags=r11= 0x%" PRIx64
			 ", user mode; rsp=0x%" PRIx64,
			 f->rip, f->rflags, f->rsp);
	else
		snprintf(out, size,
			 "IRET: pop rip=0x%" PRIx64 " cs=0x%" PRIx64 " rflags=0x%" PRIx64
			 " rsp=0x%" PRIx64 " ss=0x%" PRIx64 ", user mode",
			 f->rip, f->cs, f->rflags, f->rsp, f->ss);
	return out;
}
