/* SPDX-License-Identifier: MIT */
/* Registers of devices in memory, by their guest-physical addresses. */
#ifndef GUEST_ARCH_MMIO_H
#define GUEST_ARCH_MMIO_H

#include "guest/arch/direct.h"

/*
 * Maps the 2 MiB around pa, uncached, into the direct map. alloc gives a zeroed
 * page for a table, or 0, for which this is false.
 */
bool mmio_map(paddr_t pa, paddr_t (*alloc)(void));

static inline uint32_t mmio_read32(paddr_t pa)
{
	return *(const volatile uint32_t *)direct_map(pa);
}

static inline void mmio_write32(paddr_t pa, uint32_t value)
{
	*(volatile uint32_t *)direct_map(pa) = value;
}

#endif
