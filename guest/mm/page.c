/* SPDX-License-Identifier: MIT */
#include "guest/mm/page.h"

#include "guest/arch/direct.h"
#include "guest/arch/offload.h"
#include "guest/arch/panic.h"
#include "guest/lib/ledger.h"
#include "guest/lib/string.h"

struct page {
	uint32_t owners; /* 0: free */
	uint32_t next;   /* on a list of pages, 0 ends it */
};

static struct {
	struct page *pages; /* one a managed page */
	uint32_t first;     /* number of the first managed page */
	uint32_t end;
	uint32_t fresh;     /* from here to end nothing was ever touched */
	uint32_t recycled;  /* list */
	uint32_t nr_pins;
	uint32_t *found;    /* by the self-check: owners of each page */
	bool (*reclaim)(void);
	const uint32_t *nr_reclaimable;
} memory;

static inline uint32_t page_number(paddr_t pa)
{
	return pa >> LDE_PAGE_SHIFT;
}

static inline bool is_managed(uint32_t number)
{
	return number >= memory.first;
}

static inline struct page *page_of(uint32_t number)
{
	return &memory.pages[number - memory.first];
}

void page_init(paddr_t start, paddr_t end)
{
	uint64_t nr, books;

	start = ALIGN_UP(start, PAGE_SIZE);
	nr = (end - start) / PAGE_SIZE;
	books = ALIGN_UP(nr * sizeof(struct page), PAGE_SIZE);
	memory.pages = direct_map(start);
	memory.first = memory.fresh = page_number(start + books);
	memory.end = page_number(end);
	memory.recycled = 0;
	ledger.pages_total = ledger.pages_free = ledger.pages_free_min = memory.end - memory.first;
}

paddr_t page_reserve(uint64_t bytes)
{
	uint64_t nr = (bytes + PAGE_SIZE - 1) / PAGE_SIZE;

	if (nr > memory.end - memory.fresh)
		return 0;
	memory.end -= nr;
	ledger.pages_total -= nr;
	ledger.pages_free -= nr;
	return (paddr_t)memory.end << LDE_PAGE_SHIFT;
}

static paddr_t page_take(bool *is_zero)
{
	uint32_t number = memory.recycled;
	struct page *page;

	*is_zero = false;
	if (number) {
		page = page_of(number);
		memory.recycled = page->next;
	} else if (memory.fresh < memory.end) {
		number = memory.fresh++;
		page = page_of(number);
		*is_zero = true;
	} else {
		return memory.reclaim && memory.reclaim() ? page_take(is_zero) : 0;
	}
	page->owners = 1;
	if (--ledger.pages_free < ledger.pages_free_min)
		ledger.pages_free_min = ledger.pages_free;
	return (paddr_t)number << LDE_PAGE_SHIFT;
}

paddr_t page_alloc(void)
{
	bool is_zero;

	return page_take(&is_zero);
}

paddr_t page_alloc_zeroed(void)
{
	bool is_zero;
	paddr_t pa = page_take(&is_zero);

	if (pa && !is_zero)
		offload_zero_page(direct_map(pa));
	return pa;
}

paddr_t page_alloc_zeroed_here(void)
{
	bool is_zero;
	paddr_t pa = page_take(&is_zero);

	if (pa && !is_zero)
		memset(direct_map(pa), 0, PAGE_SIZE);
	return pa;
}

void page_get(paddr_t pa)
{
	if (is_managed(page_number(pa)))
		page_of(page_number(pa))->owners++;
}

void page_put(paddr_t pa)
{
	uint32_t number = page_number(pa);
	struct page *page;

	if (!is_managed(number))
		return;
	page = page_of(number);
	if (unlikely(!page->owners))
		panic("a free page was freed");
	if (--page->owners)
		return;
	page->next = memory.recycled;
	memory.recycled = number;
	ledger.pages_free++;
}

void page_pin(paddr_t pa)
{
	memory.nr_pins++;
	page_get(pa);
}

void page_unpin(paddr_t pa)
{
	memory.nr_pins--;
	page_put(pa);
}

bool page_is_any_pinned(void)
{
	return memory.nr_pins;
}

bool page_is_exclusive(paddr_t pa)
{
	return is_managed(page_number(pa)) && page_of(page_number(pa))->owners == 1;
}

uint64_t page_nr_free(void)
{
	return ledger.pages_free + (memory.nr_reclaimable ? *memory.nr_reclaimable : 0);
}

void page_set_reclaim(bool (*reclaim)(void), const uint32_t *nr_pages)
{
	memory.reclaim = reclaim;
	memory.nr_reclaimable = nr_pages;
}

uint32_t page_list_push(uint32_t head, paddr_t pa)
{
	page_of(page_number(pa))->next = head;
	return page_number(pa);
}

void page_list_free(uint32_t head)
{
	while (head) {
		uint32_t next = page_of(head)->next;

		page_put((paddr_t)head << LDE_PAGE_SHIFT);
		head = next;
	}
}

/* ---- self-check -------------------------------------------------------- */

bool page_check_init(void)
{
	paddr_t pa = page_reserve((memory.end - memory.first) * sizeof(*memory.found));

	memory.found = direct_map(pa);
	return pa;
}

void page_check_begin(void)
{
	memset(memory.found, 0, (memory.end - memory.first) * sizeof(*memory.found));
}

const char *page_check_owner(paddr_t pa)
{
	uint32_t number = page_number(pa);

	if (!is_managed(number))
		return NULL;
	if (number >= memory.fresh)
		return "a page is used that was never handed out";
	if (!memory.found)
		return page_of(number)->owners ? NULL : "a page is used that is free";
	if (++memory.found[number - memory.first] > page_of(number)->owners)
		return "a page has more owners than it counts";
	return NULL;
}

const char *page_check(void)
{
	uint64_t nr_listed = 0, nr_free = 0;

	for (uint32_t i = memory.first; i < memory.fresh; i++)
		nr_free += !page_of(i)->owners;
	for (uint32_t i = memory.recycled; i && nr_listed <= nr_free; i = page_of(i)->next) {
		if (i < memory.first || i >= memory.fresh || page_of(i)->owners)
			return "the list of free pages has one that is not";
		nr_listed++;
	}
	if (nr_listed != nr_free)
		return "the list of free pages is not complete";
	if (nr_free + memory.end - memory.fresh != ledger.pages_free)
		return "the number of free pages is wrong";
	return NULL;
}

uint32_t page_list_next(uint32_t head)
{
	return page_of(head)->next;
}
