/* SPDX-License-Identifier: MIT */
#include "vmm/observe/trace_schema.h"

#include <stddef.h>

#include "vmm/observe/linux_names.h"

#define ARG(n) (TRACE_FROM_ARG0 + (n))
#define COMM(name, from)                                                                           \
	{                                                                                          \
		name, TRACE_FIELD_COMM, from                                                       \
	}
#define PID(name, from)                                                                            \
	{                                                                                          \
		name, TRACE_FIELD_PID, from                                                        \
	}
#define U32(name, from)                                                                            \
	{                                                                                          \
		name, TRACE_FIELD_U32, from                                                        \
	}
#define S32(name, from)                                                                            \
	{                                                                                          \
		name, TRACE_FIELD_S32, from                                                        \
	}
#define U64(name, from)                                                                            \
	{                                                                                          \
		name, TRACE_FIELD_U64, from                                                        \
	}
#define S64(name, from)                                                                            \
	{                                                                                          \
		name, TRACE_FIELD_S64, from                                                        \
	}
#define HEX(name, from)                                                                            \
	{                                                                                          \
		name, TRACE_FIELD_HEX, from                                                        \
	}
#define FRAME_FIELDS                                                                               \
	HEX("frame", ARG(0)), HEX("ip", ARG(1)), HEX("cs", ARG(2)), HEX("flags", ARG(3)),          \
		HEX("sp", ARG(4)), HEX("ss", ARG(5))
#define PRIO(name)                                                                                 \
	{                                                                                          \
		name, TRACE_FIELD_S32, TRACE_FROM_PRIO                                             \
	}

