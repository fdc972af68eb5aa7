/* SPDX-License-Identifier: MIT */
#include "guest/sys/signal_frame.h"

#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/signal.h>

#include "guest/arch/vector.h"
#include "guest/lib/string.h"
#include "guest/mm/usercopy.h"

#define SS_ONSTACK 1
#define SS_DISABLE 2

/* Below the program's stack pointer it may keep data (System V ABI, 3.2.2). */
#define RED_ZONE 128

/* struct ucontext of the x86-64 interface. */
struct ucontext_user {
	uint64_t flags, link;
	uint64_t stack_sp;
	uint32_t stack_flags, unused;
	uint64_t stack_size;
	struct sigcontext_64 context;
	uint64_t mask;
};

#define UC_SIGCONTEXT_SS 2
#define UC_STRICT_RESTORE_SS 4

/* What lies at the handler's stack pointer; the vector state is above it. */
struct signal_frame {
	uint64_t restorer; /* the handler's return address */
	struct ucontext_user ucontext;
	siginfo_t info;
};

static void save_registers(struct sigcontext_64 *c, const struct trap_frame *f)
{
	c->r8 = f->r8;
	c->r9 = f->r9;
	c->r10 = f->r10;
	c->r11 = f->r11;
	c->r12 = f->r12;
	c->r13 = f->r13;
	c->r14 = f->r14;
	c->r15 = f->r15;
	c->di = f->rdi;
	c->si = f->rsi;
	c->bp = f->rbp;
	c->bx = f->rbx;
	c->dx = f->rdx;
	c->ax = f->rax;
	c->cx = f->rcx;
	c->sp = f->rsp;
	c->ip = f->rip;
	c->flags = f->rflags;
	c->cs = USER_CS;
	c->ss = USER_DS;
}

static void restore_registers(struct trap_frame *f, const struct sigcontext_64 *c)
{
	*f = (struct trap_frame){
		.r8 = c->r8, .r9 = c->r9, .r10 = c->r10, .r11 = c->r11,
		.r12 = c->r12, .r13 = c->r13, .r14 = c->r14, .r15 = c->r15,
		.rdi = c->di, .rsi = c->si, .rbp = c->bp, .rbx = c->bx,
		.rdx = c->dx, .rax = c->ax, .rcx = c->cx,
		.rsp = c->sp, .rip = c->ip,
		.rflags = (c->flags & FLAG_USER_MASK) | FLAG_ONE | FLAG_IF,
		.cs = frame_program_cs(), .ss = frame_program_ss(),
	};
}

static void fill_info(siginfo_t *out, int sig, const struct signal_info *info)
{
	out->si_signo = sig;
	out->si_code = info->code;
	if (sig == SIGCHLD) {
		out->si_pid = info->pid;
		out->si_status = info->value;
	} else if (info->code > 0) {
		out->si_addr = (void *)info->value;
	} else {
		out->si_pid = info->pid;
	}
}

/* Whether the program's stack pointer is on its alternate stack. */
static bool is_on_alternate(const struct process *p, vaddr_t sp)
{
	return sp - p->alternate_stack[0] < p->alternate_stack[2];
}

/* Where the frame ends: below the stack pointer, or at the other stack's top. */
static vaddr_t choose_stack(const struct process *p, const struct trap_frame *frame,
			    const struct sigaction_user *action)
{
	const uint64_t *alt = p->alternate_stack;

	if (action->flags & SA_ONSTACK && alt[2] && !is_on_alternate(p, frame->rsp))
		return alt[0] + alt[2];
	return frame->rsp - RED_ZONE;
}

bool signal_frame_push(struct trap_frame *frame, int sig, const struct sigaction_user *action,
		       const struct signal_info *info)
{
	struct process *p = current();
	vaddr_t sp = choose_stack(p, frame, action), vector, at;
	struct signal_frame out;

	vector = ALIGN_DOWN(sp - vector_area_size(), VECTOR_AREA_ALIGN);
	/* On entry rsp + 8 is 16-byte aligned, as after a call. */
	at = ALIGN_DOWN(vector - sizeof(out), 16) - 8;
	if (is_on_alternate(p, sp - 1) && !is_on_alternate(p, at))
		return false; /* it does not fit there */
	memset(&out, 0, sizeof(out));
	out.restorer = action->restorer;
	out.ucontext.flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	out.ucontext.stack_sp = p->alternate_stack[0];
	out.ucontext.stack_flags = p->alternate_stack[2] ? 0 : SS_DISABLE;
	out.ucontext.stack_size = p->alternate_stack[2];
	out.ucontext.mask = p->is_suspended ? p->mask_after_suspend : p->signal_mask;
	out.ucontext.context.fpstate = vector;
	out.ucontext.context.trapno = frame->vector;
	out.ucontext.context.err = frame->error;
	if (info->code > 0)
		out.ucontext.context.cr2 = info->value;
	save_registers(&out.ucontext.context, frame);
	fill_info(&out.info, sig, info);
	context_save_vector(&p->context);
	if (user_write(p->space, vector, p->context.vector, vector_area_size()) ||
	    user_write(p->space, at, &out, sizeof(out)))
		return false;

	p->is_suspended = false;
	p->signal_mask |= action->mask & ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
	if (!(action->flags & SA_NODEFER))
		p->signal_mask |= SIGNAL_BIT(sig);
	frame->rip = action->handler;
	frame->rsp = at;
	frame->rdi = sig;
	frame->rsi = at + offsetof(struct signal_frame, info);
	frame->rdx = at + offsetof(struct signal_frame, ucontext);
	frame->rax = 0;
	frame->rflags &= ~(uint64_t)(FLAG_TF | FLAG_DF | FLAG_RF);
	if (action->flags & SA_RESETHAND)
		p->signals->actions[sig - 1].handler = (uint64_t)SIG_DFL;
	return true;
}

bool signal_frame_pop(struct trap_frame *frame)
{
	struct process *p = current();
	struct ucontext_user uc;

	/* The handler's return took the restorer off the stack. */
	if (user_read(p->space, &uc, frame->rsp, sizeof(uc)))
		return false;
	if (uc.context.fpstate) {
		if (user_read(p->space, p->context.vector, uc.context.fpstate, vector_area_size()))
			return false;
		context_load_vector(&p->context);
	}
	if (uc.context.ip >= USER_END)
		return false;
	p->signal_mask = uc.mask & ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
	restore_registers(frame, &uc.context);
	signal_check(p);
	return true;
}
