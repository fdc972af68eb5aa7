/* SPDX-License-Identifier: MIT */
/* Regions: the list, and what changes it. Pages are fault.c's. */
#include "guest/mm/space.h"

#include "guest/arch/offload.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/page_walk.h"
#include "guest/mm/pool.h"
#include "guest/mm/region_pages.h"

#define REGIONS_MAX 16384

static struct pool space_pool = POOL_INIT(space_pool, struct space);
static struct pool region_pool = POOL_INIT(region_pool, struct region);

static uint64_t space_create_here(void *unused)
{
	struct space *space = pool_alloc(&space_pool);

	(void)unused;
	if (!space)
		return 0;
	space->tables.root = page_alloc_zeroed_here();
	if (!space->tables.root) {
		pool_free(&space_pool, space);
		return 0;
	}
	paging_init_root(space->tables.root);
	space->tables.list = page_list_push(0, space->tables.root);
	space->tables.last_span = PAGING_NO_SPAN;
	list_init(&space->regions);
	space->search_top = USER_END;
	space->users = 1;
	return (uint64_t)space;
}

struct space *space_create(void)
{
	return (struct space *)offload_call(space_create_here, NULL);
}

static void region_free(struct space *space, struct region *r)
{
	list_remove(&r->link);
	splay_remove(&space->by_start, &r->node);
	space->search_top = max_u64(space->search_top, r->end);
	if (space->last == r)
		space->last = NULL;
	if (r->object)
		r->object->ops->put(r->object);
	space->nr_regions--;
	pool_free(&region_pool, r);
}

static uint64_t space_destroy(void *arg)
{
	struct space *space = arg;

	list_for_each_safe(l, &space->regions) {
		struct region *r = list_entry(l, struct region, link);

		region_free_pages(space, r);
		region_free(space, r);
	}
	page_list_free(space->tables.list);
	pool_free(&space_pool, space);
	return 0;
}

void space_put(struct space *space)
{
	if (!--space->users)
		offload_call(space_destroy, space);
}

static struct region *region_of(struct splay_node *node)
{
	return node ? container_of(node, struct region, node) : NULL;
}

static struct region *region_next(const struct space *space, const struct region *r)
{
	const struct list *next = r ? r->link.next : space->regions.next;

	return next == &space->regions ? NULL : list_entry(next, struct region, link);
}

struct region *space_find_from(struct space *space, vaddr_t va)
{
	struct region *r = region_of(splay_find_below(&space->by_start, va));

	return r && va < r->end ? r : region_next(space, r);
}

struct region *space_find(struct space *space, vaddr_t va)
{
	struct region *r = space->last;

	if (likely(r && va >= r->start && va < r->end))
		return r;
	r = space_find_from(space, va);
	if (!r || va < r->start)
		return NULL;
	space->last = r;
	return r;
}

static uint64_t size_run(void *arg)
{
	const struct space *space = arg;
	uint64_t bytes = 0;

	list_for_each(l, &space->regions) {
		const struct region *r = list_entry(l, struct region, link);

		bytes += r->end - r->start;
	}
	return bytes;
}

uint64_t space_size(struct space *space)
{
	return offload_call(size_run, space);
}

bool space_is_free(struct space *space, vaddr_t start, uint64_t bytes)
{
	struct region *r = space_find_from(space, start);

	return !r || r->start >= start + bytes;
}

/* Where a mapping must end below r, so that a stack keeps its guard. */
static vaddr_t region_floor(const struct region *r)
{
	return r->flags & REGION_F_STACK ? r->start - STACK_GUARD_BYTES : r->start;
}

/* The highest gap of that size with its end at or below top; 0: none. */
static vaddr_t find_gap_below(struct space *space, uint64_t bytes, vaddr_t top)
{
	struct region *r = region_of(splay_find_below(&space->by_start, top - 1));
	const struct list *l = r ? &r->link : &space->regions;

	/* What lies above may be a stack, and top in its guard. */
	r = region_next(space, r);
	if (r)
		top = min_u64(top, region_floor(r));
	for (; l != &space->regions; l = l->prev) {
		r = list_entry(l, struct region, link);
		if (r->end <= top && top - r->end >= bytes)
			return top - bytes;
		top = min_u64(top, region_floor(r));
	}
	return top >= USER_START + bytes ? top - bytes : 0;
}

struct gap_search {
	struct space *space;
	uint64_t bytes;
};

static uint64_t find_gap(void *arg)
{
	const struct gap_search *s = arg;
	vaddr_t start = find_gap_below(s->space, s->bytes, s->space->search_top);

	if (!start)
		start = find_gap_below(s->space, s->bytes, USER_END);
	if (start)
		s->space->search_top = start;
	return start;
}

/* So many regions are looked at without further ado. */
#define FEW_REGIONS 64

vaddr_t space_find_gap(struct space *space, uint64_t bytes)
{
	struct gap_search s = { space, bytes };

	return space->nr_regions <= FEW_REGIONS ? find_gap(&s) : offload_call(find_gap, &s);
}

