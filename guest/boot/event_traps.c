/* SPDX-License-Identifier: MIT */
#include "guest/boot/event_traps.h"

#include "guest/arch/event.h"
#include "guest/arch/offload.h"
#include "guest/arch/traps.h"
#include "guest/core/event_policy.h"
#include "guest/lib/ledger.h"

void event_syscall(struct trap_frame *frame); /* event_syscall.S */

/* The books tell what the fault has been: what the dispatcher did is counted. */
static void traced_fault(struct trap_frame *frame)
{
	const uint64_t address = insn_read_cr2(), zero = ledger.faults_zero,
		       file = ledger.faults_file, copy = ledger.faults_copy;
	uint32_t result = LDE_FAULT_OTHER;
	uint64_t pages;

	event_add_2(LDE_TRACE_FAULT_ENTRY, frame->error, address, frame->rip);
	trap_dispatch(frame);
	pages = ledger.faults_zero + ledger.faults_file + ledger.faults_copy - zero - file - copy;
	if (ledger.faults_copy != copy)
		result = LDE_FAULT_COPY;
	else if (ledger.faults_file != file)
		result = LDE_FAULT_FILE;
	else if (ledger.faults_zero != zero)
		result = LDE_FAULT_ZERO;
	event_add_2(LDE_TRACE_FAULT_EXIT, result, address, pages);
}

static void traced_exception(struct trap_frame *frame)
{
	const uint32_t vector = frame->vector;
	struct lde_trace_record *record = event_begin(LDE_TRACE_TRAP_ENTRY, vector);

	record->args[0] = frame->error;
	record->args[1] = frame->rip;
	record->args[2] = frame->rsp;
	event_end(record);
	trap_dispatch(frame);
	event_add(LDE_TRACE_TRAP_EXIT, vector);
}

/* If it leads to a switch, its end is recorded before that. */
static void traced_interrupt(struct trap_frame *frame)
{
	event_set_interrupt(frame->vector);
	event_add_1(LDE_TRACE_IRQ_ENTRY, frame->vector, frame->rip);
	trap_dispatch(frame);
	event_interrupt_over();
}

/* The same outside ring 0, where recording may not exit. */
static struct trap_frame *traced_tick(struct trap_frame *frame)
{
	offload_is_running = true;
	event_set_interrupt(VECTOR_TIMER);
	event_add_1(LDE_TRACE_IRQ_ENTRY, VECTOR_TIMER, frame->rip);
	frame = trap_tick(frame);
	offload_is_running = true;
	event_interrupt_over();
	offload_is_running = false;
	return frame;
}

static void traced_trap(struct trap_frame *frame)
{
	if (frame->vector >= VECTOR_TIMER && event_is_on(LDE_TRACE_C_IRQ))
		traced_interrupt(frame);
	else if (frame->vector == VECTOR_PF && event_is_on(LDE_TRACE_C_FAULT))
		traced_fault(frame);
	else if (frame->vector < VECTOR_TIMER && event_is_on(LDE_TRACE_C_FAULT))
		traced_exception(frame);
	else
		trap_dispatch(frame);
}

void event_traps_install(void)
{
	if (event_is_on(LDE_TRACE_C_SYSCALL))
		syscall_handler = event_syscall;
	if (event_is_on(LDE_TRACE_C_IRQ))
		tick_handler = traced_tick;
	if (event_is_on(LDE_TRACE_C_IRQ | LDE_TRACE_C_FAULT))
		trap_handler = traced_trap;
}
