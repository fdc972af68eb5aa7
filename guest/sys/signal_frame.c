/* SPDX-License-Identifier: MIT */
#include "guest/sys/signal_frame.h"

#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/signal.h>

#include "guest/arch/event.h"
#include "guest/arch/vector.h"
#include "guest/lib/string.h"
#include "guest/mm/usercopy.h"
#include "guest/sys/signal_queue.h"

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

/* The registers that come first in both, and in the same order. */
#define NR_REGISTERS 15
_Static_assert(offsetof(struct trap_frame, rcx) == 8 * (NR_REGISTERS - 1) &&
		       offsetof(struct sigcontext_64, cx) == 8 * (NR_REGISTERS - 1) &&
		       offsetof(struct trap_frame, rdi) == offsetof(struct sigcontext_64, di) &&
		       offsetof(struct trap_frame, rax) == offsetof(struct sigcontext_64, ax),
	       "one copy takes them all");

/* What a frame is made of, and where it is to be. */
struct push {
	struct process *process;
	struct trap_frame *frame;
	struct sigaction_user *action;
	const struct signal_info *info;
	int sig;
	vaddr_t at, vector; /* of the vector state, above the frame */
};

/* On entry rsp + 8 is 16-byte aligned, as after a call. */
#define FRAME_BYTES (ALIGN_UP(sizeof(struct signal_frame), 16) + 8)
_Static_assert(VECTOR_AREA_ALIGN % 16 == 0, "FRAME_BYTES lie below a vector area");

/* What there is to say depends on who says it. */
static void put_cause(siginfo_t *out, int sig, const struct signal_info *info)
{
	if (info->code > 0 && sig != SIGCHLD) {
		out->si_addr = (void *)info->value;
		return;
	}
	out->si_pid = info->pid;
	if (info->code > 0)
		out->si_status = info->value;
	else
		out->si_ptr = (void *)info->value;
}

void signal_info_put(siginfo_t *out, int sig, const struct signal_info *info)
{
	out->si_signo = sig;
	out->si_code = info->code;
	put_cause(out, sig, info);
}

/* Of a signal that kill(2) has not sent: which child, which exception, what value. */
static __attribute__((noinline)) void fill_cause(struct signal_frame *out, int sig,
						const struct trap_frame *frame,
						const struct signal_info *info)
{
	struct sigcontext_64 *c = &out->ucontext.context;

	put_cause(&out->info, sig, info);
	if (info->code < 0 || sig == SIGCHLD)
		return;
	c->trapno = frame->vector;
	c->err = frame->error;
	c->cr2 = info->value;
}

/* Whether the program's stack pointer is on its alternate stack. */
static bool is_on_alternate(const struct process *p, vaddr_t sp)
{
	return sp - p->alternate_stack[0] < p->alternate_stack[2];
}

static inline bool has_alternate(const struct process *p)
{
	return unlikely(p->alternate_stack[2]);
}

/* Where the frame ends: below the stack pointer, or at the other stack's top. */
static inline vaddr_t choose_stack(const struct process *p, vaddr_t sp, uint64_t flags)
{
	const uint64_t *alt = p->alternate_stack;

	if (has_alternate(p) && flags & SA_ONSTACK && !is_on_alternate(p, sp))
		return alt[0] + alt[2];
	return sp - RED_ZONE;
}

static inline void fill_frame(struct signal_frame *out, struct push x)
{
	const struct process *p = x.process;
	const struct trap_frame *f = x.frame;
	struct ucontext_user *uc = &out->ucontext;

	zero_words(out, sizeof(*out) / 8);
	out->restorer = x.action->restorer;
	uc->flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	uc->stack_flags = SS_DISABLE;
	if (has_alternate(p)) {
		uc->stack_sp = p->alternate_stack[0];
		uc->stack_flags = 0;
		uc->stack_size = p->alternate_stack[2];
	}
	uc->mask = unlikely(p->is_suspended) ? p->mask_after_suspend : p->signal_mask;
	copy_words(&uc->context, f, NR_REGISTERS);
	uc->context.sp = f->rsp;
	uc->context.ip = f->rip;
	uc->context.flags = f->rflags;
	/* cs, gs, fs and ss in one word */
	*(uint64_t *)&uc->context.cs = (uint64_t)USER_DS << 48 | USER_CS;
	uc->context.fpstate = x.vector;
	out->info.si_signo = x.sig;
	out->info.si_code = x.info->code;
	if (unlikely(x.info->code))
		fill_cause(out, x.sig, f, x.info);
	else
		out->info.si_pid = x.info->pid;
}

