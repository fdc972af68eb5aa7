/* SPDX-License-Identifier: MIT */
/* In the place of guest/arch/order.h, in words that the thread sanitizer knows. */
#ifndef FAKE_ARCH_ORDER_H
#define FAKE_ARCH_ORDER_H

#include "guest/lib/compiler.h"

static inline void order_publish(uint64_t *position)
{
	__atomic_fetch_add(position, 1, __ATOMIC_RELEASE);
}

static inline uint64_t order_observe(const uint64_t *position)
{
	return __atomic_load_n(position, __ATOMIC_ACQUIRE);
}

#endif
