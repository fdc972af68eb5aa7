/* SPDX-License-Identifier: MIT */
/*
 * The registers of a process that is not running, apart from its trap frame.
 *
 * A process that trapped has its user registers in the frame at the top of its
 * kernel stack. When it then gives the CPU away inside the kernel, the switch
 * saves what the frame lacks: the kernel's callee-saved registers and the stack
 * pointer, the bases and selectors of the segments, and the vector state.
 */
#ifndef GUEST_ARCH_CONTEXT_H
#define GUEST_ARCH_CONTEXT_H

#include "guest/arch/vector.h"
#include "guest/lib/compiler.h"

struct context {
	uint64_t rsp;        /* the callee-saved registers are on the stack there */
	void *stack_top;     /* where the CPU pushes the trap frame */
	paddr_t root;        /* top-level page table */
	void *vector;        /* area of vector.h */
	uint64_t fs_base, gs_base;
	uint64_t selectors;  /* ds, es, fs, gs, 16 bits each; nearly always 0 */
};

/* A context whose first turn begins in entry, which must not return. */
void context_init(struct context *ctx, void *stack_top, void *vector, void (*entry)(void));

/*
 * Stops prev, and goes on with next where next had stopped. Returns when
 * somebody switches back to prev. Interrupts are off.
 */
void context_switch(struct context *prev, struct context *next);

/*
 * The same for a process that was interrupted in ring 3 and has nothing left to
 * do in the kernel: below its trap frame SWITCH_FRAME_SIZE bytes must be free,
 * and what is below them is forgotten. If context_switch lets it go on, it does
 * so in trap_resume.
 */
_Noreturn void context_leave(struct context *prev, struct context *next);

/*
 * The same outside ring 0 where that is emulated. Possible only if next had
 * stopped in this way too: else nothing is done and false returned. To load
 * next's address space and registers is then the caller's business.
 */
bool context_leave_outside(struct context *prev, struct context *next);

/* Gives ctx what the running process has in those registers that are not in its
 * trap frame. */
void context_copy_live(struct context *ctx);

/* Of the running process: its fs or gs base. */
uint64_t context_fs_base(void);
uint64_t context_gs_base(void);
void context_set_fs_base(uint64_t base);
void context_set_gs_base(uint64_t base);

/* Gives the running process the state a fresh program starts with. */
void context_reset(struct context *ctx);

/* Loads the address space. */
void context_set_root(struct context *ctx, paddr_t root);

#endif
