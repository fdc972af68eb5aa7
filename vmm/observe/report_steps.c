/* SPDX-License-Identifier: MIT */
#include "vmm/observe/report_steps.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "vmm/observe/exceptions.h"
#include "vmm/observe/notice.h"
#include "vmm/observe/quantity.h"
#include "vmm/observe/report_names.h"
#include "vmm/observe/summary.h"

#define TIME_WIDTH 9
#define TEXT_SIZE  300

enum column {
	COLUMN_OS,
	COLUMN_HARDWARE,
	COLUMN_PROGRAM,
	NR_COLUMNS,
};

struct steps {
	const struct report_steps *wanted;
	FILE *out;
	int column_width;
	uint32_t nr_traps;
	bool is_over;
	bool may_return; /* an interrupt is over */
	const struct timeline *now;
	/* Where the program is, as far as that is known. */
	uint64_t rip;
	bool has_rip;
};

/* ---- lines ----------------------------------------------------------------- */

/* How much of text stands in a line of that width: up to a blank, if there is one. */
static size_t line_length(const char *text, size_t width)
{
	size_t len = strlen(text);

	if (len <= width)
		return len;
	for (len = width; len > 0; len--)
		if (text[len] == ' ')
			return len;
	return width;
}

/* Text in one of the columns, the others empty; ns UINT64_MAX: no time beside it. */
static void print_cell(const struct steps *steps, uint64_t ns, enum column column,
		       const char *text)
{
	int width = steps->column_width;
	char time[QUANTITY_SIZE] = "";

	if (ns != UINT64_MAX)
		quantity_format_ns(ns, time, sizeof(time));
	do {
		size_t len = line_length(text, (size_t)width);
		int before = (width + 3) * (int)column;

		fprintf(steps->out, "%*s | ", TIME_WIDTH, time);
		for (int i = 0; i < before; i++)
			fputc((i + 2) % (width + 3) == 0 ? '|' : ' ', steps->out);
		fprintf(steps->out, "%.*s\n", (int)len, text);
		text += len + (text[len] == ' ');
		time[0] = '\0';
	} while (*text);
}

static void say(const struct steps *steps, uint64_t ns, enum column column, const char *format,
		...) __attribute__((format(printf, 4, 5)));

