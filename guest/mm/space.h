/* SPDX-License-Identifier: MIT */
/*
 * Address spaces: what a process may touch, and the pages behind it.
 *
 * A space is a sorted list of regions and a set of page tables. Regions say
 * what is allowed; pages appear at the first touch (space_fault). Anonymous
 * memory starts as zeroes; pages of files are mapped where they lie and copied
 * when first written.
 */
#ifndef GUEST_MM_SPACE_H
#define GUEST_MM_SPACE_H

#include <lde/device.h>

#include "guest/mm/region.h"

/* What a mapping is to be. */
struct space_mapping {
	vaddr_t start;
	uint64_t bytes;            /* both page aligned */
	uint8_t prot, flags;
	struct memory_object *object;
	uint64_t offset, length;   /* see struct region */
};

/* NULL without memory. */
struct space *space_create(void);
/* One with the same content; pages are shared until one side writes. from may
 * be the loaded one. */
struct space *space_clone(struct space *from);
/* The last user's put gives everything back; the space must not be loaded then. */
void space_put(struct space *space);

/* The region with va in it, or NULL. */
struct region *space_find(struct space *space, vaddr_t va);
/* The first region that ends above va, or NULL. */
struct region *space_find_from(struct space *space, vaddr_t va);

/* A free range, as high as it goes without looking everywhere; 0 if there is
 * none. bytes is page aligned. */
vaddr_t space_find_gap(struct space *space, uint64_t bytes);
bool space_is_free(struct space *space, vaddr_t start, uint64_t bytes);

/* Bytes that are mapped, present or not; looks at every region. */
uint64_t space_size(struct space *space);

/* All return 0, -ENOMEM, or what is said. Addresses and lengths are page
 * aligned and inside the user half: the caller has checked. */
int space_map(struct space *space, const struct space_mapping *mapping); /* range must be free */
int space_unmap(struct space *space, vaddr_t start, uint64_t bytes);
/* -ENOMEM also where something in the range is not mapped; -EACCES for writing to
 * what is REGION_F_READ_ONLY. */
int space_protect(struct space *space, vaddr_t start, uint64_t bytes, uint8_t prot);
/* Moves the pages of [from, from + bytes), one region, to a free range. */
int space_move(struct space *space, vaddr_t from, uint64_t bytes, vaddr_t to, uint64_t to_bytes);
/* Lets the region that ends at end grow by bytes; the range above must be free. */
void space_grow(struct region *region, uint64_t bytes);
/* Drops the pages of the range; the next touch finds fresh ones (MADV_DONTNEED). */
void space_discard(struct space *space, vaddr_t start, uint64_t bytes);

/* Says of nr pages from va on whether they have their content in memory, one byte each:
 * 1 if they are mapped, or a part of a file, which is kept there. How many pages that
 * is: none from the first on that is in no region. May be offloaded. */
uint64_t space_find_resident(struct space *space, vaddr_t va, uint64_t nr, uint8_t *resident);

/* Memory is short: drops the pages that can be brought again, so that whoever keeps
 * them for others may give them up. False if there is none. */
bool space_shed(struct space *space);

/* Whether anything of the object is mapped. May be offloaded. */
bool space_maps(const struct space *space, const struct memory_object *object);
/* Drops the pages that lie behind byte size of the object, private copies too: it
 * has been cut, and touching them is an error from now on. */
void space_cut(struct space *space, const struct memory_object *object, uint64_t size);

/*
 * Makes the page at va present for access (ACCESS_*). LDE_REASON_NONE, or why
 * it must not be; LDE_REASON_OUT_OF_MEMORY when there is no page left,
 * SPACE_REASON_ABSENT when it has to be brought from elsewhere first.
 */
enum lde_reason space_fault(struct space *space, vaddr_t va, unsigned access);
#define SPACE_REASON_ABSENT ((enum lde_reason)UINT32_MAX)

/* What space_fault has said a moment ago becomes an answer: what is absent is
 * brought. Blocks, and anything may have happened to the space meanwhile, so the
 * caller holds nothing that others may change. */
enum lde_reason space_fault_wait(struct space *space, vaddr_t va, unsigned access,
				 enum lde_reason reason);

/* The same in one, and where the page is; 0 if it cannot be had. May block. */
paddr_t space_page(struct space *space, vaddr_t va, unsigned access);
/* The same without waiting for anything; may be offloaded. */
paddr_t space_page_now(struct space *space, vaddr_t va, unsigned access);

/* For the self-check: what is wrong with the space or its pages, whose owners it
 * tells page_check_owner of; or NULL. */
const char *space_check(struct space *space);

/* The distance below the stack within which a fault is a stack overflow. */
#define STACK_GUARD_BYTES (1024 * 1024)

/* The stack, which does not grow. */
#define STACK_BYTES (8ull << 20)

/* Programs map nothing below this. */
#define USER_START 0x10000ull

#endif
