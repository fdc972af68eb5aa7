/* SPDX-License-Identifier: MIT */
#include "guest/arch/context.h"

#include <lde/layout.h>

#include "guest/arch/cpu.h"
#include "guest/arch/insn.h"
#include "guest/arch/msr.h"
#include "guest/arch/offload.h"

/* switch.S */
void context_swap_stacks(uint64_t *save_rsp, uint64_t rsp);

struct switch_frame {
	uint64_t r15, r14, r13, r12, rbx, rbp, rip;
	uint64_t end; /* where entry would return to */
};
_Static_assert(sizeof(struct switch_frame) == SWITCH_FRAME_SIZE, "tick.S");

extern const char trap_resume[]; /* entry.S */

/* Right below the trap frame. */
static inline struct switch_frame *first_switch_frame(void *stack_top)
{
	return (struct switch_frame *)((struct trap_frame *)stack_top - 1) - 1;
}

void context_init(struct context *ctx, void *stack_top, void *vector, void (*entry)(void))
{
	struct switch_frame *frame = first_switch_frame(stack_top);

	frame->rip = (uint64_t)entry;
	frame->end = 0;
	ctx->rsp = (uint64_t)frame;
	ctx->stack_top = stack_top;
	ctx->root = LDE_BOOT_PT_PML4;
	ctx->vector = vector;
	ctx->fs_base = ctx->gs_base = ctx->selectors = 0;
	vector_area_init(vector);
}

uint64_t context_fs_base(void)
{
	return cpu_features.fsgsbase ? insn_rdfsbase() : insn_rdmsr(MSR_FS_BASE);
}

uint64_t context_gs_base(void)
{
	return cpu_features.fsgsbase ? insn_rdgsbase() : insn_rdmsr(MSR_GS_BASE);
}

void context_set_fs_base(uint64_t base)
{
	if (cpu_features.fsgsbase)
		insn_wrfsbase(base);
	else
		insn_wrmsr(MSR_FS_BASE, base);
}

void context_set_gs_base(uint64_t base)
{
	if (cpu_features.fsgsbase)
		insn_wrgsbase(base);
	else
		insn_wrmsr(MSR_GS_BASE, base);
}

static inline uint64_t read_selectors(void)
{
	uint32_t ds, es, fs, gs;

	__asm__ volatile("mov %%ds, %0" : "=r"(ds));
	__asm__ volatile("mov %%es, %0" : "=r"(es));
	__asm__ volatile("mov %%fs, %0" : "=r"(fs));
	__asm__ volatile("mov %%gs, %0" : "=r"(gs));
	if (likely(!(ds | es | fs | gs)))
		return 0;
	return (uint64_t)gs << 48 | (uint64_t)fs << 32 | es << 16 | ds;
}

/* The values were read from the CPU in ring 3, so they load without a fault. */
static void load_selectors(uint64_t selectors)
{
	__asm__ volatile("mov %0, %%ds\n\t"
			 "mov %1, %%es\n\t"
			 "mov %2, %%fs\n\t"
			 "mov %3, %%gs\n\t"
			 :
			 : "r"((uint32_t)(selectors & 0xffff)),
			   "r"((uint32_t)(selectors >> 16 & 0xffff)),
			   "r"((uint32_t)(selectors >> 32 & 0xffff)),
			   "r"((uint32_t)(selectors >> 48)));
}

static inline void save_bases(struct context *ctx)
{
	if (likely(cpu_features.fsgsbase)) {
		ctx->fs_base = insn_rdfsbase();
		ctx->gs_base = insn_rdgsbase();
	} else {
		ctx->fs_base = insn_rdmsr(MSR_FS_BASE);
		ctx->gs_base = insn_rdmsr(MSR_GS_BASE);
	}
}

