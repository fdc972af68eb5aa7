/* SPDX-License-Identifier: MIT */
#include "vmm/observe/report_steps.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "vmm/observe/exceptions.h"
#include "vmm/observe/notice.h"
#include "vmm/observe/quantity.h"
#include "vmm/observe/report_names.h"
#include "vmm/observe/steps_columns.h"
#include "vmm/observe/steps_registers.h"
#include "vmm/observe/summary.h"

#define TEXT_SIZE 800

struct steps {
	const struct report_steps *wanted;
	struct steps_columns columns;
	struct steps_registers registers;
	uint32_t nr_traps;
	bool is_over;
	bool may_return; /* an interrupt is over */
	bool has_left;	 /* the CPU; its context is saved when another one goes on */
	const struct timeline *now;
	/* Where the program is, as far as that is known. */
	uint64_t rip;
	bool has_rip;
};

/* ---- lines ----------------------------------------------------------------- */

#define SAY(ns, column, ...) steps_columns_say(&steps->columns, ns, column, __VA_ARGS__)
#define OS(...)	      SAY(STEPS_NO_TIME, STEPS_OS, __VA_ARGS__)
#define HARDWARE(...) SAY(STEPS_NO_TIME, STEPS_HARDWARE, __VA_ARGS__)
#define PROGRAM(...)  SAY(STEPS_NO_TIME, STEPS_PROGRAM, __VA_ARGS__)

#define SYSCALL_SIZE 2 /* of the instruction */

/* ---- what happens ------------------------------------------------------------- */

static const char *left_how(const struct trace_event *event)
{
	static const char *const how[] = {"blocked", "yielded", "was preempted", "ended"};

	return event->code < sizeof(how) / sizeof(how[0]) ? how[event->code] : "left";
}

/* Who has the CPU again goes on where it stood: in user mode, or in the kernel. */
static void step_turn(struct steps *steps, const struct timeline_process *p,
		      const struct trace_event *event)
{
	char name[40];

	if (!event->pid)
		SAY(event->ns, STEPS_OS, "switch from idle to %" PRIu32 ", %s", p->pid,
		    p->name);
	else if (event->pid == p->pid)
		OS("its turn again");
	else
		SAY(event->ns, STEPS_OS,
		    "%" PRIu32 " %s: switch to %" PRIu32 ", %s: its context and page tables",
		    event->pid, left_how(event), p->pid, p->name);
	if (p->call.number != TIMELINE_NO_CALL) {
		OS("go on in %s",
		   report_call_name((uint32_t)p->call.number, name, sizeof(name)));
	} else if (p->is_starting) {
		OS("load its program, set up its stack");
	} else if (!steps->registers.is_on) {
		OS("return-from-trap");
		HARDWARE("registers from the trap frame, user mode");
		if (!p->nr_turns)
			PROGRAM("begins");
		else if (steps->has_rip)
			PROGRAM("0x%" PRIx64 ": goes on", steps->rip);
		else
			PROGRAM("goes on");
	}
}

static void step_leave(struct steps *steps, const struct trace_event *event)
{
	const struct timeline_process *p = NULL;

	if (event->args[1] && event->args[1] < TRACE_NR_PIDS && steps->now->by_pid[event->args[1]])
		p = &steps->now->processes[steps->now->by_pid[event->args[1]] - 1];
	SAY(event->ns, STEPS_OS, "it %s, is %s%s", left_how(event),
	    timeline_state_name((uint32_t)event->args[0]),
	    steps->registers.is_on ? "" : ": save its context on its kernel stack");
	steps->has_left = true;
	if (!p)
		OS("nobody is READY: wait for an interrupt (HLT)");
	else if (p->pid != event->pid)
		OS("switch to %" PRIu32 ", %s", p->pid, p->name);
}

/* ---- with values, if the trace has them ------------------------------------------ */

/* What the hardware does at a trap; otherwise says it without. */
static void print_entry(const struct steps *steps, bool is_call, const char *otherwise)
{
	char text[TEXT_SIZE];

	HARDWARE("%s", steps->registers.is_saved ? steps_registers_enter(&steps->registers, is_call,
									 text, sizeof(text))
						 : otherwise);
}

static void print_save(const struct steps *steps)
{
	char text[TEXT_SIZE];

	OS("save registers%s%s", steps->registers.is_saved ? " in the " : "",
	   steps->registers.is_saved
		   ? steps_registers_save(&steps->registers, text, sizeof(text))
		   : "");
}