static void say(const struct steps *steps, uint64_t ns, enum column column, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* Names are the guest's, and this may be a terminal. */
	for (char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	print_cell(steps, ns, column, text);
}

#define OS(...)	      say(steps, UINT64_MAX, COLUMN_OS, __VA_ARGS__)
#define HARDWARE(...) say(steps, UINT64_MAX, COLUMN_HARDWARE, __VA_ARGS__)
#define PROGRAM(...)  say(steps, UINT64_MAX, COLUMN_PROGRAM, __VA_ARGS__)

static void print_rule(const struct steps *steps)
{
	for (int i = 0; i < TIME_WIDTH + 1 + NR_COLUMNS * (steps->column_width + 3); i++)
		fputc(i >= TIME_WIDTH + 1 && (i - TIME_WIDTH - 1) % (steps->column_width + 3) == 0
			      ? '+'
			      : '-',
		      steps->out);
	fputc('\n', steps->out);
}

static void print_head(const struct steps *steps)
{
	int width = steps->column_width;

	fprintf(steps->out, "%*s | %-*s | %-*s | %s\n", TIME_WIDTH, "", width, "OS",
		width, "Hardware", "Program");
	print_rule(steps);
}

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
		say(steps, event->ns, COLUMN_OS, "switch from idle to %" PRIu32 ", %s", p->pid,
		    p->name);
	else if (event->pid == p->pid)
		OS("its turn again");
	else
		say(steps, event->ns, COLUMN_OS,
		    "%" PRIu32 " %s: switch to %" PRIu32 ", %s: its context and page tables",
		    event->pid, left_how(event), p->pid, p->name);
	if (p->call.number != TIMELINE_NO_CALL) {
		OS("go on in %s",
		   report_call_name((uint32_t)p->call.number, name, sizeof(name)));
	} else if (p->is_starting) {
		OS("load its program, set up its stack");
	} else {
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
	say(steps, event->ns, COLUMN_OS, "it %s, is %s: save its context on its kernel stack",
	    left_how(event), timeline_state_name((uint32_t)event->args[0]));
	if (!p)
		OS("nobody is READY: wait for an interrupt (HLT)");
	else if (p->pid != event->pid)
		OS("switch to %" PRIu32 ", %s", p->pid, p->name);
}

static void step_call(struct steps *steps, const struct trace_event *event)
{
	const uint64_t *a = event->args;
	char name[40];

	report_call_name(event->code, name, sizeof(name));
	say(steps, event->ns, COLUMN_PROGRAM,
	    "%s: rax=%" PRIu32 " rdi=0x%" PRIx64 " rsi=0x%" PRIx64 " rdx=0x%" PRIx64
	    " r10=0x%" PRIx64 " r8=0x%" PRIx64 " r9=0x%" PRIx64,
	    name, event->code, a[0], a[1], a[2], a[3], a[4], a[5]);
	HARDWARE("SYSCALL: rcx=rip, r11=rflags, kernel mode, rip=LSTAR");
	OS("save registers, handle %s", name);
	steps->has_rip = false;
}

static void step_return(struct steps *steps, const struct trace_event *event)
{
	say(steps, event->ns, COLUMN_OS,
	    "rax=%" PRId64 "; restore registers, return-from-trap (SYSRET)",
	    (int64_t)event->args[0]);
	HARDWARE("rip=rcx, rflags=r11, user mode");
	PROGRAM("goes on after it");
}

static void step_interrupt(struct steps *steps, const struct trace_event *event)
{
	char name[64];

	steps->rip = event->args[0];
	steps->has_rip = true;
	say(steps, event->ns, COLUMN_PROGRAM, "0x%" PRIx64 ": computes", steps->rip);
	HARDWARE("%s: save rip=0x%" PRIx64 ", rsp, rflags on the kernel stack, kernel mode, "
		 "to gate 0x%" PRIx32,
		 summary_trap_name(event->code, name, sizeof(name)), event->args[0], event->code);
	OS("save registers, handle it");
}

/* Whether it returns to the program is known from the next event. */
static void step_interrupt_over(struct steps *steps)
{
	steps->may_return = true;
}

static void step_interrupt_return(struct steps *steps)
{
	OS("restore registers, return-from-trap (IRET)");
	HARDWARE("rip, rsp, rflags from the stack, user mode");
	PROGRAM("0x%" PRIx64 ": goes on", steps->rip);
}

static void step_fault(struct steps *steps, const struct trace_event *event)
{
	char what[100];

	steps->rip = event->args[1];
	steps->has_rip = true;
	exception_describe(EXCEPTION_PAGE_FAULT, event->code, what, sizeof(what));
	say(steps, event->ns, COLUMN_PROGRAM, "0x%" PRIx64 ": touches 0x%" PRIx64, steps->rip,
	    event->args[0]);
	HARDWARE("%s: cr2=0x%" PRIx64 ", save rip=0x%" PRIx64
		 ", rsp, rflags, kernel mode, to gate 0xe",
		 what, event->args[0], event->args[1]);
	OS("save registers, handle the page fault");
}

static void step_fault_over(struct steps *steps, const struct trace_event *event)
{
	say(steps, event->ns, COLUMN_OS, "0x%" PRIx64 ": %s, %" PRIu64 " page%s", event->args[0],
	    report_fault_result_name(event->code), event->args[1], event->args[1] == 1 ? "" : "s");
	OS("restore registers, return-from-trap (IRET)");
	HARDWARE("rip, rsp, rflags from the stack, user mode");
	PROGRAM("0x%" PRIx64 ": the same again", steps->rip);
}

static void step_trap(struct steps *steps, const struct trace_event *event)
{
	char what[100];

	steps->rip = event->args[1];
	steps->has_rip = true;
	exception_describe(event->code, event->args[0], what, sizeof(what));
	say(steps, event->ns, COLUMN_PROGRAM, "0x%" PRIx64 ": cannot go on", steps->rip);
	HARDWARE("%s: save rip=0x%" PRIx64 ", rsp=0x%" PRIx64
		 ", rflags, kernel mode, to gate 0x%" PRIx32,
		 what, event->args[1], event->args[2], event->code);
	OS("save registers, handle the exception");
}

static void step_signal(struct steps *steps, const struct trace_event *event)
{
	char name[40];

	notice_signal_name((int)event->code, name, sizeof(name));
	if (event->args[0])
		say(steps, event->ns, COLUMN_OS,
		    "deliver %s: registers to the program's stack, rip = handler 0x%" PRIx64, name,
		    event->args[0]);
	else
		say(steps, event->ns, COLUMN_OS, "deliver %s: the default action", name);
}

static void step_exit(struct steps *steps, const struct trace_event *event)
{
	int status = (int)event->code;
	char name[40];

	if (WIFSIGNALED(status))
		say(steps, event->ns, COLUMN_OS, "the process ends by %s; give back its memory",
		    notice_signal_name(WTERMSIG(status), name, sizeof(name)));
	else
		say(steps, event->ns, COLUMN_OS, "the process ends, exit %d; give back its memory",
		    WEXITSTATUS(status));
}

static void step_vmm(struct steps *steps, const struct trace_event *event)
{
	char taken[QUANTITY_SIZE];

	quantity_format_ns(quantity_tsc_to_ns(event->args[1], steps->now->info.tsc_hz), taken,
			   sizeof(taken));
	say(steps, event->ns, COLUMN_OS, "device at 0x%" PRIx64, event->args[2]);
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
		say(steps, event->ns, COLUMN_OS, "return-from-trap: IRET");
		break;
	case LDE_TRACE_SIGNAL_DELIVER:
		step_signal(steps, event);
		break;
	case LDE_TRACE_PROCESS_EXEC:
		say(steps, event->ns, COLUMN_OS, "its program is %s now: new page tables, stack",
		    trace_event_name(event));
		break;
	case LDE_TRACE_PROCESS_EXIT:
		step_exit(steps, event);
		break;
	case LDE_TRACE_TIMER_ARM:
		say(steps, event->ns, COLUMN_OS, event->args[0] ? "set the timer" : "stop the timer");
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
	} else if (event->kind == LDE_TRACE_SCHED_WAKEUP && event->args[0] == pid) {
		say(steps, event->ns, COLUMN_OS, "process %" PRIu32 " is READY%s", pid,
		    event->code ? ", for the first time" : " again");
	} else if (event->kind == LDE_TRACE_PROCESS_FORK && event->args[0] == pid) {
		say(steps, event->ns, COLUMN_OS, "make process %" PRIu32 ": %s", pid,
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
		.out = out,
		.column_width = (int)(wanted->width - TIME_WIDTH - 1) / NR_COLUMNS - 3,
		.now = &again,
	};
	const struct timeline_sink sink = {.ctx = &steps, .event = add_event};
	int err;

	if (!wanted->pid || wanted->pid >= TRACE_NR_PIDS || !done->by_pid[wanted->pid]) {
		snprintf(why, why_size, "there is no process %" PRIu32 " in it", wanted->pid);
		return -ESRCH;
	}
	print_head(&steps);
	err = timeline_read(&again, dir, &sink, why, why_size);
	timeline_fini(&again);
	print_rule(&steps);
	if (steps.is_over)
		fprintf(out, "... and so on; --steps %" PRIu32 ":N shows N traps, "
			     "--steps %" PRIu32 ":N@TIME those from a time on\n",
			wanted->pid, wanted->pid);
	return err == -EBADMSG ? 0 : err;
}
