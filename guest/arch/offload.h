/* SPDX-License-Identifier: MIT */
/*
 * Pure kernel work outside ring 0, where ring 0 is slow.
 *
 * Some KVMs run ring 3 natively but emulate ring 0 an instruction at a time,
 * about 1 us each. There, work that needs no privilege (copying pages, reading
 * the device tree, building page tables that are not in use, XSAVE) is run by
 * the kernel's own code in ring 3, in an address space of the kernel's own, in
 * which no process ever runs: the kernel's half of it is user-accessible, the
 * processes' half empty (include/lde/layout.h). A call costs about 25 emulated
 * instructions whatever the work. Elsewhere an offloaded call is a plain call.
 *
 * The function runs on the caller's stack with interrupts off and must not
 * execute privileged instructions, touch a process's half, block, or panic.
 */
#ifndef GUEST_ARCH_OFFLOAD_H
#define GUEST_ARCH_OFFLOAD_H

#include "guest/lib/compiler.h"

typedef uint64_t (*offload_fn)(void *arg);

/* Whether calls below leave ring 0; false until offload_init has said so. */
extern bool offload_is_active;

/*
 * Finds out whether SYSCALL changes the mode: if not, ring 0 is emulated and
 * offloading begins. Needs the trap table, the CPU's MSRs and root, a zeroed
 * page for the top-level table.
 */
void offload_init(paddr_t root);

/* Runs fn(arg), and returns what it returns. Calls may nest. */
uint64_t offload_call_active(offload_fn fn, void *arg);
static inline uint64_t offload_call(offload_fn fn, void *arg)
{
	return unlikely(offload_is_active) ? offload_call_active(fn, arg) : fn(arg);
}

/*
 * Runs fn(arg) outside ring 0 on every KVM: for reading what others wrote (the
 * device tree, the initrd), once and at length. A parser needs no privilege.
 */
uint64_t offload_parse(offload_fn fn, void *arg);

/* Inside a call: a trap from ring 3 is then the kernel's own fault. */
extern bool offload_is_running;

/* Zeroes or copies one page; addresses are the kernel's. */
void offload_zero_page(void *page);
void offload_copy(void *dst, const void *src, uint64_t len);

#endif