static inline void load_bases(const struct context *ctx)
{
	if (likely(cpu_features.fsgsbase)) {
		insn_wrfsbase(ctx->fs_base);
		insn_wrgsbase(ctx->gs_base);
	} else {
		insn_wrmsr(MSR_FS_BASE, ctx->fs_base);
		insn_wrmsr(MSR_GS_BASE, ctx->gs_base);
	}
}

/* What only ring 3 sees, or can execute, where ring 0 is emulated. */
static inline void exchange(struct context *prev, struct context *next)
{
	prev->selectors = read_selectors();
	vector_switch(prev->vector, next->vector);
	if (unlikely(prev->selectors | next->selectors))
		load_selectors(next->selectors);
}

/* The bases as well; selectors come before, since loading one changes the base. */
static void offload_user_exchange_all(struct context *prev, struct context *next)
{
	prev->fs_base = insn_rdfsbase();
	prev->gs_base = insn_rdgsbase();
	exchange(prev, next);
	insn_wrfsbase(next->fs_base);
	insn_wrgsbase(next->gs_base);
}

static uint64_t offload_user_exchange(void *arg)
{
	struct context **pair = arg;

	if (likely(cpu_features.host_fsgsbase))
		offload_user_exchange_all(pair[0], pair[1]);
	else
		exchange(pair[0], pair[1]);
	return 0;
}

static __attribute__((noinline)) void exchange_offloaded(struct context *prev, struct context *next)
{
	struct context *pair[] = { prev, next };

	if (likely(cpu_features.host_fsgsbase)) {
		offload_call(offload_user_exchange, pair);
	} else {
		save_bases(prev);
		offload_call(offload_user_exchange, pair);
		load_bases(next);
	}
}

static inline void exchange_here(struct context *prev, struct context *next)
{
	save_bases(prev);
	exchange(prev, next);
	load_bases(next);
}

static inline void set_resume(struct context *ctx)
{
	struct switch_frame *frame = first_switch_frame(ctx->stack_top);

	frame->rip = (uint64_t)trap_resume;
	ctx->rsp = (uint64_t)frame;
}

bool context_leave_outside(struct context *prev, struct context *next)
{
	if (((struct switch_frame *)next->rsp)->rip != (uint64_t)trap_resume)
		return false;
	offload_user_exchange_all(prev, next);
	set_resume(prev);
	cpu_set_kernel_stack(this_cpu(), next->stack_top);
	return true;
}

/* All but the stacks. */
static inline void exchange_state(struct context *prev, struct context *next)
{
	if (unlikely(offload_is_active))
		exchange_offloaded(prev, next);
	else
		exchange_here(prev, next);
	if (next->root != prev->root)
		insn_write_cr3(next->root);
	cpu_set_kernel_stack(this_cpu(), next->stack_top);
}

void context_switch(struct context *prev, struct context *next)
{
	exchange_state(prev, next);
	context_swap_stacks(&prev->rsp, next->rsp);
}

void context_leave(struct context *prev, struct context *next)
{
	uint64_t forgotten;

	exchange_state(prev, next);
	set_resume(prev);
	context_swap_stacks(&forgotten, next->rsp);
	__builtin_unreachable();
}

void context_reset(struct context *ctx)
{
	static char discarded[VECTOR_AREA_MAX] __attribute__((aligned(VECTOR_AREA_ALIGN)));
	struct context old = { .vector = discarded };

	vector_area_init(ctx->vector);
	ctx->fs_base = ctx->gs_base = ctx->selectors = 0;
	if (offload_is_active)
		exchange_offloaded(&old, ctx);
	else
		exchange_here(&old, ctx);
}

static uint64_t offload_user_save(void *arg)
{
	struct context *ctx = arg;

	ctx->selectors = read_selectors();
	vector_save(ctx->vector);
	return 0;
}

void context_copy_live(struct context *ctx)
{
	save_bases(ctx);
	offload_call(offload_user_save, ctx);
}

void context_set_root(struct context *ctx, paddr_t root)
{
	ctx->root = root;
	insn_write_cr3(root);
}
