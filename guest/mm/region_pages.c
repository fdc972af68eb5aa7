/* SPDX-License-Identifier: MIT */
#include "guest/mm/region_pages.h"

#include "guest/arch/insn.h"
#include "guest/arch/offload.h"
#include "guest/lib/errno.h"
#include "guest/mm/page.h"
#include "guest/mm/space_internal.h"

#define TABLE_SPAN (2ull << 20) /* what one lowest table maps */

/* The next entry in [*va, end) that has a page, or NULL; *va says where. */
static uint64_t *next_page(const struct page_tables *tables, vaddr_t *va, vaddr_t end)
{
	while (*va < end) {
		uint64_t *pte = paging_find(tables, *va);
		vaddr_t limit = min_u64(end, ALIGN_DOWN(*va, TABLE_SPAN) + TABLE_SPAN);

		for (; pte && *va < limit; pte++, *va += PAGE_SIZE)
			if (*pte)
				return pte;
		*va = limit;
	}
	return NULL;
}

/* What the offloaded loops below work on. */
struct range {
	struct space *space;
	struct region *region;
	vaddr_t start, end; /* within what has been touched */
	struct region *to;
	vaddr_t to_start;
};

/* Entries changed under a loaded root must be forgotten by the CPU as well. */
static void flush_if_loaded(const struct space *space)
{
	if (insn_read_cr3() == space->tables.root)
		paging_flush_all();
}

static uint64_t drop_range(void *arg)
{
	struct range *range = arg;
	vaddr_t va = range->start;
	uint64_t *pte, nr = 0;

	while ((pte = next_page(&range->space->tables, &va, range->end))) {
		page_put(pte_paddr(*pte));
		*pte = 0;
		nr++;
	}
	range->space->nr_pages -= nr;
	return nr;
}

void region_drop_pages(struct space *space, struct region *r, vaddr_t start, vaddr_t end)
{
	struct range range = { .space = space, .region = r,
			       .start = max_u64(start, r->touched_start),
			       .end = min_u64(end, r->touched_end) };

	if (range.start < range.end && offload_call(drop_range, &range))
		flush_if_loaded(space);
	if (start <= r->touched_start && end >= r->touched_end) {
		r->touched_start = UINT64_MAX;
		r->touched_end = 0;
	}
}

static uint64_t update_range(void *arg)
{
	struct range *range = arg;
	vaddr_t va = range->start;
	uint64_t *pte;

	for (; (pte = next_page(&range->space->tables, &va, range->end)); va += PAGE_SIZE) {
		paddr_t pa = pte_paddr(*pte);

		/* A page with other owners stays read-only until a write copies it. */
		*pte = region_pte(range->region, pa, page_is_exclusive(pa));
	}
	return 0;
}

void region_update_pages(struct space *space, struct region *r)
{
	struct range range = { .space = space, .region = r,
			       .start = max_u64(r->start, r->touched_start),
			       .end = min_u64(r->end, r->touched_end) };

	if (range.start >= range.end)
		return;
	offload_call(update_range, &range);
	flush_if_loaded(space);
}

static uint64_t move_range(void *arg)
{
	struct range *range = arg;
	struct page_tables *tables = &range->space->tables;
	vaddr_t va;
	uint64_t *pte;

	/* First all tables, so that nothing can fail half-way. */
	for (va = range->start; next_page(tables, &va, range->end); va += PAGE_SIZE)
		if (!paging_ensure(tables, range->to_start + (va - range->region->start),
				   space_alloc_table))
			return -ENOMEM;
	for (va = range->start; (pte = next_page(tables, &va, range->end)); va += PAGE_SIZE) {
		vaddr_t to = range->to_start + (va - range->region->start);

		*paging_ensure(tables, to, space_alloc_table) = *pte;
		*pte = 0;
		region_touch(range->to, to, to + PAGE_SIZE);
	}
	return 0;
}

int region_move_pages(struct space *space, struct region *from, struct region *to, vaddr_t start)
{
	struct range range = { .space = space, .region = from, .to = to, .to_start = start,
			       .start = max_u64(from->start, from->touched_start),
			       .end = min_u64(from->end, from->touched_end) };
	int err = 0;

	if (range.start < range.end) {
		err = (int)offload_call(move_range, &range);
		flush_if_loaded(space);
	}
	return err;
}
