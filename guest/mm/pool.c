/* SPDX-License-Identifier: MIT */
#include "guest/mm/pool.h"

#include "guest/arch/direct.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"

/* At the start of each page of a pool; the objects follow. */
struct slab {
	struct list link; /* on pool->partial while anything is free */
	void *free;       /* freed objects, linked through their first word */
	uint32_t fresh;   /* offset of the first object never handed out */
	uint32_t used;
};

/* All that were ever used; the last one is its own next. */
static struct pool *pools;

static void pool_note(struct pool *pool)
{
	pool->next = pools ? pools : pool;
	pools = pool;
}

static struct pool *pool_after(const struct pool *pool)
{
	return pool->next == pool ? NULL : pool->next;
}

static struct slab *slab_create(struct pool *pool)
{
	paddr_t pa = page_alloc_zeroed();
	struct slab *slab;

	if (!pa)
		return NULL;
	slab = direct_map(pa);
	slab->fresh = sizeof(*slab);
	if (unlikely(!pool->next))
		pool_note(pool);
	pool->nr_slabs++;
	list_add_head(&pool->partial, &slab->link);
	return slab;
}

static bool slab_is_full(const struct pool *pool, const struct slab *slab)
{
	return !slab->free && slab->fresh + pool->object_size > PAGE_SIZE;
}

void *pool_alloc(struct pool *pool)
{
	struct slab *slab;
	void *object;

	if (list_is_empty(&pool->partial)) {
		slab = slab_create(pool);
		if (!slab)
			return NULL;
	} else {
		slab = list_entry(pool->partial.next, struct slab, link);
	}
	if (slab->free) {
		object = slab->free;
		slab->free = *(void **)object;
		memset(object, 0, pool->object_size);
	} else {
		object = (char *)slab + slab->fresh;
		slab->fresh += pool->object_size;
	}
	slab->used++;
	if (slab_is_full(pool, slab))
		list_remove(&slab->link);
	return object;
}

void pool_free(struct pool *pool, void *object)
{
	struct slab *slab = (struct slab *)ALIGN_DOWN((uint64_t)object, PAGE_SIZE);

	if (slab_is_full(pool, slab))
		list_add_head(&pool->partial, &slab->link);
	*(void **)object = slab->free;
	slab->free = object;
	if (--slab->used)
		return;
	list_remove(&slab->link);
	pool->nr_slabs--;
	page_put(direct_paddr(slab));
}

/* ---- self-check -------------------------------------------------------- */

static const char *slab_check(const struct pool *pool, const struct slab *slab)
{
	uint32_t nr_fresh = (slab->fresh - sizeof(*slab)) / pool->object_size, nr_free = 0;
	const void *object;

	if (!page_is_exclusive(direct_paddr(slab)))
		return "a page of a pool has other owners";
	if (slab->fresh > PAGE_SIZE || (slab->fresh - sizeof(*slab)) % pool->object_size)
		return "a page of a pool is not divided as it should be";
	for (object = slab->free; object && nr_free <= nr_fresh; object = *(void *const *)object) {
		if (ALIGN_DOWN((uint64_t)object, PAGE_SIZE) != (uint64_t)slab)
			return "a pool's free object is not in its page";
		nr_free++;
	}
	if (slab->used + nr_free != nr_fresh)
		return "a page of a pool has lost objects, or freed one twice";
	return slab_is_full(pool, slab) ? "a full page of a pool is on its list" : NULL;
}

const char *pool_check(void)
{
	const char *wrong;

	for (const struct pool *pool = pools; pool; pool = pool_after(pool)) {
		uint32_t nr_partial = 0;

		list_for_each(l, &pool->partial) {
			wrong = slab_check(pool, list_entry(l, struct slab, link));
			if (wrong)
				return wrong;
			if (++nr_partial > pool->nr_slabs)
				return "a pool has more pages than it counts";
		}
	}
	return NULL;
}

static uint64_t pool_nr_used(const struct pool *pool)
{
	uint64_t nr_full = pool->nr_slabs, nr = 0;

	list_for_each(l, &pool->partial) {
		nr += list_entry(l, struct slab, link)->used;
		nr_full--;
	}
	return nr + nr_full * ((PAGE_SIZE - sizeof(struct slab)) / pool->object_size);
}

const struct pool *pool_find_used(uint64_t *nr)
{
	for (const struct pool *pool = pools; pool; pool = pool_after(pool)) {
		*nr = pool_nr_used(pool);
		if (*nr)
			return pool;
	}
	return NULL;
}