/* What is to be done about a page that is not there; see the header. */
static uint64_t to_bring(vaddr_t va)
{
	return va < USER_START ? SIGSEGV : va;
}

/* By way of the kernel's memory, for what lies in two pages. */
static __attribute__((noinline)) uint64_t push_in_pieces(struct push x)
{
	struct space *space = x.process->space;
	void *vector = x.process->context.vector;
	struct signal_frame out;
	vaddr_t absent;

	if (!user_is_present(space, x.at, FRAME_BYTES + vector_area_size, ACCESS_WRITE, &absent))
		return to_bring(absent);
	fill_frame(&out, x);
	vector_switch(vector, vector_initial);
	if (user_write(space, x.at, &out, sizeof(out)) ||
	    user_write(space, x.vector, vector, vector_area_size))
		return SIGSEGV;
	return 0;
}

static inline uint64_t push(struct push x)
{
	struct space *space = x.process->space;
	uint64_t bytes = FRAME_BYTES + vector_area_size;
	void *place;

	if (!user_present_near(space, x.at, bytes, ACCESS_WRITE, &place)) {
		place = user_present_elsewhere(space, x.at, bytes, ACCESS_WRITE);
		if (!place)
			return push_in_pieces(x);
	}
	fill_frame(place, x);
	vector_switch((char *)place + FRAME_BYTES, vector_initial);
	return 0;
}

/* The program would go on where none can be: one more fault, for which there may be
 * a handler. */
static uint64_t fault_outside(struct push x)
{
	struct process *p = x.process;
	struct signal_page *page = p->signals;

	if (p->signal_mask & SIGNAL_BIT(SIGSEGV) ||
	    page->actions[SIGSEGV - 1].handler <= (uint64_t)SIG_IGN)
		return SIGSEGV;
	page->infos[SIGSEGV - 1] = (struct signal_info){ SI_KERNEL, 0, 0 };
	p->signals_pending |= SIGNAL_BIT(SIGSEGV);
	x.frame->vector = VECTOR_GP;
	x.frame->error = 0;
	return 0;
}

static __attribute__((noinline)) uint64_t enter_special(struct push x)
{
	bool is_outside = x.action->flags & SIGNAL_HANDLER_OUTSIDE;

	if (x.action->flags & SIGNAL_HAS_MORE)
		signal_queue_next(x.process, x.sig);
	if (x.action->flags & SA_RESETHAND)
		x.action->handler = (uint64_t)SIG_DFL;
	return is_outside ? fault_outside(x) : 0;
}

/* Makes the program go on in the handler. */
static inline uint64_t enter_handler(struct push x)
{
	struct process *p = x.process;
	struct trap_frame *frame = x.frame;

	p->signal_mask |= p->signals->blocks[x.sig - 1];
	p->signals_pending &= ~SIGNAL_BIT(x.sig);
	p->is_suspended = false;
	if (event_is_on(LDE_TRACE_C_SIGNAL))
		event_add_1(LDE_TRACE_SIGNAL_DELIVER, (uint32_t)x.sig, x.action->handler);
	frame->rip = x.action->handler;
	frame->rsp = x.at;
	frame->rdi = x.sig;
	frame->rsi = x.at + offsetof(struct signal_frame, info);
	frame->rdx = x.at + offsetof(struct signal_frame, ucontext);
	frame->rax = 0;
	frame->rflags &= ~(uint64_t)(FLAG_TF | FLAG_DF | FLAG_RF);
	if (unlikely((uint32_t)x.action->flags & (SA_RESETHAND | SIGNAL_OWN_FLAGS)))
		return enter_special(x);
	return 0;
}

