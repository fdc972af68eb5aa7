/* SPDX-License-Identifier: MIT */
/* Page-table entries (SDM vol. 3, 4.5). */
#ifndef GUEST_ARCH_PTE_H
#define GUEST_ARCH_PTE_H

#include "guest/lib/compiler.h"

#define PTE_PRESENT  0x001ull
#define PTE_WRITE    0x002ull
#define PTE_USER     0x004ull
#define PTE_WRITE_THROUGH 0x008ull
#define PTE_UNCACHED 0x010ull
#define PTE_ACCESSED 0x020ull
#define PTE_DIRTY    0x040ull
#define PTE_LARGE    0x080ull /* in a page directory: 2 MiB */
#define PTE_HELD     0x200ull /* ours: not present, but the page is still here (PROT_NONE) */
#define PTE_NX       (1ull << 63)
#define PTE_ADDR     0x000ffffffffff000ull

static inline paddr_t pte_paddr(uint64_t pte)
{
	return pte & PTE_ADDR;
}

#endif
