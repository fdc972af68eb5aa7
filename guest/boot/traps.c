/* SPDX-License-Identifier: MIT */
/*
 * The trap dispatcher: who handles which trap, and what becomes of a process
 * that did what it may not.
 */
#include "guest/arch/traps.h"

#include <asm/siginfo.h>
#include <asm/signal.h>

#include "guest/arch/apic.h"
#include "guest/arch/direct.h"
#include "guest/arch/event.h"
#include "guest/arch/insn.h"
#include "guest/arch/monitor.h"
#include "guest/arch/offload.h"
#include "guest/arch/panic.h"
#include "guest/arch/traptable.h"
#include "guest/core/sched.h"
#include "guest/dev/console.h"
#include "guest/dev/tty.h"
#include "guest/dev/virtio_blk.h"
#include "guest/dev/virtio_console.h"
#include "guest/fs/export.h"
#include "guest/fs/mount.h"
#include "guest/lib/ledger.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/space.h"
#include "guest/sys/exit.h"
#include "guest/sys/signals.h"
#include "guest/sys/vsyscall.h"

/* What an exception in ring 3 means for the process, as Linux has it. */
static const struct {
	uint8_t signal, reason;
	uint8_t code;      /* si_code; SI_KERNEL also for what has none */
	bool has_address;  /* si_addr is the instruction's */
} exceptions[32] = {
	[VECTOR_DE] = { SIGFPE, LDE_REASON_DIVIDE, FPE_INTDIV, true },
	[VECTOR_DB] = { SIGTRAP, LDE_REASON_BREAKPOINT, TRAP_TRACE, true },
	[VECTOR_BP] = { SIGTRAP, LDE_REASON_BREAKPOINT, SI_KERNEL, false },
	[VECTOR_UD] = { SIGILL, LDE_REASON_ILLEGAL_INSN, ILL_ILLOPN, true },
	[VECTOR_GP] = { SIGSEGV, LDE_REASON_PRIVILEGED, SI_KERNEL, false },
	[VECTOR_SS] = { SIGBUS, LDE_REASON_OTHER, SI_KERNEL, false },
	[VECTOR_MF] = { SIGFPE, LDE_REASON_FPU, FPE_FLTINV, true },
	[VECTOR_XM] = { SIGFPE, LDE_REASON_FPU, FPE_FLTINV, true },
	[VECTOR_AC] = { SIGBUS, LDE_REASON_ALIGNMENT, BUS_ADRALN, false },
};

/* The bytes at rip, as many as the program itself could read. */
static void copy_instruction(struct lde_notice *notice)
{
	for (unsigned i = 0; i < LDE_NOTICE_INSN_MAX; i++) {
		vaddr_t va = notice->rip + i;
		paddr_t pa = va < USER_END ? space_page(current()->space, va, ACCESS_READ) : 0;

		if (!pa)
			return;
		notice->insn[i] = *((uint8_t *)direct_map(pa) + va % PAGE_SIZE);
		notice->insn_len = i + 1;
	}
}

static _Noreturn void kill_process(const struct trap_frame *frame, int signal,
				   enum lde_reason reason, vaddr_t addr)
{
	struct process *p = current();
	struct lde_notice notice = {
		.kind = LDE_NOTICE_KILLED,
		.pid = p->pid,
		.reason = reason,
		.vector = frame->vector,
		.error = frame->error,
		.rip = frame->rip,
		.rsp = frame->rsp,
		.addr = addr,
		.status = signal,
	};

	string_copy(notice.name, p->record->name, sizeof(notice.name));
	copy_instruction(&notice);
	monitor_notice(&notice);
	exit_process(STATUS_SIGNALED(signal));
}

static enum lde_reason kernel_address_reason(const struct trap_frame *frame)
{
	return frame->error & PF_FETCH ? LDE_REASON_KERNEL_JUMP : LDE_REASON_KERNEL_MEMORY;
}

/* The process's own handler runs, or it dies of the page fault. */
static void bad_access(const struct trap_frame *frame, int signal, enum lde_reason reason,
		       vaddr_t va)
{
	int code = signal == SIGBUS ? BUS_ADRERR :
		   frame->error & PF_PRESENT ? SEGV_ACCERR : SEGV_MAPERR;

	if (reason == LDE_REASON_READ_ONLY || reason == LDE_REASON_NO_EXEC ||
	    reason == LDE_REASON_NO_ACCESS)
		code = SEGV_ACCERR;
	if (signal == SIGKILL || !signal_raise_fault(signal, code, va))
		kill_process(frame, signal, reason, va);
}

static int signal_for(enum lde_reason reason)
{
	switch (reason) {
	case LDE_REASON_OUT_OF_MEMORY:
		return SIGKILL;
	case LDE_REASON_BEYOND_FILE:
	case LDE_REASON_DISK_ERROR:
		return SIGBUS;
	default:
		return SIGSEGV;
	}
}

