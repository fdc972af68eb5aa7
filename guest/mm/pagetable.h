/* SPDX-License-Identifier: MIT */
/* Memory for page tables; for mm only. */
#ifndef GUEST_MM_PAGETABLE_H
#define GUEST_MM_PAGETABLE_H

#include "guest/arch/paging.h"

/* For paging_ensure: a zeroed table that its space frees at its end; 0 without
 * memory. May be offloaded. */
paddr_t pagetable_alloc(struct page_tables *tables);

#endif
