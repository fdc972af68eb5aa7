/* SPDX-License-Identifier: MIT */
#include "vmm/boot/layout.h"

#include <errno.h>
#include <stddef.h>

#include <lde/layout.h>

#define ENTRIES 512

/* The top level: supervisor only, so that all below it is, whatever its U/S. */
#define TOP_FLAGS   (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED)
#define TABLE_FLAGS (TOP_FLAGS | PTE_USER)

_Static_assert(LDE_MEMORY_MAX <= 3ull << 30, "the direct map has 3 page directories");
_Static_assert(LDE_KERNEL_GPA_END <= 4ull << 20, "the image has 2 page tables");

static uint64_t *table_at(const struct guestmem *mem, uint64_t gpa)
{
	return guestmem_at(mem, gpa_of(gpa), LDE_PAGE_SIZE);
}

static void build_direct(const struct guestmem *mem)
{
	uint64_t *pdpt = table_at(mem, LDE_BOOT_PT_PDPT_DIRECT);

	for (uint64_t gib = 0; gib << 30 < mem->size_bytes; gib++) {
		uint64_t pd_gpa = LDE_BOOT_PT_PD_DIRECT + gib * LDE_PAGE_SIZE;
		uint64_t *pd = table_at(mem, pd_gpa);
		pdpt[gib] = pd_gpa | TABLE_FLAGS;
		for (uint64_t i = 0; i < ENTRIES; i++) {
			uint64_t gpa = (gib << 30) + i * LAYOUT_LARGE_PAGE;
			if (gpa >= mem->size_bytes)
				break;
			pd[i] = gpa | PTE_LARGE | TABLE_FLAGS | PTE_DIRTY | PTE_NX;
		}
	}
}

/*
 * Dirty is preset where a write can happen only: a page that is dirty and not
 * writable means something else to a CPU with shadow stacks.
 */
static uint64_t segment_flags(const struct kimage_segment *segment)
{
	uint64_t flags = PTE_PRESENT | PTE_USER | PTE_ACCESSED;

	if (segment->is_writable)
		flags |= PTE_WRITE | PTE_DIRTY;
	if (!segment->is_executable)
		flags |= PTE_NX;
	return flags;
}

static void build_image(const struct guestmem *mem, const struct kimage *image)
{
	/* LDE_VA_IMAGE is 2 GiB below the top: entry 510 of its table. */
	const unsigned int pdpt_idx = (LDE_VA_IMAGE >> 30) % ENTRIES;
	uint64_t *pdpt = table_at(mem, LDE_BOOT_PT_PDPT_IMAGE);
	uint64_t *pd = table_at(mem, LDE_BOOT_PT_PD_IMAGE);
	/* The two page tables adjoin: one array for the first 4 MiB. */
	uint64_t *ptes = guestmem_at(mem, gpa_of(LDE_BOOT_PT_PT_IMAGE), 2 * LDE_PAGE_SIZE);

	pdpt[pdpt_idx] = LDE_BOOT_PT_PD_IMAGE | TABLE_FLAGS;
	pd[0] = LDE_BOOT_PT_PT_IMAGE | TABLE_FLAGS;
	pd[1] = (LDE_BOOT_PT_PT_IMAGE + LDE_PAGE_SIZE) | TABLE_FLAGS;
	for (unsigned int i = 0; i < image->nr_segments; i++) {
		const struct kimage_segment *segment = &image->segments[i];
		uint64_t end = segment->gpa + segment->memory_bytes;
		for (uint64_t gpa = segment->gpa; gpa < end; gpa += LDE_PAGE_SIZE)
			ptes[gpa >> LDE_PAGE_SHIFT] = gpa | segment_flags(segment);
	}
}

int layout_build_tables(const struct guestmem *mem, const struct kimage *image)
{
	if (mem->size_bytes < LDE_MEMORY_MIN || mem->size_bytes > LDE_MEMORY_MAX ||
	    mem->size_bytes % LAYOUT_LARGE_PAGE)
		return -EINVAL;
	uint64_t *pml4 = table_at(mem, LDE_BOOT_PT_PML4);

	pml4[LDE_PML4_DIRECT] = LDE_BOOT_PT_PDPT_DIRECT | TOP_FLAGS;
	pml4[LDE_PML4_IMAGE] = LDE_BOOT_PT_PDPT_IMAGE | TOP_FLAGS;
	build_direct(mem);
	build_image(mem, image);
	return 0;
}