static inline uint64_t push_and_enter(struct push x)
{
	const struct process *p = x.process;
	vaddr_t sp = choose_stack(p, x.frame->rsp, x.action->flags);
	uint64_t todo;

	x.vector = ALIGN_DOWN(sp - vector_area_size, VECTOR_AREA_ALIGN);
	x.at = x.vector - FRAME_BYTES;
	if (has_alternate(p) && is_on_alternate(p, sp - 1) && !is_on_alternate(p, x.at))
		return SIGSEGV; /* it does not fit there */
	todo = push(x);
	return likely(!todo) ? enter_handler(x) : todo;
}

uint64_t signal_frames_push(void *frame)
{
	struct process *p = current();
	struct signal_page *page = p->signals;
	uint64_t set, todo;

	while ((set = p->signals_pending & ~p->signal_mask)) {
		int sig = signal_first(set);
		struct sigaction_user *action = &page->actions[sig - 1];

		if (unlikely(sig == SIGALRM) && signal_alarm_waits(p))
			return SIGNAL_FRAME_ALARM;
		if (unlikely(!page || action->handler <= (uint64_t)SIG_IGN)) {
			signal_unpend(p, sig);
			if (!signal_is_ignored(p, sig))
				return sig;
			continue;
		}
		todo = push_and_enter((struct push){ .process = p, .frame = frame, .sig = sig,
						     .action = action,
						     .info = &page->infos[sig - 1] });
		if (unlikely(todo))
			return todo;
	}
	p->needs_attention = false;
	return 0;
}

/*
 * len bytes of the program's at va: *piece is where they lie, or buf with a copy
 * of them. The page that is not there, or 0.
 */
static inline uint64_t pop_piece(struct space *space, vaddr_t va, uint64_t len, void *buf,
				 void **piece)
{
	vaddr_t absent;

	if (user_present_near(space, va, len, ACCESS_READ, piece))
		return 0;
	*piece = user_present_elsewhere(space, va, len, ACCESS_READ);
	if (*piece)
		return 0;
	if (!user_is_present(space, va, len, ACCESS_READ, &absent))
		return to_bring(absent);
	*piece = buf;
	return user_read(space, buf, va, len) ? SIGSEGV : 0;
}

static __attribute__((noinline)) uint64_t pop_vector_elsewhere(struct process *p, vaddr_t va)
{
	void *own = p->context.vector;
	void *area;
	uint64_t todo = pop_piece(p->space, va, vector_area_size, own, &area);

	if (!todo)
		vector_load_copy(own, area);
	return todo;
}

/* The vector state at va. At uc are the bytes at sp, in one page; if they are a
 * copy, no area has room in the rest of that page. */
static inline uint64_t pop_vector(struct process *p, vaddr_t va, const void *uc, vaddr_t sp)
{
	uint64_t distance = va - sp;

	if (unlikely(distance >= LDE_PAGE_SIZE ||
		     sp % LDE_PAGE_SIZE + distance + vector_area_size > LDE_PAGE_SIZE))
		return pop_vector_elsewhere(p, va);
	vector_load_copy(p->context.vector, (const char *)uc + distance);
	return 0;
}

/*
 * Each word is read once and then checked: another process or a device may be
 * writing to the same memory.
 */
uint64_t signal_frame_pop(void *frame)
{
	struct trap_frame *f = frame;
	struct process *p = current();
	struct ucontext_user buf;
	const volatile struct ucontext_user *uc;
	void *piece;
	vaddr_t vector;
	uint64_t todo;

	/* The handler's return took the restorer off the stack. */
	todo = pop_piece(p->space, f->rsp, sizeof(buf), &buf, &piece);
	if (unlikely(todo))
		return todo;
	uc = piece;
	vector = uc->context.fpstate;
	if (likely(vector))
		todo = pop_vector(p, vector, piece, f->rsp);
	else
		vector_switch(p->context.vector, vector_initial);
	if (unlikely(todo))
		return todo;
	f->rip = uc->context.ip;
	if (unlikely(f->rip >= USER_END))
		return SIGSEGV;
	p->signal_mask = uc->mask & ~UNSTOPPABLE;
	copy_words(f, (const void *)&uc->context, NR_REGISTERS);
	f->rflags = (uc->context.flags & FLAG_USER_MASK) | FLAG_ONE | FLAG_IF;
	f->rsp = uc->context.sp;
	if (unlikely(!limits.user_mode)) {
		f->cs = frame_program_cs();
		f->ss = frame_program_ss();
	}
	signal_check(p);
	return 0;
}
