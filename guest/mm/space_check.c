/* SPDX-License-Identifier: MIT */
/* The self-check of address spaces: regions, page tables, and whose pages they are. */
#include "guest/arch/direct.h"
#include "guest/mm/page.h"
#include "guest/mm/page_walk.h"
#include "guest/mm/space.h"

#define TABLE_ENTRIES 512
#define USER_ENTRIES  (TABLE_ENTRIES / 2) /* of the top-level table */
#define LEVELS        4

static const char *check_region(struct space *space, const struct region *r, vaddr_t previous_end)
{
	if (!list_is_sound(&r->link) || r->node.key != r->start)
		return "a region is not where it should be among the others";
	if (r->start >= r->end || r->start < previous_end || r->end > USER_END ||
	    r->start % PAGE_SIZE || r->end % PAGE_SIZE)
		return "a region has bounds that cannot be";
	if (splay_find_below(&space->by_start, r->end - 1) != &r->node)
		return "a region cannot be found";
	return NULL;
}

/* An entry is as its region allows; nobody else's page can be written to, unless
 * all share it. */
static const char *check_entry(const struct region *r, uint64_t pte)
{
	const uint64_t known = PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED | PTE_DIRTY |
			       PTE_HELD | PTE_NX | PTE_ADDR;
	uint64_t presence = r->prot ? PTE_PRESENT : PTE_HELD;

	if (pte & ~known || !(pte & PTE_USER) || (pte & (PTE_PRESENT | PTE_HELD)) != presence)
		return "a page-table entry makes no sense";
	if (!(pte & PTE_NX) != !!(r->prot & SPACE_PROT_EXEC))
		return "a page can be executed in a region that cannot, or not where it can";
	if (pte & PTE_WRITE && !(r->prot & SPACE_PROT_WRITE))
		return "a page can be written to in a region that cannot";
	if (pte & PTE_WRITE && !(r->flags & REGION_F_SHARED) &&
	    !page_is_exclusive(pte_paddr(pte)) && !page_is_any_pinned())
		return "a private page that can be written to is shared";
	return page_check_owner(pte_paddr(pte));
}

/* The pages of one region; adds to *nr. */
static const char *check_pages(struct space *space, const struct region *r, uint64_t *nr)
{
	struct page_walk w = {
		.tables = &space->tables,
		.va = max_u64(r->start, r->touched_start),
		.end = min_u64(r->end, r->touched_end),
	};

	for (; walk_find(&w); walk_step(&w), ++*nr) {
		const char *wrong = check_entry(r, *w.pte);

		if (wrong)
			return wrong;
	}
	return NULL;
}

/* Entries of pages, and tables, in the processes' half. */
struct census {
	uint64_t nr_pages, nr_tables;
};

static void count_table(struct census *c, const uint64_t *table, unsigned nr_entries, unsigned level)
{
	c->nr_tables++;
	for (unsigned i = 0; i < nr_entries; i++) {
		if (level == 1)
			c->nr_pages += !!table[i];
		else if (table[i] & PTE_PRESENT)
			count_table(c, direct_map(pte_paddr(table[i])), TABLE_ENTRIES, level - 1);
	}
}

/* What the tables hold is what the regions and the list of tables know of. */
static const char *check_tables(const struct space *space, uint64_t nr_pages)
{
	struct census c = { 0, 0 };

	for (uint32_t table = space->tables.list; table; table = page_list_next(table)) {
		const char *wrong = page_check_owner((paddr_t)table << LDE_PAGE_SHIFT);

		if (wrong)
			return wrong;
		c.nr_tables--;
	}
	count_table(&c, direct_map(space->tables.root), USER_ENTRIES, LEVELS);
	if (c.nr_tables)
		return "an address space has lost a page table";
	if (c.nr_pages != nr_pages)
		return "a page is mapped where no region knows of it";
	if (nr_pages != space->nr_pages || space->peak_pages < nr_pages)
		return "an address space does not count its pages right";
	return NULL;
}

const char *space_check(struct space *space)
{
	vaddr_t previous_end = USER_START;
	uint64_t nr_pages = 0;
	uint32_t nr_regions = 0;

	list_for_each(l, &space->regions) {
		const struct region *r = list_entry(l, struct region, link);
		const char *wrong = check_region(space, r, previous_end);

		if (!wrong)
			wrong = check_pages(space, r, &nr_pages);
		if (wrong)
			return wrong;
		previous_end = r->end;
		nr_regions++;
	}
	if (nr_regions != space->nr_regions)
		return "an address space does not count its regions right";
	return check_tables(space, nr_pages);
}
