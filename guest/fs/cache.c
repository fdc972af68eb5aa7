/* SPDX-License-Identifier: MIT */
#include "guest/fs/cache.h"

#include "guest/arch/direct.h"
#include "guest/lib/ledger.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/pool.h"

#define NR_BUCKETS  4096u
#define SHARE_MAX   4    /* of all pages, for the cache */
#define SHARE_FULL  3    /* as much again, if what is in it cannot be given up */
#define SHARE_DIRTY 2    /* of the cache, for what one disk has to write */
#define SHRINK_STEP 16
#define SCAN_MAX    1024 /* pages looked at in one go */
#define PAGES_MIN   64

static struct {
	struct cache_page **buckets;
	struct list lru; /* the least recently used in front */
	uint32_t nr_pages, nr_max;
	uint32_t nr_clean; /* that could be given up, more or less */
	uint32_t epoch;
} cache;

static struct pool page_pool = POOL_INIT(page_pool, struct cache_page);

static bool cache_reclaim(void)
{
	return cache_shrink(SHRINK_STEP);
}

bool cache_init(void)
{
	paddr_t pa;

	if (cache.buckets)
		return true;
	pa = page_reserve(NR_BUCKETS * sizeof(struct cache_page *));
	if (!pa)
		return false;
	cache.buckets = direct_map(pa);
	list_init(&cache.lru);
	cache.nr_max = max_u64(ledger.pages_total / SHARE_MAX, PAGES_MIN);
	page_set_reclaim(cache_reclaim, &cache.nr_clean);
	return true;
}

void cache_owner_init(struct cache_owner *owner)
{
	list_init(&owner->pages);
	owner->nr_pages = owner->nr_dirty = owner->nr_keepers = owner->nr_holds = 0;
}

void cache_dirty_init(struct cache_dirty *dirty)
{
	for (unsigned i = 0; i < CACHE_NR_CLASSES; i++)
		list_init(&dirty->pages[i]);
	dirty->nr = 0;
}

void cache_begin(void)
{
	cache.epoch++;
}

static struct cache_page **bucket_of(const struct cache_owner *owner, uint64_t index)
{
	uint64_t hash = ((uint64_t)owner >> 4) + index;

	hash *= 0x9e3779b97f4a7c15;
	return &cache.buckets[hash >> 52];
}
_Static_assert(NR_BUCKETS == 1 << (64 - 52), "bucket_of");

static struct cache_page *peek(struct cache_owner *owner, uint64_t index)
{
	struct cache_page *page = *bucket_of(owner, index);

	while (page && (page->owner != owner || page->index != index))
		page = page->next;
	return page;
}

struct cache_page *cache_find(struct cache_owner *owner, uint64_t index)
{
	struct cache_page *page = peek(owner, index);

	if (page && page->epoch != cache.epoch) {
		page->epoch = cache.epoch;
		list_remove(&page->in_lru);
		list_add_tail(&cache.lru, &page->in_lru);
	}
	return page;
}

struct cache_page *cache_add(struct cache_owner *owner, uint64_t index)
{
	struct cache_page **bucket = bucket_of(owner, index), *page;
	paddr_t pa;

	if (cache.nr_pages >= cache.nr_max && !cache_shrink(SHRINK_STEP) &&
	    cache.nr_pages >= cache.nr_max * SHARE_FULL)
		return NULL;
	page = pool_alloc(&page_pool);
	pa = page ? page_alloc_zeroed_here() : 0;
	if (!pa) {
		if (page)
			pool_free(&page_pool, page);
		return NULL;
	}
	page->owner = owner;
	page->index = index;
	page->data = direct_map(pa);
	page->epoch = cache.epoch;
	list_init(&page->in_dirty);
	page->next = *bucket;
	*bucket = page;
	list_add_tail(&cache.lru, &page->in_lru);
	list_add_tail(&owner->pages, &page->in_owner);
	owner->nr_pages++;
	cache.nr_pages++;
	cache.nr_clean++;
	return page;
}

static void page_free(struct cache_page *page)
{
	page_put(direct_paddr(page->data));
	pool_free(&page_pool, page);
}

void cache_remove(struct cache_page *page)
{
	struct cache_page **link = bucket_of(page->owner, page->index);

	cache_set_clean(page);
	while (*link != page)
		link = &(*link)->next;
	*link = page->next;
	list_remove(&page->in_lru);
	list_remove(&page->in_owner);
	page->owner->nr_pages--;
	page->owner->nr_holds -= page->users;
	page->owner = NULL;
	cache.nr_pages--;
	cache.nr_clean--;
	if (!page->users)
		page_free(page);
}

void cache_remove_from(struct cache_owner *owner, uint64_t index)
{
	list_for_each_safe(l, &owner->pages) {
		struct cache_page *page = list_entry(l, struct cache_page, in_owner);

		if (page->index >= index)
			cache_remove(page);
	}
}

bool cache_forget(struct cache_owner *owner, uint64_t index)
{
	struct cache_page *page = peek(owner, index);

	if (page && page->epoch == cache.epoch)
		return false;
	if (page)
		cache_remove(page);
	return true;
}

void cache_unhold(struct cache_page *page)
{
	page->users--;
	if (page->owner)
		page->owner->nr_holds--;
	else if (!page->users)
		page_free(page);
}

void cache_set_dirty(struct cache_page *page, struct cache_dirty *dirty, enum cache_class class)
{
	if (page->dirty) {
		if (page->class >= class)
			return;
		list_remove(&page->in_dirty);
	} else {
		page->dirty = dirty;
		page->owner->nr_dirty++;
		dirty->nr++;
		cache.nr_clean--;
	}
	page->class = class;
	list_add_tail(&dirty->pages[class], &page->in_dirty);
}

void cache_set_clean(struct cache_page *page)
{
	if (!page->dirty)
		return;
	list_remove(&page->in_dirty);
	page->is_target = false;
	page->dirty->nr--;
	page->dirty = NULL;
	page->owner->nr_dirty--;
	cache.nr_clean++;
}

static bool can_go(const struct cache_page *page)
{
	return !page->dirty && !page->users && !page->owner->nr_keepers &&
	       page->epoch != cache.epoch && page_is_exclusive(direct_paddr(page->data));
}

uint32_t cache_shrink(uint32_t nr)
{
	uint32_t done = 0, nr_seen = 0;

	list_for_each_safe(l, &cache.lru) {
		struct cache_page *page = list_entry(l, struct cache_page, in_lru);

		if (done == nr || ++nr_seen > SCAN_MAX)
			break;
		if (can_go(page)) {
			cache_remove(page);
			done++;
		} else if (page->epoch != cache.epoch) {
			/* Out of the way of those that look next. */
			list_remove(&page->in_lru);
			list_add_tail(&cache.lru, &page->in_lru);
		}
	}
	return done;
}

uint32_t cache_nr_max(void)
{
	return cache.nr_max;
}

bool cache_is_crowded(const struct cache_dirty *dirty)
{
	return dirty->nr >= cache.nr_max / SHARE_DIRTY;
}
