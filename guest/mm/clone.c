/* SPDX-License-Identifier: MIT */
/*
 * A second address space with the same content, for fork: pages are shared and
 * copied when either side writes.
 */
#include "guest/arch/insn.h"
#include "guest/arch/offload.h"
#include "guest/mm/page.h"
#include "guest/mm/page_walk.h"
#include "guest/mm/space.h"
#include "guest/mm/pagetable.h"

struct clone {
	struct space *from, *to;
};

static bool clone_pages(const struct clone *c, struct region *from, struct region *to)
{
	struct page_walk w = {
		.tables = &c->from->tables,
		.va = max_u64(from->start, from->touched_start),
		.end = min_u64(from->end, from->touched_end),
	};
	bool is_shared = from->flags & REGION_F_SHARED;

	for (; walk_find(&w); walk_step(&w)) {
		uint64_t *pte = paging_ensure(&c->to->tables, w.va, pagetable_alloc);

		if (!pte)
			return false;
		if (!is_shared)
			*w.pte &= ~(PTE_WRITE | PTE_DIRTY);
		*pte = *w.pte;
		page_get(pte_paddr(*pte));
		region_touch(to, w.va, w.va + PAGE_SIZE);
		c->to->nr_pages++;
	}
	return true;
}

static bool clone_region(const struct clone *c, struct region *from)
{
	struct space_mapping m = {
		.start = from->start,
		.bytes = from->end - from->start,
		.prot = from->prot,
		.flags = from->flags,
		.object = from->object,
		.offset = from->offset,
		.length = from->length,
	};
	struct region *to;

	if (space_map(c->to, &m))
		return false;
	to = list_entry(c->to->regions.prev, struct region, link);
	return clone_pages(c, from, to);
}

static uint64_t clone_all(void *arg)
{
	struct clone *c = arg;

	c->to = space_create();
	if (!c->to)
		return false;
	c->to->brk_start = c->from->brk_start;
	c->to->brk = c->from->brk;
	c->to->args_start = c->from->args_start;
	c->to->args_end = c->from->args_end;
	list_for_each(l, &c->from->regions)
		if (!clone_region(c, list_entry(l, struct region, link)))
			return false;
	c->to->peak_pages = c->to->nr_pages;
	return true;
}

struct space *space_clone(struct space *from)
{
	struct clone c = { .from = from };
	bool ok = offload_call(clone_all, &c);

	if (insn_read_cr3() == from->tables.root)
		paging_flush_all(); /* its pages may have become read-only */
	if (ok)
		return c.to;
	if (c.to)
		space_put(c.to);
	return NULL;
}
