/* SPDX-License-Identifier: MIT */
#include "guest/fs/text.h"

#include "guest/arch/direct.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/pool.h"

struct short_text {
	char bytes[32];
};

struct long_text {
	char bytes[256];
};

static struct pool short_pool = POOL_INIT(short_pool, struct short_text);
static struct pool long_pool = POOL_INIT(long_pool, struct long_text);

/* Where texts of that length lie; NULL: in pages of their own. */
static struct pool *pool_for(uint64_t len)
{
	if (len <= sizeof(struct short_text))
		return &short_pool;
	return len <= sizeof(struct long_text) ? &long_pool : NULL;
}

const char *text_keep(const char *s, uint64_t len)
{
	struct pool *pool = pool_for(len);
	paddr_t pa = pool ? 0 : page_alloc();
	char *copy = NULL;

	if (pool)
		copy = pool_alloc(pool);
	else if (pa)
		copy = direct_map(pa);
	if (copy)
		memcpy(copy, s, len);
	return copy;
}

void text_drop(const char *s, uint64_t len)
{
	struct pool *pool = pool_for(len);
	paddr_t page = ALIGN_DOWN(direct_paddr(s), PAGE_SIZE);

	if (!page_is_exclusive(page))
		return; /* the initrd's: no page of the allocator's */
	if (pool)
		pool_free(pool, (void *)s);
	else
		page_put(page);
}
