/* SPDX-License-Identifier: MIT */
#include "guest/arch/mmio.h"

#include "guest/arch/pte.h"

#define ENTRY_BITS 9
#define LARGE_PAGE (1ull << (LDE_PAGE_SHIFT + ENTRY_BITS))

/* As all of the kernel's half: the top level alone keeps programs out. */
#define TABLE_FLAGS (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED)
#define PAGE_FLAGS                                                                                 \
	(TABLE_FLAGS | PTE_WRITE_THROUGH | PTE_UNCACHED | PTE_DIRTY | PTE_LARGE | PTE_NX)

static unsigned index_at(paddr_t pa, unsigned level)
{
	return pa >> (LDE_PAGE_SHIFT + level * ENTRY_BITS) & ((1u << ENTRY_BITS) - 1);
}

bool mmio_map(paddr_t pa, paddr_t (*alloc)(void))
{
	uint64_t *pdpt = direct_map(LDE_BOOT_PT_PDPT_DIRECT), *pd;

	if (!(pdpt[index_at(pa, 2)] & PTE_PRESENT)) {
		paddr_t page = alloc();

		if (!page)
			return false;
		pdpt[index_at(pa, 2)] = page | TABLE_FLAGS;
	}
	pd = direct_map(pte_paddr(pdpt[index_at(pa, 2)]));
	/* What was not present is not remembered: nothing to flush. */
	pd[index_at(pa, 1)] = ALIGN_DOWN(pa, LARGE_PAGE) | PAGE_FLAGS;
	return true;
}
