/* SPDX-License-Identifier: MIT */
#include "guest/mm/pagetable.h"

#include "guest/mm/page.h"

paddr_t pagetable_alloc(struct page_tables *tables)
{
	paddr_t pa = page_alloc_zeroed_here();

	if (pa)
		tables->list = page_list_push(tables->list, pa);
	return pa;
}