/* Where a system call is made, if that is known. */
static const char *call_place(const struct steps *steps, char *out, size_t size)
{
	out[0] = '\0';
	if (steps->registers.is_saved)
		snprintf(out, size, "0x%" PRIx64 ": ", steps->registers.saved.rip - SYSCALL_SIZE);
	return out;
}

static void step_restored(struct steps *steps, const struct trace_event *event)
{
	char text[TEXT_SIZE];

	SAY(event->ns, STEPS_OS, "%s",
	    steps_registers_restore(&steps->registers, text, sizeof(text)));
	HARDWARE("%s", steps_registers_leave(&steps->registers, text, sizeof(text)));
	PROGRAM("0x%" PRIx64 ": goes on", steps->registers.restored.rip);
}

static void step_context_saved(const struct steps *steps, const struct trace_event *event)
{
	OS("save its context at 0x%" PRIx64 ", load that of %" PRIu32, event->args[0], event->pid);
}

static void step_context_loaded(const struct steps *steps, const struct trace_event *event)
{
	OS("its context is at 0x%" PRIx64 ": rsp= 0x%" PRIx64 " CR3=0x%" PRIx64
	   " TSS.RSP0= 0x%" PRIx64 " fs=0x%" PRIx64,
	   event->args[1], event->args[2], event->args[3], event->args[4], event->args[5]);
}

/* ---- traps ------------------------------------------------------------------- */

static void step_call(struct steps *steps, const struct trace_event *event)
{
	const uint64_t *a = event->args;
	char name[40], place[40];

	report_call_name(event->code, name, sizeof(name));
	SAY(event->ns, STEPS_PROGRAM,
	    "%s%s: rax=%" PRIu32 " rdi=0x%" PRIx64 " rsi=0x%" PRIx64 " rdx=0x%" PRIx64
	    " r10=0x%" PRIx64 " r8=0x%" PRIx64 " r9=0x%" PRIx64,
	    call_place(steps, place, sizeof(place)), name, event->code, a[0], a[1], a[2], a[3],
	    a[4], a[5]);
	print_entry(steps, true, "SYSCALL: rcx=rip, r11=rflags, kernel mode, rip=LSTAR");
	print_save(steps);
	OS("handle %s", name);
	steps->has_rip = false;
}

static void step_return(struct steps *steps, const struct trace_event *event)
{
	if (steps->registers.is_on) {
		SAY(event->ns, STEPS_OS, "its result into rax of the frame: %" PRId64,
		    (int64_t)event->args[0]);
		return;
	}
	SAY(event->ns, STEPS_OS,
	    "rax=%" PRId64 "; restore registers, return-from-trap (SYSRET)",
	    (int64_t)event->args[0]);
	HARDWARE("rip=rcx, rflags=r11, user mode");
	PROGRAM("goes on after it");
}

static void step_interrupt(struct steps *steps, const struct trace_event *event)
{
	char name[64], text[TEXT_SIZE];

	steps->rip = event->args[0];
	steps->has_rip = true;
	SAY(event->ns, STEPS_PROGRAM, "0x%" PRIx64 ": computes", steps->rip);
	snprintf(text, sizeof(text), "save rip=0x%" PRIx64 ", rsp, rflags on the kernel stack, "
		 "kernel mode, to gate 0x%" PRIx32, event->args[0], event->code);
	HARDWARE("%s:", summary_trap_name(event->code, name, sizeof(name)));
	print_entry(steps, false, text);
	print_save(steps);
	OS("handle it");
}

/* Whether it returns to the program is known from the next event. */
static void step_interrupt_over(struct steps *steps)
{
	steps->may_return = true;
}

static void step_interrupt_return(struct steps *steps)
{
	if (steps->registers.is_on)
		return;
	OS("restore registers, return-from-trap (IRET)");
	HARDWARE("rip, rsp, rflags from the stack, user mode");
	PROGRAM("0x%" PRIx64 ": goes on", steps->rip);
}

static void step_fault(struct steps *steps, const struct trace_event *event)
{
	char what[100], text[TEXT_SIZE];

	steps->rip = event->args[1];
	steps->has_rip = true;
	exception_describe(EXCEPTION_PAGE_FAULT, event->code, what, sizeof(what));
	SAY(event->ns, STEPS_PROGRAM, "0x%" PRIx64 ": touches 0x%" PRIx64, steps->rip,
	    event->args[0]);
	HARDWARE("%s: cr2=0x%" PRIx64 ",", what, event->args[0]);
	snprintf(text, sizeof(text), "save rip=0x%" PRIx64 ", rsp, rflags, kernel mode, to gate 0xe",
		 event->args[1]);
	print_entry(steps, false, text);
	print_save(steps);
	OS("handle the page fault");
}

