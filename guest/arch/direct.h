/* SPDX-License-Identifier: MIT */
/* All of guest-physical memory, as the kernel sees it (include/lde/layout.h). */
#ifndef GUEST_ARCH_DIRECT_H
#define GUEST_ARCH_DIRECT_H

#include <lde/layout.h>

#include "guest/lib/compiler.h"

static inline void *direct_map(paddr_t pa)
{
	void *p = (void *)(LDE_VA_DIRECT + pa);

	if (!p) /* spares callers a test that the compiler cannot see through */
		__builtin_unreachable();
	return p;
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
