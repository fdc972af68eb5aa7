/* SPDX-License-Identifier: MIT */
/* All of guest-physical memory, as the kernel sees it (include/lde/layout.h). */
#ifndef GUEST_ARCH_DIRECT_H
#define GUEST_ARCH_DIRECT_H

#include <lde/layout.h>

#include "guest/lib/compiler.h"

static inline void *direct_map(paddr_t pa)
{
	return (void *)(LDE_VA_DIRECT + pa);
}

/* p must come from direct_map. */
static inline paddr_t direct_paddr(const void *p)
{
	return (uint64_t)p - LDE_VA_DIRECT;
}

/* p is a variable in the kernel image. */
static inline paddr_t image_paddr(const void *p)
{
	return (uint64_t)p - LDE_VA_IMAGE;
}

#endif
