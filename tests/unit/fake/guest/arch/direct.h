/* SPDX-License-Identifier: MIT */
/* In the place of guest/arch/direct.h: guest-physical memory is a buffer. */
#ifndef FAKE_ARCH_DIRECT_H
#define FAKE_ARCH_DIRECT_H

#include <lde/layout.h>

#include "guest/lib/compiler.h"

extern char *fake_memory;

static inline void *direct_map(paddr_t pa)
{
	return fake_memory + pa;
}

static inline paddr_t direct_paddr(const void *p)
{
	return (paddr_t)((uintptr_t)p - (uintptr_t)fake_memory);
}

/* A number that fits into a 32-bit register; fake_image_pointer undoes it. */
paddr_t image_paddr(const void *p);

#endif
