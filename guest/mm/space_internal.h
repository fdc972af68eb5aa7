/* SPDX-License-Identifier: MIT */
/* Shared by the files that make up address spaces; for mm only. */
#ifndef GUEST_MM_SPACE_INTERNAL_H
#define GUEST_MM_SPACE_INTERNAL_H

#include "guest/mm/space.h"

/* For paging_ensure: a zeroed table that the space frees at its end. */
paddr_t space_alloc_table(struct page_tables *tables);

static inline void region_set_prot(struct region *r, uint8_t prot)
{
	uint64_t flags = PTE_USER | PTE_ACCESSED;

	flags |= prot ? PTE_PRESENT : PTE_HELD;
	if (prot & SPACE_PROT_WRITE)
		flags |= PTE_WRITE | PTE_DIRTY;
	if (!(prot & SPACE_PROT_EXEC))
		flags |= PTE_NX;
	r->prot = prot;
	r->pte_flags = flags;
}

/* The entry that maps pa in r; can_write: no other owner must be spared. */
static inline uint64_t region_pte(const struct region *r, paddr_t pa, bool can_write)
{
	uint64_t pte = pa | r->pte_flags;

	return can_write ? pte : pte & ~(PTE_WRITE | PTE_DIRTY);
}

/* Notes that pages may be present in [start, end). */
static inline void region_touch(struct region *r, vaddr_t start, vaddr_t end)
{
	if (start < r->touched_start)
		r->touched_start = start;
	if (end > r->touched_end)
		r->touched_end = end;
}

#endif
