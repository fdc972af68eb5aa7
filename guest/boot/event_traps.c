/* SPDX-License-Identifier: MIT */
#include "guest/boot/event_traps.h"

#include "guest/arch/event.h"
#include "guest/arch/offload.h"
#include "guest/arch/traps.h"
#include "guest/boot/event_frame.h"

/* event_entry.S */
void event_syscall(struct trap_frame *frame);
extern void (*event_syscall_inner)(struct trap_frame *frame); /* what it calls in between */
void event_trap(struct trap_frame *frame);
void event_exception(struct trap_frame *frame); /* which calls this, for other traps */

void event_exception(struct trap_frame *frame)
{
	const uint32_t vector = frame->vector;
	struct lde_trace_record *record = event_begin(LDE_TRACE_TRAP_ENTRY);

	record->code = vector;
	record->args[0] = frame->error;
	record->args[1] = frame->rip;
	record->args[2] = frame->rsp;
	event_end(record);
	trap_dispatch(frame);
	event_add(LDE_TRACE_TRAP_EXIT, vector);
}

_Static_assert(VECTOR_TIMER == LDE_TRACE_IRQ_TIMER, "contract");

/* Outside ring 0, where recording must not exit. */
static struct trap_frame *traced_tick(struct trap_frame *frame)
{
	offload_is_running = true;
	if (event_is_on(LDE_TRACE_C_REGISTERS))
		event_frame_saved(VECTOR_TIMER, frame);
	event_state.interrupt = VECTOR_TIMER;
	event_add_1(LDE_TRACE_IRQ_ENTRY, VECTOR_TIMER, frame->rip);
	frame = trap_tick(frame);
	offload_is_running = true;
	event_interrupt_over();
	if (event_is_on(LDE_TRACE_C_REGISTERS) && frame)
		event_frame_restored(frame);
	offload_is_running = false;
	return frame;
}

void event_traps_install(void)
{
	event_syscall_inner = syscall_handler;
	if (event_is_on(LDE_TRACE_C_SYSCALL))
		syscall_handler = event_syscall;
	if (event_is_on(LDE_TRACE_C_IRQ | LDE_TRACE_C_FAULT | LDE_TRACE_C_REGISTERS)) {
		trap_handler = event_trap;
		tick_handler = traced_tick;
	}
	event_frame_install();
}
