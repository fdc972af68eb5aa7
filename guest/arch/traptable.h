/* SPDX-License-Identifier: MIT */
/*
 * The trap table (IDT): which code runs for which trap. Built once at boot, in
 * a page that is the kernel's; no process can read or write it.
 */
#ifndef GUEST_ARCH_TRAPTABLE_H
#define GUEST_ARCH_TRAPTABLE_H

#include "guest/lib/compiler.h"

/* Fills in what offloading needs: page faults and breakpoints. */
void traptable_begin(void);
/* Fills in the whole table. May be offloaded. */
void traptable_complete(void);
/* From now on timer ticks in ring 3 are handled outside ring 0 (tick.S). */
void traptable_move_tick_outside(void);
/* Programs run in ring 0 (limits.user_mode): traps go to the process's kernel
 * stack all the same. */
void traptable_serve_ring_0(void);
/* Tells the CPU where the table is. */
void traptable_load(void);

/* Of a vector below NR_TRAP_VECTORS: its gate, and where that leads. */
vaddr_t traptable_gate(unsigned vector);
vaddr_t traptable_entry(unsigned vector);
/* What the code there is called, for people; of LSTAR's as well. */
struct trap_entry_name {
	char text[32];
};
struct trap_entry_name traptable_entry_name(unsigned vector, vaddr_t entry);

#endif