static void step_fault_over(struct steps *steps, const struct trace_event *event)
{
	SAY(event->ns, STEPS_OS, "0x%" PRIx64 ": %s, %" PRIu64 " page%s", event->args[0],
	    report_fault_result_name(event->code), event->args[1], event->args[1] == 1 ? "" : "s");
	if (steps->registers.is_on)
		return;
	OS("restore registers, return-from-trap (IRET)");
	HARDWARE("rip, rsp, rflags from the stack, user mode");
	PROGRAM("0x%" PRIx64 ": the same again", steps->rip);
}

static void step_trap(struct steps *steps, const struct trace_event *event)
{
	char what[100], text[TEXT_SIZE];

	steps->rip = event->args[1];
	steps->has_rip = true;
	exception_describe(event->code, event->args[0], what, sizeof(what));
	SAY(event->ns, STEPS_PROGRAM, "0x%" PRIx64 ": cannot go on", steps->rip);
	HARDWARE("%s:", what);
	snprintf(text, sizeof(text), "save rip=0x%" PRIx64 ", rsp=0x%" PRIx64
		 ", rflags, kernel mode, to gate 0x%" PRIx32,
		 event->args[1], event->args[2], event->code);
	print_entry(steps, false, text);
	print_save(steps);
	OS("handle the exception");
}

static void step_signal(struct steps *steps, const struct trace_event *event)
{
	char name[40];

	notice_signal_name((int)event->code, name, sizeof(name));
	if (event->args[0])
		SAY(event->ns, STEPS_OS,
		    "deliver %s: registers to the program's stack, rip = handler 0x%" PRIx64, name,
		    event->args[0]);
	else
		SAY(event->ns, STEPS_OS, "deliver %s: the default action", name);
}

static void step_exit(struct steps *steps, const struct trace_event *event)
{
	int status = (int)event->code;
	char name[40];

	if (WIFSIGNALED(status))
		SAY(event->ns, STEPS_OS, "the process ends by %s; give back its memory",
		    notice_signal_name(WTERMSIG(status), name, sizeof(name)));
	else
		SAY(event->ns, STEPS_OS, "the process ends, exit %d; give back its memory",
		    WEXITSTATUS(status));
}

static void step_vmm(struct steps *steps, const struct trace_event *event)
{
	char taken[QUANTITY_SIZE];

	quantity_format_ns(quantity_tsc_to_ns(event->args[1], steps->now->info.tsc_hz), taken,
			   sizeof(taken));
	SAY(event->ns, STEPS_OS, "device at 0x%" PRIx64, event->args[2]);
	HARDWARE("exit to the VMM: %s; back in %s",
		 report_cause_name(event->code), taken);
}

/* An event of the process itself. */
static void step_own(struct steps *steps, const struct trace_event *event)
{
	switch (event->kind) {
	case LDE_TRACE_SYSCALL_ENTRY:
		step_call(steps, event);
		break;
	case LDE_TRACE_SYSCALL_EXIT:
		step_return(steps, event);
		break;
	case LDE_TRACE_IRQ_ENTRY:
		step_interrupt(steps, event);
		break;
	case LDE_TRACE_IRQ_EXIT:
		step_interrupt_over(steps);
		break;
	case LDE_TRACE_FAULT_ENTRY:
		step_fault(steps, event);
		break;
	case LDE_TRACE_FAULT_EXIT:
		step_fault_over(steps, event);
		break;
	case LDE_TRACE_TRAP_ENTRY:
		step_trap(steps, event);
		break;
	case LDE_TRACE_TRAP_EXIT:
		if (!steps->registers.is_on)
			SAY(event->ns, STEPS_OS, "return-from-trap: IRET");
		break;
	case LDE_TRACE_REGISTERS_3:
		if (event->code)
			step_restored(steps, event);
		break;
	case LDE_TRACE_SIGNAL_DELIVER:
		step_signal(steps, event);
		break;
	case LDE_TRACE_PROCESS_EXEC:
		SAY(event->ns, STEPS_OS, "its program is %s now: new page tables, stack",
		    trace_event_name(event));
		break;
	case LDE_TRACE_PROCESS_EXIT:
		step_exit(steps, event);
		break;
	case LDE_TRACE_TIMER_ARM:
		SAY(event->ns, STEPS_OS, event->args[0] ? "set the timer" : "stop the timer");
		break;
	default:
		break;
	}
}

