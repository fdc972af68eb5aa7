/* SPDX-License-Identifier: MIT */
/* Shared by the files that make up address spaces; for mm only. */
#ifndef GUEST_MM_SPACE_INTERNAL_H
#define GUEST_MM_SPACE_INTERNAL_H

#include "guest/mm/space.h"

/* For paging_ensure: a zeroed table that the space frees at its end. */
paddr_t space_alloc_table(struct page_tables *tables);

/* The entry that maps pa in r; can_write: no other owner must be spared. */
uint64_t region_pte(const struct region *r, paddr_t pa, bool can_write);

/* Notes that pages may be present in [start, end). */
void region_touch(struct region *r, vaddr_t start, vaddr_t end);

#endif
