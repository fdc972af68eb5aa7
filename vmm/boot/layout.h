/* SPDX-License-Identifier: MIT */
/*
 * The page tables that include/lde/layout.h describes, written into guest
 * memory (SDM vol. 3, 4.5; APM vol. 2, 5.3).
 */
#ifndef VMM_BOOT_LAYOUT_H
#define VMM_BOOT_LAYOUT_H

#include "vmm/boot/elf.h"
#include "vmm/host/memory.h"

/* Bits of a page-table entry. */
#define PTE_PRESENT  (1ull << 0)
#define PTE_WRITE    (1ull << 1)
#define PTE_USER     (1ull << 2)
#define PTE_ACCESSED (1ull << 5)
#define PTE_DIRTY    (1ull << 6)
#define PTE_LARGE    (1ull << 7)
#define PTE_NX       (1ull << 63)

#define LAYOUT_LARGE_PAGE (2ull << 20)

/*
 * Fills the tables in memory that is still all zeroes. -EINVAL if the size of
 * the memory is no multiple of 2 MiB or outside LDE_MEMORY_MIN..MAX.
 */
int layout_build_tables(const struct guestmem *mem, const struct kimage *image);

#endif
