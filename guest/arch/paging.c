/* SPDX-License-Identifier: MIT */
#include "guest/arch/paging.h"

#include "guest/arch/direct.h"
#include "guest/arch/insn.h"
#include "guest/lib/limits.h"

#define TABLE_FLAGS (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED)
#define TOP_SHIFT   39

void paging_init_root(paddr_t root)
{
	const uint64_t *kernel = direct_map(LDE_BOOT_PT_PML4);
	uint64_t *pml4 = direct_map(root);

	pml4[LDE_PML4_DIRECT] = kernel[LDE_PML4_DIRECT];
	pml4[LDE_PML4_IMAGE] = kernel[LDE_PML4_IMAGE];
	if (unlikely(!limits.hidden_trap_table))
		pml4[LDE_PML4_IMAGE] |= PTE_USER;
}

static inline uint64_t *remember(struct page_tables *tables, vaddr_t va, uint64_t *table)
{
	tables->last_span = va >> PAGING_SPAN_SHIFT;
	tables->last_table = table;
	return &table[paging_index(va, LDE_PAGE_SHIFT)];
}

uint64_t *paging_walk(struct page_tables *tables, vaddr_t va)
{
	uint64_t *table = direct_map(tables->root);

	for (unsigned shift = TOP_SHIFT; shift > LDE_PAGE_SHIFT; shift -= PAGING_INDEX_BITS) {
		uint64_t entry = table[paging_index(va, shift)];

		if (!(entry & PTE_PRESENT))
			return NULL;
		table = direct_map(pte_paddr(entry));
	}
	return remember(tables, va, table);
}

vaddr_t paging_hole_end(const struct page_tables *tables, vaddr_t va)
{
	const uint64_t *table = direct_map(tables->root);
	unsigned shift = TOP_SHIFT;
	uint64_t entry;

	while (shift > PAGING_SPAN_SHIFT && (entry = table[paging_index(va, shift)]) & PTE_PRESENT) {
		table = direct_map(pte_paddr(entry));
		shift -= PAGING_INDEX_BITS;
	}
	return ((va >> shift) + 1) << shift;
}

uint64_t *paging_build(struct page_tables *tables, vaddr_t va,
		       paddr_t (*alloc)(struct page_tables *))
{
	uint64_t *table = direct_map(tables->root);

	for (unsigned shift = TOP_SHIFT; shift > LDE_PAGE_SHIFT; shift -= PAGING_INDEX_BITS) {
		uint64_t *entry = &table[paging_index(va, shift)];

		if (unlikely(!(*entry & PTE_PRESENT))) {
			paddr_t page = alloc(tables);

			if (!page)
				return NULL;
			*entry = page | TABLE_FLAGS;
		}
		table = direct_map(pte_paddr(*entry));
	}
	return remember(tables, va, table);
}

void paging_flush_page(vaddr_t va)
{
	insn_invlpg(va);
}

void paging_flush_all(void)
{
	insn_write_cr3(insn_read_cr3());
}
