/* SPDX-License-Identifier: MIT */
#include "guest/boot/event_frame.h"

#include "guest/arch/cpu_offsets.h"
#include "guest/arch/event.h"
#include "guest/arch/msr.h"
#include "guest/arch/offload.h"
#include "guest/arch/traps.h"
#include "guest/arch/traptable.h"
#include "guest/lib/limits.h"

/* event_entry.S, and what it calls. */
void event_syscall_with_frame(struct trap_frame *frame);
void event_trap_with_frame(struct trap_frame *frame);
void event_frame_called(const struct trap_frame *frame);
void event_frame_called_back(const struct trap_frame *frame);
void event_frame_trapped(const struct trap_frame *frame);
void event_frame_resumed(const struct trap_frame *frame);

/* ---- records ------------------------------------------------------------ */

static void add_frame(uint32_t kind, uint32_t code, const struct trap_frame *frame)
{
	struct lde_trace_record *record = event_begin(kind);

	record->code = code;
	record->args[0] = (uint64_t)frame;
	record->args[1] = frame->rip;
	record->args[2] = frame->cs;
	record->args[3] = frame->rflags;
	record->args[4] = frame->rsp;
	record->args[5] = frame->ss;
	event_end(record);
}

static void add_six(uint32_t kind, uint32_t code, const uint64_t *values)
{
	struct lde_trace_record *record = event_begin(kind);

	record->code = code;
	for (unsigned i = 0; i < 6; i++)
		record->args[i] = values[i];
	event_end(record);
}

static void add_registers(uint32_t code, const struct trap_frame *f)
{
	add_six(LDE_TRACE_REGISTERS_1, code,
		(uint64_t[]){ f->rax, f->rbx, f->rcx, f->rdx, f->rsi, f->rdi });
	add_six(LDE_TRACE_REGISTERS_2, code,
		(uint64_t[]){ f->rbp, f->r8, f->r9, f->r10, f->r11, f->r12 });
	add_six(LDE_TRACE_REGISTERS_3, code, (uint64_t[]){ f->r13, f->r14, f->r15, 0, 0, 0 });
}

void event_frame_saved(uint32_t gate, const struct trap_frame *frame)
{
	add_frame(LDE_TRACE_FRAME_SAVE, gate, frame);
	add_registers(0, frame);
}

static void restored(enum lde_return how, const struct trap_frame *frame)
{
	add_frame(LDE_TRACE_FRAME_RESTORE, how, frame);
	add_registers(1, frame);
}

void event_frame_restored(const struct trap_frame *frame)
{
	restored(LDE_RETURN_IRET, frame);
}

/* ---- in the place of the ways in and out ---------------------------------- */

/* Where SYSCALL does not change the mode, its first instruction faults (entry.S). */
void event_frame_called(const struct trap_frame *frame)
{
	event_frame_saved(offload_is_active ? VECTOR_PF : LDE_TRACE_LSTAR, frame);
}

void event_frame_called_back(const struct trap_frame *frame)
{
	restored(limits.user_mode ? LDE_RETURN_SYSRET : LDE_RETURN_IRET, frame);
}

/* Not the kernel's own: the interrupt that ends its wait. */
void event_frame_trapped(const struct trap_frame *frame)
{
	if (frame_is_user(frame))
		event_frame_saved(frame->vector, frame);
}

void event_frame_resumed(const struct trap_frame *frame)
{
	if (frame_is_user(frame))
		event_frame_restored(frame);
}

static void attend_and_record(struct trap_frame *frame)
{
	trap_attend(frame);
	event_frame_restored(frame);
}

static void continue_and_record(struct trap_frame *frame)
{
	trap_tick_continue(frame);
	event_frame_restored(frame);
}

/* An attribute, since to clang _Noreturn is no part of the type. */
static __attribute__((noreturn)) void record_and_return(struct trap_frame *frame)
{
	event_frame_restored(frame);
	trap_return(frame);
}

static void add_gate(unsigned vector, vaddr_t entry, uint64_t where)
{
	const struct trap_entry_name name = traptable_entry_name(vector, entry);

	_Static_assert(sizeof(name.text) == LDE_TRACE_NAME_SIZE, "copied as it is");
	event_add_name(LDE_TRACE_TRAP_TABLE, vector, entry, name.text, where);
}

void event_frame_install(void)
{
	if (!event_is_on(LDE_TRACE_C_REGISTERS))
		return;
	for (unsigned vector = 0; vector < NR_TRAP_VECTORS; vector++)
		add_gate(vector, traptable_entry(vector), traptable_gate(vector));
	add_gate(LDE_TRACE_LSTAR, insn_rdmsr(MSR_LSTAR), MSR_LSTAR);
	syscall_handler = event_syscall_with_frame;
	trap_handler = event_trap_with_frame;
	attend_handler = attend_and_record;
	tick_continue_handler = continue_and_record;
	return_handler = record_and_return;
}
