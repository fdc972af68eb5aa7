/* SPDX-License-Identifier: MIT */
/* What the descriptor tables and the task-state segment have in common. */
#ifndef GUEST_ARCH_DESCRIPTOR_H
#define GUEST_ARCH_DESCRIPTOR_H

#include "guest/lib/compiler.h"

/* What LGDT and LIDT read. */
struct table_register {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

/* Slots of the interrupt-stack table, counted from 1 as gates count them. PROCESS
 * is what rsp[0] is, for programs in ring 0 (limits.user_mode). */
enum { IST_NONE, IST_DEBUG, IST_BREAKPOINT, IST_FATAL, IST_PROCESS };

#endif
