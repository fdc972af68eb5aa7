/* SPDX-License-Identifier: MIT */
#include "guest/mm/region_pages.h"

#include "guest/arch/insn.h"
#include "guest/arch/offload.h"
#include "guest/lib/errno.h"
#include "guest/mm/page.h"
#include "guest/mm/page_walk.h"
#include "guest/mm/pagetable.h"

/* What the offloaded loops below work on. */
struct range {
	struct space *space;
	struct region *region;
	vaddr_t start, end; /* within what has been touched */
	struct region *to;
	vaddr_t to_start;
};

static inline struct page_walk range_walk(const struct range *range)
{
	return (struct page_walk){ &range->space->tables, range->start, range->end, NULL };
}

void region_flush(const struct space *space)
{
	if (insn_read_cr3() == space->tables.root)
		paging_flush_all();
}

static uint64_t drop_range(const struct range *range)
{
	struct page_walk w = range_walk(range);
	uint64_t nr = 0;

	for (; walk_find(&w); walk_step(&w), nr++) {
		page_put(pte_paddr(*w.pte));
		*w.pte = 0;
	}
	range->space->nr_pages -= nr;
	return nr;
}

void region_free_pages(struct space *space, struct region *r)
{
	struct range range = { .space = space, .region = r,
			       .start = max_u64(r->start, r->touched_start),
			       .end = min_u64(r->end, r->touched_end) };

	drop_range(&range);
}

bool region_drop_pages(struct space *space, struct region *r, vaddr_t start, vaddr_t end)
{
	struct range range = { .space = space, .region = r,
			       .start = max_u64(start, r->touched_start),
			       .end = min_u64(end, r->touched_end) };
	uint64_t nr = range.start < range.end ? drop_range(&range) : 0;

	if (start <= r->touched_start && end >= r->touched_end) {
		r->touched_start = UINT64_MAX;
		r->touched_end = 0;
	}
	return nr;
}

/* Gives back the pages that the object has as well, and can bring again. */
static uint64_t shed_range(const struct range *range)
{
	const struct region *r = range->region;
	struct page_walk w = range_walk(range);
	uint64_t nr = 0;

	for (; walk_find(&w); walk_step(&w)) {
		uint64_t index = (r->offset + (w.va - r->start)) / PAGE_SIZE;
		paddr_t pa = r->object->ops->page(r->object, index, false);
		bool is_objects = pa == pte_paddr(*w.pte);

		if (pa)
			page_put(pa);
		if (is_objects) {
			page_put(pa);
			*w.pte = 0;
			nr++;
		}
	}
	range->space->nr_pages -= nr;
	return nr;
}

bool region_shed_pages(struct space *space, struct region *r)
{
	struct range range = { .space = space, .region = r,
			       .start = max_u64(r->start, r->touched_start),
			       .end = min_u64(min_u64(r->end, r->touched_end),
					      r->start + ALIGN_UP(r->length, PAGE_SIZE)) };

	if (!r->object || !r->object->ops->bring || range.start >= range.end ||
	    (r->flags & REGION_F_SHARED && !(r->flags & REGION_F_READ_ONLY)))
		return false;
	return shed_range(&range);
}

static void update_range(const struct range *range)
{
	struct page_walk w = range_walk(range);

	for (; walk_find(&w); walk_step(&w)) {
		paddr_t pa = pte_paddr(*w.pte);

		/* A page with other owners stays read-only until a write copies it. */
		*w.pte = region_pte(range->region, pa, page_is_exclusive(pa));
	}
}

bool region_update_pages(struct space *space, struct region *r)
{
	struct range range = { .space = space, .region = r,
			       .start = max_u64(r->start, r->touched_start),
			       .end = min_u64(r->end, r->touched_end) };

	if (range.start >= range.end)
		return false;
	update_range(&range);
	return true;
}

static uint64_t move_range(void *arg)
{
	struct range *range = arg;
	struct page_tables *tables = &range->space->tables;
	uint64_t distance = range->to_start - range->region->start;
	struct page_walk w;

	/* First all tables, so that nothing can fail half-way. */
	for (w = range_walk(range); walk_find(&w); walk_step(&w))
		if (!paging_ensure(tables, w.va + distance, pagetable_alloc))
			return -ENOMEM;
	for (w = range_walk(range); walk_find(&w); walk_step(&w)) {
		vaddr_t to = w.va + distance;

		*paging_find(tables, to) = *w.pte;
		*w.pte = 0;
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
		region_flush(space);
	}
	return err;
}
