/* SPDX-License-Identifier: MIT */
/*
 * The first touch of a page, and the first write to a shared one.
 *
 * The work is done in one offloaded call, so it neither flushes nor panics nor
 * blocks; what has to be flushed, or brought from a disk, is said in its result.
 * Bringing is done when nothing is half-way, and then the work begins anew: the
 * region may be gone by then, or the file shorter.
 */
#include "guest/arch/direct.h"
#include "guest/arch/insn.h"
#include "guest/arch/offload.h"
#include "guest/lib/errno.h"
#include "guest/lib/ledger.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/space.h"
#include "guest/mm/pagetable.h"

#define TABLE_ENTRIES 512
#define WINDOW_MAX    16 /* pages filled at one fault */

struct fault {
	struct space *space;
	vaddr_t va;
	unsigned access;
	paddr_t page;     /* out */
	bool needs_flush; /* out */
};

/* What the last fault that ended with SPACE_REASON_ABSENT could not go on without. */
static struct {
	struct memory_object *object;
	uint64_t index;
	bool is_shared;
} absent;

static enum lde_reason reason_of_hole(struct space *space, vaddr_t va)
{
	struct region *above = space_find_from(space, va);

	if (above && above->flags & REGION_F_STACK && va >= above->start - STACK_GUARD_BYTES)
		return LDE_REASON_STACK_OVERFLOW;
	return LDE_REASON_UNMAPPED;
}

static enum lde_reason check_access(const struct region *r, unsigned access)
{
	if (!r->prot)
		return LDE_REASON_NO_ACCESS;
	if (access == ACCESS_WRITE && !(r->prot & SPACE_PROT_WRITE))
		return LDE_REASON_READ_ONLY;
	if (access == ACCESS_FETCH && !(r->prot & SPACE_PROT_EXEC))
		return LDE_REASON_NO_EXEC;
	return LDE_REASON_NONE;
}

static void count_page(struct space *space)
{
	if (++space->nr_pages > space->peak_pages)
		space->peak_pages = space->nr_pages;
}

static void set_entry(struct space *space, struct region *r, vaddr_t va, uint64_t *pte,
		      paddr_t pa, bool can_write)
{
	*pte = region_pte(r, pa, can_write);
	region_touch(r, va, va + PAGE_SIZE);
	count_page(space);
}

/* The object has no answer: nor has it memory, unless it could bring the page. */
static __attribute__((noinline)) enum lde_reason no_object_page(struct memory_object *object,
								uint64_t index, bool is_shared)
{
	if (!object->ops->bring)
		return LDE_REASON_OUT_OF_MEMORY;
	absent.object = object;
	absent.index = index;
	absent.is_shared = is_shared;
	return SPACE_REASON_ABSENT;
}

/* A private page with the first bytes of the object's page, then zeroes. */
static paddr_t copy_object_page(paddr_t from, uint64_t bytes)
{
	paddr_t to = page_alloc_zeroed_here();

	if (to) {
		memcpy(direct_map(to), direct_map(from), bytes);
		ledger.faults_copy++;
	}
	page_put(from);
	return to;
}

/* Fills the entry of one page of a file. */
static enum lde_reason fill_from_object(struct fault *f, struct region *r, vaddr_t va,
					uint64_t *pte)
{
	uint64_t into = va - r->start;
	uint64_t left = (r->flags & REGION_F_FILE ? r->object->size - r->offset : r->length) - into;
	uint64_t index = (r->offset + into) / PAGE_SIZE;
	bool can_write = r->flags & REGION_F_SHARED;
	bool keeps_page = left >= PAGE_SIZE || can_write;
	paddr_t pa = r->object->ops->page(r->object, index, can_write);

	if (unlikely(!pa))
		return no_object_page(r->object, index, can_write);
	if (keeps_page && (f->access != ACCESS_WRITE || can_write)) {
		ledger.faults_file++;
	} else {
		pa = copy_object_page(pa, min_u64(left, PAGE_SIZE));
		can_write = true;
		if (!pa)
			return LDE_REASON_OUT_OF_MEMORY;
	}
	set_entry(f->space, r, va, pte, pa, can_write);
	return LDE_REASON_NONE;
}

static enum lde_reason fill_zero(struct fault *f, struct region *r, vaddr_t va, uint64_t *pte)
{
	paddr_t pa = page_alloc_zeroed_here();

	if (!pa)
		return LDE_REASON_OUT_OF_MEMORY;
	ledger.faults_zero++;
	set_entry(f->space, r, va, pte, pa, true);
	return LDE_REASON_NONE;
}

static enum lde_reason fill_page(struct fault *f, struct region *r, vaddr_t va, uint64_t *pte)
{
	uint64_t into = va - r->start;

	if (r->flags & REGION_F_FILE) { /* whose size may have changed */
		if (r->offset + into >= r->object->size)
			return LDE_REASON_BEYOND_FILE;
		return fill_from_object(f, r, va, pte);
	}
	if (into < r->length)
		return fill_from_object(f, r, va, pte);
	return fill_zero(f, r, va, pte);
}

/*
 * How many pages to fill from va on. Pages of a file that are only read cost
 * nothing: many. Others: one, or twice as many as last time if the program is
 * on its way through the region. Fewer traps for who uses much memory, no waste
 * for who uses little.
 */
