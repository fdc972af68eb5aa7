/* SPDX-License-Identifier: MIT */
#include "vmm/observe/notice.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "vmm/observe/exceptions.h"
#include "vmm/observe/opcode.h"

#define OPERAND_TEXT   "its operand is not aligned as it must be, or its address is not canonical"
#define NULL_PAGES_END 0x10000 /* an address below this comes of a null pointer */

/* A line that grows; what does not fit is dropped. */
struct line {
	char *out;
	size_t size, len;
};

static void line_add(struct line *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void line_add(struct line *line, const char *format, ...)
{
	va_list args;
	int added;

	if (line->len + 1 >= line->size)
		return;
	va_start(args, format);
	added = vsnprintf(line->out + line->len, line->size - line->len, format, args);
	va_end(args);
	if (added > 0)
		line->len += (size_t)added;
	if (line->len >= line->size)
		line->len = line->size - 1;
}

const char *notice_signal_name(int signal, char *out, size_t size)
{
	const char *name = sigabbrev_np(signal);

	if (name)
		snprintf(out, size, "SIG%s", name);
	else
		snprintf(out, size, "signal %d", signal);
	return out;
}

static bool notice_is_page_fault(const struct lde_notice *notice)
{
	return notice->vector == EXCEPTION_PAGE_FAULT;
}

static bool is_canonical(uint64_t addr)
{
	return (uint64_t)((int64_t)(addr << 16) >> 16) == addr;
}

/* ---- what the process did -------------------------------------------- */

/* False: the instruction has no name here. */
static bool notice_decode(const struct lde_notice *notice, struct opcode *opcode)
{
	size_t len = notice->insn_len;

	if (len > sizeof(notice->insn))
		len = sizeof(notice->insn);
	return opcode_decode(opcode, notice->insn, len);
}

/* "executed hlt at 0x401136". A breakpoint traps behind its one byte. */
static void line_add_executed(struct line *line, const struct lde_notice *notice,
			      const struct opcode *opcode)
{
	if (notice->vector == EXCEPTION_BREAKPOINT)
		line_add(line, "executed int3 at 0x%" PRIx64, notice->rip - 1);
	else
		line_add(line, "executed %s at 0x%" PRIx64, opcode->name, notice->rip);
}

/* "wrote 0xffff800000001000 at 0x401136 (mov)" */
static void line_add_access(struct line *line, const struct lde_notice *notice,
			    const struct opcode *opcode)
{
	const char *verb = notice->error & PF_ERROR_WRITE ? "wrote" : "read";

	if (!notice_is_page_fault(notice))
		line_add_executed(line, notice, opcode);
	else if (notice->error & PF_ERROR_FETCH)
		line_add(line, "jumped to 0x%" PRIx64, notice->addr);
	else
		line_add(line, "%s 0x%" PRIx64 " at 0x%" PRIx64 " (%s)", verb, notice->addr,
			 notice->rip, opcode->name);
}

/* ---- why that is not allowed ----------------------------------------- */

static const char *kernel_memory_text(const struct lde_notice *notice)
{
	if (!notice_is_page_fault(notice) || !is_canonical(notice->addr))
		return "the address is in neither half of memory (it is not canonical)";
	return "the address is the kernel's, and user mode may not touch it";
}

static const char *unmapped_text(const struct lde_notice *notice)
{
	if (notice_is_page_fault(notice) && notice->addr < NULL_PAGES_END)
		return "nothing is mapped there (a null pointer?)";
	return "nothing is mapped there";
}

static const char *illegal_text(const struct opcode *opcode)
{
	if (opcode->power == OPCODE_POWER_GATE)
		return opcode_power_text(opcode->power);
	return "this CPU has no such instruction, or it is not enabled";
}

/* #GP has one more cause in user mode: the operand of an instruction that is
 * allowed as such. */
static const char *privileged_text(const struct opcode *opcode, bool known)
{
	if (known && opcode->power == OPCODE_POWER_NONE)
		return OPERAND_TEXT;
	return opcode_power_text(opcode->power);
}

/* Traps that no other reason explains, by their number. */
static const char *other_text(const struct lde_notice *notice, const struct opcode *opcode)
{
	const char *title = exception_title(notice->vector);

	if (opcode->power != OPCODE_POWER_NONE)
		return opcode_power_text(opcode->power);
	if (notice->vector == EXCEPTION_PROTECTION)
		return OPERAND_TEXT;
	return title ? title : "nothing in user mode should cause this trap";
}

static const char *notice_why(const struct lde_notice *notice, const struct opcode *opcode,
			      bool known)
{
	switch ((enum lde_reason)notice->reason) {
	case LDE_REASON_PRIVILEGED:
		return privileged_text(opcode, known);
	case LDE_REASON_KERNEL_MEMORY:
		return kernel_memory_text(notice);
	case LDE_REASON_UNMAPPED:
		return unmapped_text(notice);
	case LDE_REASON_READ_ONLY:
		return "the page may be read but not written";
	case LDE_REASON_NO_EXEC:
		return "the page holds data and may not be executed";
	case LDE_REASON_NO_ACCESS:
		return "the page is mapped without any access (PROT_NONE)";
	case LDE_REASON_STACK_OVERFLOW:
		return "the stack is full, and the address is in the guard below it "
		       "(endless recursion?)";
	case LDE_REASON_DIVIDE:
		return "the divisor is 0, or the quotient does not fit";
	case LDE_REASON_ILLEGAL_INSN:
		return illegal_text(opcode);
	case LDE_REASON_BREAKPOINT:
		return "a breakpoint, and no debugger that would wait for it";
	case LDE_REASON_FPU:
		return "a floating-point exception that the program had switched on";
	case LDE_REASON_ALIGNMENT:
		return "the address is not aligned, and the program had switched that check on";
	case LDE_REASON_OUT_OF_MEMORY:
		return "no page of memory is left; --memory SIZE gives the guest more";
	case LDE_REASON_KERNEL_JUMP:
		return "the address is the kernel's, and user mode may not execute there";
	case LDE_REASON_BEYOND_FILE:
		return "the page lies behind the end of the mapped file";
	case LDE_REASON_DISK_ERROR:
		return "the disk could not read the page of the mapped file, or has no room "
		       "for it";
	case LDE_REASON_NONE:
	case LDE_REASON_OTHER:
	case LDE_REASON_PROCESSES:
		break;
	}
	return other_text(notice, opcode);
}

static void line_add_deed(struct line *line, const struct lde_notice *notice,
			  const struct opcode *opcode)
{
	switch (notice->reason) {
	case LDE_REASON_PRIVILEGED:
	case LDE_REASON_DIVIDE:
	case LDE_REASON_ILLEGAL_INSN:
	case LDE_REASON_BREAKPOINT:
	case LDE_REASON_FPU:
		line_add_executed(line, notice, opcode);
		break;
	case LDE_REASON_KERNEL_JUMP:
		line_add(line, "jumped to 0x%" PRIx64,
			 notice_is_page_fault(notice) ? notice->addr : notice->rip);
		break;
	default:
		line_add_access(line, notice, opcode);
	}
}

static void line_add_killed(struct line *line, const struct lde_notice *notice)
{
	struct opcode opcode;
	char signal[32], trap[160];
	bool known = notice_decode(notice, &opcode);

	exception_describe(notice->vector, notice->error, trap, sizeof(trap));
	line_add(line, "process %u (%s) killed by %s: ", notice->pid, notice->name,
		 notice_signal_name(notice->status, signal, sizeof(signal)));
	line_add_deed(line, notice, &opcode);
	line_add(line, ": %s (%s)", notice_why(notice, &opcode, known), trap);
}

/* ---- the other kinds ------------------------------------------------- */

static const char *exec_remedy(int err)
{
	switch (err) {
	case ENOEXEC:
		return "give a static x86-64 program: cc -static";
	case ENOMEM:
		return "give the guest more memory: --memory SIZE";
	case E2BIG:
		return "give fewer or shorter arguments, or a smaller environment";
	case ENOENT:
		return "the guest has no file of this name: /dev, /proc and what --mount mounts "
		       "hide what the host and --root have below them";
	case EAGAIN:
		return "too many processes; start fewer with -n";
	default:
		return NULL;
	}
}

static void line_add_exec_failed(struct line *line, const struct lde_notice *notice)
{
	/* The status comes from the guest: INT32_MIN has no positive twin. */
	int err = notice->status < 0 && notice->status > -4096 ? -notice->status : 0;
	const char *remedy = exec_remedy(err);

	line_add(line, "process %u (%s) did not start: %s", notice->pid, notice->name,
		 err ? strerror(err) : "the kernel gave no reason");
	if (remedy)
		line_add(line, "; %s", remedy);
}

static void line_add_fork_refused(struct line *line, const struct lde_notice *notice)
{
	line_add(line, "process %u (%s) was refused a child: ", notice->pid, notice->name);
	if (notice->reason == LDE_REASON_PROCESSES)
		line_add(line,
			 "there are %" PRIu64 " processes, and there may not be more (EAGAIN); "
			 "--processes N allows more",
			 notice->addr);
	else
		line_add(line, "memory is nearly used up (EAGAIN or ENOMEM); --memory SIZE gives "
			       "the guest more");
}

static void line_add_panic(struct line *line, const struct lde_notice *notice)
{
	char trap[160];

	line_add(line, "the guest kernel cannot go on: %s", notice->text);
	if (notice->vector == LDE_NO_VECTOR) {
		line_add(line, " (at 0x%" PRIx64 ")", notice->rip);
	} else if (notice->rip || notice->vector) {
		exception_describe(notice->vector, notice->error, trap, sizeof(trap));
		line_add(line, " (%s at 0x%" PRIx64, trap, notice->rip);
		if (notice_is_page_fault(notice))
			line_add(line, ", address 0x%" PRIx64, notice->addr);
		line_add(line, ")");
	}
}

void notice_format(const struct lde_notice *notice, char *out, size_t size)
{
	struct line line = {.out = out, .size = size};

	if (size)
		out[0] = '\0';
	switch (notice->kind) {
	case LDE_NOTICE_KILLED:
		line_add_killed(&line, notice);
		break;
	case LDE_NOTICE_PANIC:
		line_add_panic(&line, notice);
		break;
	case LDE_NOTICE_EXEC_FAILED:
		line_add_exec_failed(&line, notice);
		break;
	case LDE_NOTICE_DISK:
		line_add(&line, "disk %s: %s", notice->name, notice->text);
		break;
	case LDE_NOTICE_FORK_REFUSED:
		line_add_fork_refused(&line, notice);
		break;
	default:
		line_add(&line, "the guest kernel sent a notice of unknown kind %u", notice->kind);
	}
}
