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

static struct slab *slab_create(struct pool *pool)
{
	paddr_t pa = page_alloc_zeroed();
	struct slab *slab;

	if (!pa)
		return NULL;
	slab = direct_map(pa);
	slab->fresh = sizeof(*slab);
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
	page_put(direct_paddr(slab));
}