static unsigned next_window(struct region *r, vaddr_t va, unsigned access)
{
	unsigned nr = 1, to_table_end = TABLE_ENTRIES - (va / PAGE_SIZE) % TABLE_ENTRIES;

	if (va == r->next_fault && r->window)
		nr = min_u64(r->window * 2, WINDOW_MAX);
	r->window = nr;
	if (r->length && access != ACCESS_WRITE) {
		uint64_t whole_pages = r->length / PAGE_SIZE, into = (va - r->start) / PAGE_SIZE;

		if (into < whole_pages)
			nr = min_u64(WINDOW_MAX, whole_pages - into);
	}
	if (nr > 1) {
		nr = min_u64(nr, (r->end - va) / PAGE_SIZE);
		nr = min_u64(nr, to_table_end);
	}
	r->next_fault = va + (uint64_t)nr * PAGE_SIZE;
	return nr;
}

static enum lde_reason fill_window(struct fault *f, struct region *r, uint64_t *pte)
{
	vaddr_t va = ALIGN_DOWN(f->va, PAGE_SIZE);
	enum lde_reason reason = fill_page(f, r, va, pte);
	unsigned nr = next_window(r, va, f->access);

	/* What follows is a guess: stop at whatever is in the way. */
	for (unsigned i = 1; reason == LDE_REASON_NONE && i < nr && !pte[i]; i++)
		if (fill_page(f, r, va + (uint64_t)i * PAGE_SIZE, &pte[i]) != LDE_REASON_NONE)
			break;
	return reason;
}

/* A write to a page that is present but not writable, in a writable region. */
static enum lde_reason copy_on_write(struct region *r, uint64_t *pte)
{
	paddr_t old = pte_paddr(*pte), pa = old;

	if (!(r->flags & REGION_F_SHARED) && !page_is_exclusive(old)) {
		pa = page_alloc();
		if (!pa)
			return LDE_REASON_OUT_OF_MEMORY;
		memcpy(direct_map(pa), direct_map(old), PAGE_SIZE);
		page_put(old);
		ledger.faults_copy++;
	}
	*pte = region_pte(r, pa, true);
	return LDE_REASON_NONE;
}

static enum lde_reason resolve(struct fault *f)
{
	struct region *r = space_find(f->space, f->va);
	enum lde_reason reason;
	uint64_t *pte;

	if (!r)
		return reason_of_hole(f->space, f->va);
	reason = check_access(r, f->access);
	if (reason != LDE_REASON_NONE)
		return reason;
	pte = paging_ensure(&f->space->tables, f->va, pagetable_alloc);
	if (!pte)
		return LDE_REASON_OUT_OF_MEMORY;
	if (!*pte) {
		reason = fill_window(f, r, pte);
	} else if (f->access == ACCESS_WRITE && !(*pte & PTE_WRITE)) {
		reason = copy_on_write(r, pte);
		f->needs_flush = true;
	} else {
		f->needs_flush = true; /* the CPU remembered something older */
	}
	f->page = pte_paddr(*pte);
	return reason;
}

static uint64_t resolve_offloaded(void *arg)
{
	return resolve(arg);
}

static enum lde_reason fault_run(struct fault *f)
{
	enum lde_reason reason = offload_call(resolve_offloaded, f);

	if (f->needs_flush)
		paging_flush_page(f->va);
	return reason;
}

enum lde_reason space_fault(struct space *space, vaddr_t va, unsigned access)
{
	struct fault f = { .space = space, .va = va, .access = access };

	return fault_run(&f);
}

static int bring_absent(void)
{
	struct memory_object *object = absent.object;
	int err;

	object->ops->get(object);
	err = object->ops->bring(object, absent.index, absent.is_shared);
	object->ops->put(object);
	return err;
}

enum lde_reason space_fault_wait(struct space *space, vaddr_t va, unsigned access,
				 enum lde_reason reason)
{
	while (reason == SPACE_REASON_ABSENT) {
		int err = bring_absent();

		if (err == -ENODATA)
			return LDE_REASON_BEYOND_FILE;
		if (err && err != -ENOMEM)
			return LDE_REASON_DISK_ERROR;
		if (err && !space_shed(space))
			return LDE_REASON_OUT_OF_MEMORY;
		reason = space_fault(space, va, access);
	}
	return reason;
}

static inline paddr_t present_page(struct space *space, vaddr_t va, unsigned access)
{
	uint64_t *pte = paging_find(&space->tables, va);

	if (pte && *pte & PTE_PRESENT && (access != ACCESS_WRITE || *pte & PTE_WRITE))
		return pte_paddr(*pte);
	return 0;
}

static __attribute__((noinline)) paddr_t wait_for_page(struct space *space, vaddr_t va,
						       unsigned access, enum lde_reason reason)
{
	reason = space_fault_wait(space, va, access, reason);
	return reason == LDE_REASON_NONE ? present_page(space, va, access) : 0;
}

paddr_t space_page(struct space *space, vaddr_t va, unsigned access)
{
	struct fault f = { .space = space, .va = va, .access = access };
	paddr_t pa = present_page(space, va, access);
	enum lde_reason reason;

	if (pa)
		return pa;
	reason = fault_run(&f);
	if (likely(reason == LDE_REASON_NONE))
		return f.page;
	return wait_for_page(space, va, access, reason);
}

paddr_t space_page_now(struct space *space, vaddr_t va, unsigned access)
{
	struct fault f = { .space = space, .va = va, .access = access };
	paddr_t pa = present_page(space, va, access);

	if (pa)
		return pa;
	return fault_run(&f) == LDE_REASON_NONE ? f.page : 0;
}
