/* SPDX-License-Identifier: MIT */
/*
 * Memory that the VMM reads and writes at the same time. Stores come to be seen
 * in their order on x86 (SDM vol. 3, 8.2), so it is the compiler that has to be
 * kept from moving or splitting them.
 */
#ifndef GUEST_ARCH_ORDER_H
#define GUEST_ARCH_ORDER_H

#include "guest/lib/compiler.h"

/* *position is one more, after all that has been stored before. */
static inline void order_publish(uint64_t *position)
{
	__asm__ volatile("incq %0" : "+m"(*position) : : "memory");
}

/* *position, before all that is read or written after. */
static inline uint64_t order_observe(const uint64_t *position)
{
	uint64_t value = *(const volatile uint64_t *)position;

	__asm__ volatile("" : : : "memory");
	return value;
}

#endif
