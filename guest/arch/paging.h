/* SPDX-License-Identifier: MIT */
/*
 * Page tables of a process's half: four levels, 4 KiB pages (SDM vol. 3, 4.5).
 */
#ifndef GUEST_ARCH_PAGING_H
#define GUEST_ARCH_PAGING_H

#include <lde/layout.h>

#include "guest/arch/pte.h"
#include "guest/lib/compiler.h"

/* First address that is no program's. The last page below the gap stays empty:
 * an instruction at its end would make SYSRET return to a bad address. */
#define USER_END 0x00007ffffffff000ull

/* The tables of one address space. They are freed together. */
struct page_tables {
	paddr_t root;
	uint32_t list; /* all tables, linked through the page allocator */
	/* The lowest table that was used last: the 2 MiB it is for, and where it is.
	 * Tables do not move or go away before the space does. */
	uint64_t last_span;
	uint64_t *last_table;
};

#define PAGING_NO_SPAN     UINT64_MAX /* as last_span: none yet */
#define PAGING_INDEX_BITS  9
#define PAGING_SPAN_SHIFT  (LDE_PAGE_SHIFT + PAGING_INDEX_BITS)

static inline unsigned paging_index(vaddr_t va, unsigned shift)
{
	return va >> shift & ((1u << PAGING_INDEX_BITS) - 1);
}

/* Sets root to a copy of the kernel's half; root's page must be zeroed. */
void paging_init_root(paddr_t root);

/* Whether va is in the span of the table that was used last, which has nothing
 * behind USER_END; and then its entry. */
static inline bool paging_is_near(const struct page_tables *tables, vaddr_t va)
{
	return likely(va >> PAGING_SPAN_SHIFT == tables->last_span);
}

static inline uint64_t *paging_near(const struct page_tables *tables, vaddr_t va)
{
	return &tables->last_table[paging_index(va, LDE_PAGE_SHIFT)];
}

/* The entry for va, or NULL if no table reaches it. */
uint64_t *paging_walk(struct page_tables *tables, vaddr_t va);
static inline uint64_t *paging_find(struct page_tables *tables, vaddr_t va)
{
	return paging_is_near(tables, va) ? paging_near(tables, va) : paging_walk(tables, va);
}

/* Where the hole ends in which no table reaches va: 2 MiB, 1 GiB or 512 GiB of it. */
vaddr_t paging_hole_end(const struct page_tables *tables, vaddr_t va);

/*
 * As paging_find, building what is missing from zeroed pages of alloc(tables); NULL
 * when that returns 0.
 */
uint64_t *paging_build(struct page_tables *tables, vaddr_t va,
		       paddr_t (*alloc)(struct page_tables *));
static inline uint64_t *paging_ensure(struct page_tables *tables, vaddr_t va,
				      paddr_t (*alloc)(struct page_tables *))
{
	if (paging_is_near(tables, va))
		return paging_near(tables, va);
	return paging_build(tables, va, alloc);
}

/* Forgets what the CPU remembers of va, or of all, in the loaded tables. */
void paging_flush_page(vaddr_t va);
void paging_flush_all(void);

#endif