static const struct trace_kind kinds[LDE_TRACE_NR_KINDS] = {
	[LDE_TRACE_SCHED_SWITCH] = {"sched_switch", LDE_TRACE_C_SCHED,
		{COMM("prev_comm", TRACE_FROM_PID), PID("prev_tid", TRACE_FROM_PID),
		 PRIO("prev_prio"), {"prev_state", TRACE_FIELD_S64, TRACE_FROM_LINUX_STATE},
		 COMM("next_comm", ARG(1)), PID("next_tid", ARG(1)), PRIO("next_prio"),
		 U32("state", ARG(0)), U32("reason", TRACE_FROM_CODE)}},
	[LDE_TRACE_SCHED_WAKEUP] = {"sched_wakeup", LDE_TRACE_C_SCHED,
		{COMM("comm", ARG(0)), PID("tid", ARG(0)), PRIO("prio"),
		 {"target_cpu", TRACE_FIELD_S32, TRACE_FROM_ZERO}, U32("is_new", TRACE_FROM_CODE)}},
	[LDE_TRACE_PROCESS_FORK] = {"sched_process_fork", LDE_TRACE_C_PROCESS,
		{COMM("parent_comm", TRACE_FROM_PID), PID("parent_tid", TRACE_FROM_PID),
		 PID("parent_pid", TRACE_FROM_PID), COMM("child_comm", ARG(0)),
		 PID("child_tid", ARG(0)), PID("child_pid", ARG(0)),
		 {"name", TRACE_FIELD_NAME, ARG(1)}}},
	[LDE_TRACE_PROCESS_EXEC] = {"sched_process_exec", LDE_TRACE_C_PROCESS,
		{{"filename", TRACE_FIELD_NAME, ARG(1)}, PID("tid", TRACE_FROM_PID),
		 PID("old_tid", TRACE_FROM_PID)}},
	[LDE_TRACE_PROCESS_EXIT] = {"sched_process_exit", LDE_TRACE_C_PROCESS,
		{COMM("comm", TRACE_FROM_PID), PID("tid", TRACE_FROM_PID), PRIO("prio"),
		 U32("status", TRACE_FROM_CODE)}},
	[LDE_TRACE_SYSCALL_ENTRY] = {"syscall_entry_", LDE_TRACE_C_SYSCALL,
		{U32("number", TRACE_FROM_CODE), HEX("arg0", ARG(0)), HEX("arg1", ARG(1)),
		 HEX("arg2", ARG(2)), HEX("arg3", ARG(3)), HEX("arg4", ARG(4)),
		 HEX("arg5", ARG(5))}},
	[LDE_TRACE_SYSCALL_EXIT] = {"syscall_exit_", LDE_TRACE_C_SYSCALL,
		{U32("number", TRACE_FROM_CODE), S64("ret", ARG(0))}},
	[LDE_TRACE_IRQ_ENTRY] = {"irq_handler_entry", LDE_TRACE_C_IRQ,
		{S32("irq", TRACE_FROM_CODE), {"name", TRACE_FIELD_DEVICE, TRACE_FROM_CODE},
		 HEX("ip", ARG(0))}},
	[LDE_TRACE_IRQ_EXIT] = {"irq_handler_exit", LDE_TRACE_C_IRQ,
		{S32("irq", TRACE_FROM_CODE), {"ret", TRACE_FIELD_S32, TRACE_FROM_ZERO}}},
	[LDE_TRACE_FAULT_ENTRY] = {"x86_exceptions_page_fault_user", LDE_TRACE_C_FAULT,
		{HEX("address", ARG(0)), HEX("ip", ARG(1)), U32("error_code", TRACE_FROM_CODE)}},
	[LDE_TRACE_FAULT_EXIT] = {"lde_page_fault_exit", LDE_TRACE_C_FAULT,
		{HEX("address", ARG(0)), U32("result", TRACE_FROM_CODE), U64("pages", ARG(1))}},
	[LDE_TRACE_TRAP_ENTRY] = {"lde_trap_entry", LDE_TRACE_C_FAULT,
		{U32("vector", TRACE_FROM_CODE), HEX("error_code", ARG(0)), HEX("ip", ARG(1)),
		 HEX("sp", ARG(2))}},
	[LDE_TRACE_TRAP_EXIT] = {"lde_trap_exit", LDE_TRACE_C_FAULT,
		{U32("vector", TRACE_FROM_CODE)}},
	[LDE_TRACE_SIGNAL_SEND] = {"signal_generate", LDE_TRACE_C_SIGNAL,
		{S32("sig", TRACE_FROM_CODE), {"errno", TRACE_FIELD_S32, TRACE_FROM_ZERO},
		 S32("code", ARG(1)), COMM("comm", ARG(0)), PID("pid", ARG(0))}},
	[LDE_TRACE_SIGNAL_DELIVER] = {"signal_deliver", LDE_TRACE_C_SIGNAL,
		{S32("sig", TRACE_FROM_CODE), HEX("sa_handler", ARG(0))}},
	[LDE_TRACE_TIMER_ARM] = {"lde_timer_arm", LDE_TRACE_C_IRQ, {U64("deadline", ARG(0))}},
	[LDE_TRACE_BLOCK_ISSUE] = {"block_rq_issue", LDE_TRACE_C_BLOCK,
		{U32("dev", TRACE_FROM_DEV), U64("sector", ARG(1)), U32("nr_sector", ARG(2)),
		 U32("bytes", TRACE_FROM_BYTES), PID("tid", TRACE_FROM_PID),
		 U32("rwbs", TRACE_FROM_LTTNG_OP), COMM("comm", TRACE_FROM_PID),
		 U32("op", TRACE_FROM_CODE), HEX("request", ARG(3))}},
	[LDE_TRACE_BLOCK_COMPLETE] = {"block_rq_complete", LDE_TRACE_C_BLOCK,
		{U32("dev", TRACE_FROM_DEV), U64("sector", ARG(1)), U32("nr_sector", ARG(2)),
		 S32("error", ARG(4)), U32("rwbs", TRACE_FROM_LTTNG_OP),
		 U32("op", TRACE_FROM_CODE), HEX("request", ARG(3))}},
	[LDE_TRACE_VMM_EXIT] = {"lde_vmm_exit", LDE_TRACE_C_EXIT,
		{U32("cause", TRACE_FROM_CODE), U32("exit_reason", ARG(0)), U64("duration", ARG(1)),
		 HEX("address", ARG(2)), S64("syscall", ARG(3)), COMM("comm", TRACE_FROM_PID)}},
	[LDE_TRACE_RUN_BEGIN] = {"lde_run_begin", LDE_TRACE_C_PROCESS,
		{U32("unused", TRACE_FROM_CODE)}},
	[LDE_TRACE_RUN_END] = {"lde_run_end", LDE_TRACE_C_PROCESS,
		{U32("end", TRACE_FROM_CODE)}},
	[LDE_TRACE_SCHED_STOP] = {"lde_sched_stop", LDE_TRACE_C_SCHED,
		{COMM("comm", ARG(0)), PID("tid", ARG(0))}},
	[LDE_TRACE_TRAP_TABLE] = {"lde_trap_table", LDE_TRACE_C_REGISTERS,
		{U32("gate", TRACE_FROM_CODE), HEX("entry", ARG(0)),
		 {"name", TRACE_FIELD_NAME, ARG(1)}, HEX("where", ARG(5))}},
	[LDE_TRACE_FRAME_SAVE] = {"lde_frame_save", LDE_TRACE_C_REGISTERS,
		{U32("gate", TRACE_FROM_CODE), FRAME_FIELDS}},
	[LDE_TRACE_FRAME_RESTORE] = {"lde_frame_restore", LDE_TRACE_C_REGISTERS,
		{U32("sysret", TRACE_FROM_CODE), FRAME_FIELDS}},
	[LDE_TRACE_REGISTERS_1] = {"lde_registers_rax", LDE_TRACE_C_REGISTERS,
		{U32("restore", TRACE_FROM_CODE), HEX("rax", ARG(0)), HEX("rbx", ARG(1)),
		 HEX("rcx", ARG(2)), HEX("rdx", ARG(3)), HEX("rsi", ARG(4)), HEX("rdi", ARG(5))}},
	[LDE_TRACE_REGISTERS_2] = {"lde_registers_rbp", LDE_TRACE_C_REGISTERS,
		{U32("restore", TRACE_FROM_CODE), HEX("rbp", ARG(0)), HEX("r8", ARG(1)),
		 HEX("r9", ARG(2)), HEX("r10", ARG(3)), HEX("r11", ARG(4)), HEX("r12", ARG(5))}},
	[LDE_TRACE_REGISTERS_3] = {"lde_registers_r13", LDE_TRACE_C_REGISTERS,
		{U32("restore", TRACE_FROM_CODE), HEX("r13", ARG(0)), HEX("r14", ARG(1)),
		 HEX("r15", ARG(2))}},
	[LDE_TRACE_CONTEXT_SWITCH] = {"lde_context_switch", LDE_TRACE_C_REGISTERS,
		{HEX("prev_context", ARG(0)), HEX("context", ARG(1)), HEX("rsp", ARG(2)),
		 HEX("cr3", ARG(3)), HEX("stack_top", ARG(4)), HEX("fs_base", ARG(5))}},
	[LDE_TRACE_TICK] = {"lde_tick", LDE_TRACE_C_SCHED,
		{U64("tick", ARG(0)), S32("syscall", TRACE_FROM_CODE), U32("level", ARG(1)),
		 U64("used", ARG(2)), PID("tid", TRACE_FROM_PID), COMM("comm", TRACE_FROM_PID)}},
	[LDE_TRACE_BOOST] = {"lde_boost", LDE_TRACE_C_SCHED, {U64("tick", ARG(0))}},
	[LDE_TRACE_DRAW] = {"lde_draw", LDE_TRACE_C_SCHED,
		{U64("number", ARG(0)), U64("ticket", ARG(1)), U64("tickets", ARG(2)),
		 PID("tid", ARG(3)), COMM("comm", ARG(3))}},
	[LDE_TRACE_PROCESS_FREE] = {"sched_process_free", LDE_TRACE_C_SCHED,
		{COMM("comm", ARG(0)), PID("tid", ARG(0)), PRIO("prio")}},
	[LDE_TRACE_LEVEL] = {"lde_level", LDE_TRACE_C_SCHED,
		{U32("why", TRACE_FROM_CODE), U32("level", ARG(1)), U64("used", ARG(2)),
		 U64("slice", ARG(3)), PID("tid", ARG(0)), COMM("comm", ARG(0))}},
};