static void step_about(struct steps *steps, const struct timeline_process *p,
		       const struct trace_event *event)
{
	uint32_t pid = steps->wanted->pid;

	if (event->kind == LDE_TRACE_SCHED_SWITCH) {
		if (event->pid == pid)
			step_leave(steps, event);
		if (event->args[1] == pid && p)
			step_turn(steps, p, event);
	} else if (event->kind == LDE_TRACE_CONTEXT_SWITCH) {
		if (steps->has_left)
			step_context_saved(steps, event);
		steps->has_left = false;
		if (event->pid == pid)
			step_context_loaded(steps, event);
	} else if (event->kind == LDE_TRACE_SCHED_STOP && event->args[0] == pid) {
		SAY(event->ns, STEPS_OS, "process %" PRIu32 " is STOPPED by a signal", pid);
	} else if (event->kind == LDE_TRACE_SCHED_WAKEUP && event->args[0] == pid) {
		SAY(event->ns, STEPS_OS, "process %" PRIu32 " is READY%s", pid,
		    event->code ? ", for the first time" : " again");
	} else if (event->kind == LDE_TRACE_PROCESS_FORK && event->args[0] == pid) {
		SAY(event->ns, STEPS_OS, "make process %" PRIu32 ": %s", pid,
		    trace_event_name(event));
	} else if (event->kind == LDE_TRACE_VMM_EXIT) {
		if (p && p->state == LDE_STATE_RUNNING)
			step_vmm(steps, event);
	} else if (event->pid == pid) {
		step_own(steps, event);
	}
}

static bool is_trap(uint32_t kind)
{
	return kind == LDE_TRACE_SYSCALL_ENTRY || kind == LDE_TRACE_IRQ_ENTRY ||
	       kind == LDE_TRACE_FAULT_ENTRY || kind == LDE_TRACE_TRAP_ENTRY;
}

static void add_event(void *ctx, const struct trace_event *event,
		      const struct timeline_process *process)
{
	struct steps *steps = ctx;
	uint32_t idx = steps->now->by_pid[steps->wanted->pid];

	(void)process;
	if (event->pid == steps->wanted->pid || event->kind == LDE_TRACE_TRAP_TABLE)
		steps_registers_note(&steps->registers, event);
	if (steps->is_over || event->ns < steps->wanted->from_ns)
		return;
	if (steps->may_return && event->kind != LDE_TRACE_TIMER_ARM) {
		if (event->kind != LDE_TRACE_SCHED_SWITCH)
			step_interrupt_return(steps);
		steps->may_return = false;
	}
	if (event->pid == steps->wanted->pid && is_trap(event->kind) &&
	    ++steps->nr_traps > steps->wanted->nr_traps) {
		steps->is_over = true;
		return;
	}
	step_about(steps, idx ? &steps->now->processes[idx - 1] : NULL, event);
}

int report_print_steps(const struct timeline *done, const char *dir,
		       const struct report_steps *wanted, FILE *out, char *why, size_t why_size)
{
	struct timeline again;
	struct steps steps = {
		.wanted = wanted,
		.registers.is_on = done->info.classes & LDE_TRACE_C_REGISTERS,
		.now = &again,
	};
	const struct timeline_sink sink = {.ctx = &steps, .event = add_event};
	int err;

	if (!wanted->pid || wanted->pid >= TRACE_NR_PIDS || !done->by_pid[wanted->pid]) {
		snprintf(why, why_size, "there is no process %" PRIu32 " in it", wanted->pid);
		return -ESRCH;
	}
	steps_columns_init(&steps.columns, out, wanted->width);
	steps_columns_head(&steps.columns);
	err = timeline_read(&again, dir, &sink, why, why_size);
	timeline_fini(&again);
	steps_columns_rule(&steps.columns);
	if (!steps.registers.is_on)
		fprintf(out, "Without registers: they are in a trace that lde run --events "
			     "all,registers records.\n");
	if (steps.is_over)
		fprintf(out, "... and so on; --steps %" PRIu32 ":N shows N traps, "
			     "--steps %" PRIu32 ":N@TIME those from a time on\n",
			wanted->pid, wanted->pid);
	return err == -EBADMSG ? 0 : err;
}