/* Two regions that lie side by side and differ in nothing become one. */
static bool region_continues(const struct region *a, const struct space_mapping *m)
{
	return a->end == m->start && a->prot == m->prot && a->flags == m->flags && !a->object &&
	       !m->object;
}

/* A new region before pos, not joined with anything; NULL without memory. */
static struct region *region_create(struct space *space, const struct space_mapping *m,
				    struct list *pos)
{
	struct region *r = space->nr_regions < REGIONS_MAX ? pool_alloc(&region_pool) : NULL;

	if (!r)
		return NULL;
	r->start = m->start;
	r->end = m->start + m->bytes;
	region_set_prot(r, m->prot);
	r->flags = m->flags;
	r->object = m->object;
	r->offset = m->offset;
	r->length = m->length;
	r->touched_start = UINT64_MAX;
	if (r->object)
		r->object->ops->get(r->object);
	r->node.key = r->start;
	list_insert_before(pos, &r->link);
	splay_insert(&space->by_start, &r->node);
	space->nr_regions++;
	return r;
}

/* Where on the list a region at va goes: before this. */
static struct list *place_of(struct space *space, vaddr_t va)
{
	struct region *next = space_find_from(space, va);

	return next ? &next->link : &space->regions;
}

int space_map(struct space *space, const struct space_mapping *m)
{
	struct list *pos = place_of(space, m->start);

	if (pos->prev != &space->regions) {
		struct region *r = list_entry(pos->prev, struct region, link);

		if (region_continues(r, m)) {
			r->end += m->bytes;
			return 0;
		}
	}
	return region_create(space, m, pos) ? 0 : -ENOMEM;
}

/* Cuts r in two at va, which is inside it; r keeps the lower part. */
static int region_split(struct space *space, struct region *r, vaddr_t va)
{
	uint64_t below = va - r->start;
	struct region *upper;

	if (space->nr_regions >= REGIONS_MAX)
		return -ENOMEM;
	upper = pool_alloc(&region_pool);
	if (!upper)
		return -ENOMEM;
	*upper = *r;
	upper->start = va;
	upper->touched_start = max_u64(r->touched_start, va);
	upper->offset += below;
	upper->length = r->length > below ? r->length - below : 0;
	r->end = va;
	r->touched_end = min_u64(r->touched_end, va);
	r->length = min_u64(r->length, below);
	if (r->object)
		r->object->ops->get(r->object);
	upper->node.key = va;
	list_insert_before(r->link.next, &upper->link);
	splay_insert(&space->by_start, &upper->node);
	space->nr_regions++;
	return 0;
}

/* Makes start and end boundaries of regions where they are inside one. */
static int split_at_bounds(struct space *space, vaddr_t start, vaddr_t end)
{
	struct region *r = space_find(space, start);
	int err = 0;

	if (r && r->start < start)
		err = region_split(space, r, start);
	if (err)
		return err;
	r = space_find(space, end);
	if (r && r->start < end)
		err = region_split(space, r, end);
	return err;
}

/* What is to become of a range, in which there may be thousands of regions. */
struct change {
	struct space *space;
	vaddr_t start, end;
	uint8_t prot;
	const struct memory_object *object;
	uint64_t size;
	bool has_changed; /* out: pages */
};

static uint64_t change(offload_fn run, struct change *c)
{
	uint64_t result = offload_call(run, c);

	if (c->has_changed)
		region_flush(c->space);
	return result;
}

static uint64_t unmap_run(void *arg)
{
	struct change *c = arg;
	struct region *r;
	int err = split_at_bounds(c->space, c->start, c->end);

	if (err)
		return err;
	while ((r = space_find_from(c->space, c->start)) && r->start < c->end) {
		c->has_changed |= region_drop_pages(c->space, r, r->start, r->end);
		region_free(c->space, r);
	}
	return 0;
}

int space_unmap(struct space *space, vaddr_t start, uint64_t bytes)
{
	struct change c = { .space = space, .start = start, .end = start + bytes };

	return (int)change(unmap_run, &c);
}

/* Whether all of the range is mapped, and may get that protection. */
static int check_protect(struct space *space, vaddr_t start, vaddr_t end, uint8_t prot)
{
	while (start < end) {
		struct region *r = space_find(space, start);

		if (!r)
			return -ENOMEM;
		if (prot & SPACE_PROT_WRITE && r->flags & REGION_F_READ_ONLY)
			return -EACCES;
		start = r->end;
	}
	return 0;
}

/* Joins r with the region after it where they differ in nothing. */
static void region_join_next(struct space *space, struct region *r)
{
	struct region *next = list_entry(r->link.next, struct region, link);
	struct space_mapping m;

	if (r->link.next == &space->regions)
		return;
	m = (struct space_mapping){ .start = next->start, .prot = next->prot,
				    .flags = next->flags, .object = next->object };
	if (!region_continues(r, &m))
		return;
	r->end = next->end;
	r->touched_start = min_u64(r->touched_start, next->touched_start);
	r->touched_end = max_u64(r->touched_end, next->touched_end);
	region_free(space, next);
}

