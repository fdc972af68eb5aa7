/* SPDX-License-Identifier: MIT */
/* Visiting the pages that are there; for mm only. */
#ifndef GUEST_MM_PAGE_WALK_H
#define GUEST_MM_PAGE_WALK_H

#include "guest/arch/paging.h"
#include "guest/mm/page.h"

#define TABLE_SPAN (2ull << 20) /* what one lowest table maps */

/* A walk over the entries in [va, end) that have a page. */
struct page_walk {
	struct page_tables *tables;
	vaddr_t va, end;
	uint64_t *pte; /* of va; NULL: to be looked up */
};

/* Moves on to the next entry with a page, va or after; false: there is none. */
static inline bool walk_find(struct page_walk *w)
{
	while (w->va < w->end) {
		vaddr_t limit = min_u64(w->end, ALIGN_DOWN(w->va, TABLE_SPAN) + TABLE_SPAN);

		if (!w->pte)
			w->pte = paging_find(w->tables, w->va);
		if (!w->pte) {
			w->va = paging_hole_end(w->tables, w->va);
			continue;
		}
		for (; w->va < limit; w->pte++, w->va += PAGE_SIZE)
			if (*w->pte)
				return true;
		w->pte = NULL;
	}
	return false;
}

static inline void walk_step(struct page_walk *w)
{
	w->va += PAGE_SIZE;
	w->pte = w->va % TABLE_SPAN ? w->pte + 1 : NULL;
}

#endif
