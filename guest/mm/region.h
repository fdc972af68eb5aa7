/* SPDX-License-Identifier: MIT */
/*
 * Regions: what a part of an address space is, and how its pages are entered in
 * the page tables. The functions are for mm only.
 */
#ifndef GUEST_MM_REGION_H
#define GUEST_MM_REGION_H

#include "guest/arch/paging.h"
#include "guest/lib/list.h"
#include "guest/lib/splay.h"
#include "guest/mm/object.h"

/* As mmap(2) has them. */
#define SPACE_PROT_READ  1u
#define SPACE_PROT_WRITE 2u
#define SPACE_PROT_EXEC  4u

enum {
	REGION_F_STACK = 1,   /* the guard lies below it */
	REGION_F_HEAP = 2,    /* grows and shrinks by brk */
	REGION_F_FILE = 4,    /* mmap of a file: beyond its end is an error, not zeroes */
	REGION_F_SHARED = 8,
	REGION_F_READ_ONLY = 16, /* of a file that is not open for writing; for good */
};

/* How a page was touched. */
enum { ACCESS_READ = 0, ACCESS_WRITE = 1, ACCESS_FETCH = 2 };

struct region {
	struct list link;
	struct splay_node node;    /* by start */
	vaddr_t start, end;        /* page aligned */
	uint8_t prot;              /* region_set_prot only */
	uint8_t flags;
	uint64_t pte_flags;        /* of a writable page under prot */
	uint16_t window;           /* pages to fill at the next fault in sequence */
	vaddr_t next_fault;        /* where that would be */
	vaddr_t touched_start, touched_end; /* all pages present lie in here */
	struct memory_object *object; /* NULL: anonymous */
	uint64_t offset;           /* of start in object, page aligned */
	uint64_t length;           /* bytes from start that the object provides */
};

struct space {
	struct page_tables tables;
	struct list regions;       /* by address... */
	struct splay_tree by_start; /* ...and to look them up */
	vaddr_t search_top;        /* no gap worth looking at above it */
	struct region *last;       /* found last */
	uint32_t nr_regions;
	uint32_t users;
	vaddr_t brk_start, brk;
	vaddr_t refused;           /* where offloaded copying could not go on */
	vaddr_t args_start, args_end; /* strings of the program's arguments */
	uint64_t nr_pages;         /* of its own or shared with files */
	uint64_t peak_pages;
};

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