static uint64_t protect_run(void *arg)
{
	struct change *c = arg;
	struct space *space = c->space;
	struct region *r;
	int err;

	err = check_protect(space, c->start, c->end, c->prot);
	if (!err)
		err = split_at_bounds(space, c->start, c->end);
	if (err)
		return err;
	for (vaddr_t va = c->start; va < c->end; va = r->end) {
		r = space_find(space, va);
		region_set_prot(r, c->prot);
		c->has_changed |= region_update_pages(space, r);
	}
	r = space_find(space, c->start);
	while (r->end < c->end && r->link.next != &space->regions) {
		vaddr_t old_end = r->end;

		region_join_next(space, r);
		if (r->end == old_end)
			r = list_entry(r->link.next, struct region, link);
	}
	return 0;
}

int space_protect(struct space *space, vaddr_t start, uint64_t bytes, uint8_t prot)
{
	struct change c = { .space = space, .start = start, .end = start + bytes, .prot = prot };

	return (int)change(protect_run, &c);
}

int space_move(struct space *space, vaddr_t from, uint64_t bytes, vaddr_t to, uint64_t to_bytes)
{
	struct region *old, *new;
	struct space_mapping m;
	int err = split_at_bounds(space, from, from + bytes);

	if (err)
		return err;
	old = space_find(space, from);
	m = (struct space_mapping){
		.start = to, .bytes = to_bytes, .prot = old->prot, .flags = old->flags,
		.object = old->object, .offset = old->offset, .length = old->length,
	};
	/* A region of its own: the one before it may be old. */
	new = region_create(space, &m, place_of(space, to));
	if (!new)
		return -ENOMEM;
	err = region_move_pages(space, old, new, to);
	region_free(space, err ? new : old);
	return err;
}

void space_grow(struct region *region, uint64_t bytes)
{
	region->end += bytes;
}

/* How many of the pages in [va, end), all in the region, are a part of its object. */
static uint64_t nr_of_object(const struct region *r, vaddr_t va, vaddr_t end)
{
	uint64_t into = va - r->start;

	if (!r->object || into >= r->length)
		return 0;
	return min_u64(end - va, ALIGN_UP(r->length - into, PAGE_SIZE)) / PAGE_SIZE;
}

uint64_t space_find_resident(struct space *space, vaddr_t va, uint64_t nr, uint8_t *resident)
{
	vaddr_t start = va, end = va + nr * PAGE_SIZE;
	const struct region *r;

	while (va < end && (r = space_find(space, va))) {
		struct page_walk w = { &space->tables, va, min_u64(end, r->end), NULL };
		uint64_t done = (va - start) / PAGE_SIZE;

		memset(resident + done, 0, (w.end - va) / PAGE_SIZE);
		memset(resident + done, 1, nr_of_object(r, va, w.end));
		for (va = w.end; walk_find(&w); walk_step(&w))
			resident[(w.va - start) / PAGE_SIZE] = 1;
	}
	return (va - start) / PAGE_SIZE;
}

static uint64_t discard_run(void *arg)
{
	struct change *c = arg;
	vaddr_t start = c->start;

	while (start < c->end) {
		struct region *r = space_find_from(c->space, start);

		if (!r || r->start >= c->end)
			break;
		c->has_changed |= region_drop_pages(c->space, r, max_u64(start, r->start),
						    min_u64(c->end, r->end));
		start = r->end;
	}
	return 0;
}

void space_discard(struct space *space, vaddr_t start, uint64_t bytes)
{
	struct change c = { .space = space, .start = start, .end = start + bytes };

	change(discard_run, &c);
}

static uint64_t shed_run(void *arg)
{
	struct change *c = arg;

	list_for_each(l, &c->space->regions)
		c->has_changed |= region_shed_pages(c->space, list_entry(l, struct region, link));
	return c->has_changed;
}

bool space_shed(struct space *space)
{
	struct change c = { .space = space };

	return change(shed_run, &c);
}

bool space_maps(const struct space *space, const struct memory_object *object)
{
	list_for_each(l, &space->regions)
		if (list_entry(l, struct region, link)->object == object)
			return true;
	return false;
}

static uint64_t cut_run(void *arg)
{
	struct change *c = arg;
	uint64_t end = ALIGN_UP(c->size, PAGE_SIZE);

	list_for_each(l, &c->space->regions) {
		struct region *r = list_entry(l, struct region, link);
		uint64_t left = end > r->offset ? end - r->offset : 0;

		if (r->object == c->object && left < r->end - r->start)
			c->has_changed |= region_drop_pages(c->space, r, r->start + left, r->end);
	}
	return 0;
}

void space_cut(struct space *space, const struct memory_object *object, uint64_t size)
{
	struct change c = { .space = space, .object = object, .size = size };

	change(cut_run, &c);
}