/* The page may have to come from a disk; and memory is short only when disks have
 * been given what is theirs. */
static __attribute__((noinline)) void fault_failed(const struct trap_frame *frame, vaddr_t va,
						   unsigned access, enum lde_reason reason)
{
	struct space *space = current()->space;

	reason = space_fault_wait(space, va, access, reason);
	while (reason == LDE_REASON_OUT_OF_MEMORY && (mount_shed() || space_shed(space)))
		reason = space_fault_wait(space, va, access, space_fault(space, va, access));
	if (reason != LDE_REASON_NONE)
		bad_access(frame, signal_for(reason), reason, va);
}

static __attribute__((noinline)) void kernel_address_fault(struct trap_frame *frame, vaddr_t va)
{
	if (!(frame->error & PF_FETCH) || !vsyscall_serve(frame))
		bad_access(frame, SIGSEGV, kernel_address_reason(frame), va);
}

static void page_fault(struct trap_frame *frame)
{
	vaddr_t va = insn_read_cr2();
	enum lde_reason reason;
	unsigned access = ACCESS_READ;

	if (unlikely(va >= USER_END))
		return kernel_address_fault(frame, va);
	if (frame->error & PF_WRITE)
		access = ACCESS_WRITE;
	else if (frame->error & PF_FETCH)
		access = ACCESS_FETCH;
	current()->record->page_faults++;
	reason = space_fault(current()->space, va, access);
	if (unlikely(reason != LDE_REASON_NONE))
		fault_failed(frame, va, access, reason);
}

static void exception(const struct trap_frame *frame)
{
	unsigned vector = frame->vector;

	int signal = exceptions[vector].signal ? exceptions[vector].signal : SIGSEGV;
	int code = exceptions[vector].signal ? exceptions[vector].code : SI_KERNEL;
	enum lde_reason reason =
		exceptions[vector].signal ? exceptions[vector].reason : LDE_REASON_OTHER;

	if (!signal_raise_fault(signal, code, exceptions[vector].has_address ? frame->rip : 0))
		kill_process(frame, signal, reason, 0);
}

static void interrupt(unsigned vector)
{
	apic_end_of_interrupt(vector);
	if (likely(vector == VECTOR_TIMER)) {
		sched_switch(sched_tick());
	} else if (vector == console_info()->vector) {
		console_interrupt();
		tty_interrupt();
	} else if (export_is_wish_to_end(vector)) {
		export_all();
		monitor_power_off(LDE_POWEROFF_DONE);
	} else if (!virtio_blk_interrupt(vector) && virtio_console_interrupt(vector)) {
		console_interrupt();
		tty_interrupt();
	}
}

static inline void attend(struct trap_frame *frame)
{
	if (unlikely(current()->needs_attention)) {
		if (event_is_on(~0u)) /* it may not come back */
			event_interrupt_over();
		signal_attend(frame, false);
	}
}

void trap_attend(struct trap_frame *frame)
{
	attend(frame);
}

void trap_dispatch(struct trap_frame *frame)
{
	unsigned vector = frame->vector;

	ledger.traps[vector]++;
	if (vector >= VECTOR_TIMER) {
		interrupt(vector);
		if (!frame_is_user(frame)) {
			trap_end_wait(frame);
			return;
		}
	} else if (unlikely(!frame_is_user(frame) || offload_is_running)) {
		panic_trap(frame);
	} else if (likely(vector == VECTOR_PF)) {
		page_fault(frame);
	} else {
		exception(frame);
	}
	attend(frame);
}

struct trap_frame *trap_tick(struct trap_frame *frame)
{
	struct cpu *cpu = this_cpu();
	struct process *p = current(), *next;

	offload_is_running = true;
	ledger.traps[VECTOR_TIMER]++;
	next = sched_tick();
	if (next != p && !next->needs_attention && likely(apic_eoi_is_known) &&
	    context_leave_outside(&p->context, &next->context)) {
		cpu->process = p = next;
		frame = process_frame(p);
	}
	cpu->next = next;
	cpu->root = p->context.root;
	offload_is_running = false;
	if (unlikely(!apic_eoi_is_known))
		return NULL; /* only ring 0 can find out */
	return next == p && !p->needs_attention ? frame : NULL;
}

void trap_tick_continue(struct trap_frame *frame)
{
	struct process *p = current(), *next = this_cpu()->next;

	apic_end_of_interrupt(VECTOR_TIMER);
	apic_set_deadline(this_cpu()->deadline_tsc);
	if (next != p) {
		this_cpu()->process = next;
		context_leave(&p->context, &next->context);
	}
	attend(frame);
}
