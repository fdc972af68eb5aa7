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
	struct list partial;  /* slabs with a free object */
};

#define POOL_INIT(name, type)                                                                      \
	{                                                                                          \
		ALIGN_UP(sizeof(type), 8), { &(name).partial, &(name).partial }                    \
	}

/* A zeroed object, or NULL. */
void *pool_alloc(struct pool *pool);
void pool_free(struct pool *pool, void *object);

#endif
