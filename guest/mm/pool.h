/* SPDX-License-Identifier: MIT */
/*
 * Pools of equal objects, carved from pages. A page goes back to the page
 * allocator with its last object.
 */
#ifndef GUEST_MM_POOL_H
#define GUEST_MM_POOL_H

#include "guest/lib/list.h"

struct pool {
	uint32_t object_size; /* bytes, a multiple of 8, at most 2000 */
	uint32_t nr_slabs;
	struct list partial;  /* slabs with a free object */
	const char *name;
	struct pool *next;    /* of those that were ever used */
};

#define POOL_INIT(pool, type)                                                                      \
	{                                                                                          \
		.object_size = ALIGN_UP(sizeof(type), 8),                                          \
		.partial = { &(pool).partial, &(pool).partial }, .name = #pool,                    \
	}

/* A zeroed object, or NULL. */
void *pool_alloc(struct pool *pool);
void pool_free(struct pool *pool, void *object);

/* For the self-check: what is wrong with any pool, or NULL; and a pool that has
 * objects in use, *nr of them, or NULL. */
const char *pool_check(void);
const struct pool *pool_find_used(uint64_t *nr);

#endif