const struct trace_kind *trace_schema_kind(uint32_t kind)
{
	return kind < LDE_TRACE_NR_KINDS && kinds[kind].name ? &kinds[kind] : NULL;
}

const char *trace_schema_name(uint32_t kind)
{
	const struct trace_kind *known = trace_schema_kind(kind);

	if (kind == LDE_TRACE_SYSCALL_ENTRY)
		return "syscall_entry";
	if (kind == LDE_TRACE_SYSCALL_EXIT)
		return "syscall_exit";
	return known ? known->name : NULL;
}

uint32_t trace_schema_id(uint32_t kind, uint32_t code)
{
	uint32_t base = kind == LDE_TRACE_SYSCALL_ENTRY	 ? TRACE_ID_SYSCALL_ENTRY
			: kind == LDE_TRACE_SYSCALL_EXIT ? TRACE_ID_SYSCALL_EXIT
							 : 0;

	return base && linux_syscall_name(code) ? base + code : kind;
}

uint32_t trace_schema_kind_of_id(uint32_t id)
{
	if (id >= TRACE_ID_SYSCALL_EXIT)
		return linux_syscall_name(id - TRACE_ID_SYSCALL_EXIT) ? LDE_TRACE_SYSCALL_EXIT : 0;
	if (id >= TRACE_ID_SYSCALL_ENTRY)
		return linux_syscall_name(id - TRACE_ID_SYSCALL_ENTRY) ? LDE_TRACE_SYSCALL_ENTRY : 0;
	return trace_schema_kind(id) ? id : 0;
}

uint32_t trace_schema_field_size(const struct trace_field *field)
{
	switch (field->type) {
	case TRACE_FIELD_U32:
	case TRACE_FIELD_S32:
	case TRACE_FIELD_PID:
		return 4;
	case TRACE_FIELD_U64:
	case TRACE_FIELD_S64:
	case TRACE_FIELD_HEX:
		return 8;
	case TRACE_FIELD_COMM:
		return TRACE_COMM_SIZE;
	default:
		return 0;
	}
}
