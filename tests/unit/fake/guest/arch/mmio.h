/* SPDX-License-Identifier: MIT */
/* In the place of guest/arch/mmio.h: fake.mmio_read and mmio_write answer. */
#ifndef FAKE_ARCH_MMIO_H
#define FAKE_ARCH_MMIO_H

#include "guest/arch/direct.h"

bool mmio_map(paddr_t pa, paddr_t (*alloc)(void));
uint32_t mmio_read32(paddr_t pa);
void mmio_write32(paddr_t pa, uint32_t value);

#endif
