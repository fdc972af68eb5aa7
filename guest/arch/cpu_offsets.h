/* SPDX-License-Identifier: MIT */
/* Offsets in struct cpu that entry.S uses; cpu.h asserts them. */
#ifndef GUEST_ARCH_CPU_OFFSETS_H
#define GUEST_ARCH_CPU_OFFSETS_H

#define CPU_USER_RSP 0
#define CPU_TSS_RSP0 16
#define CPU_DEADLINE 200
#define CPU_ROOT     208

/* Vectors with an entry in entry.S and a gate in the trap table: exceptions,
 * the timer, the console, the spurious one, and the virtio devices. */
#define NR_TRAP_VECTORS 64

#endif
