/* SPDX-License-Identifier: MIT */
/*
 * Pages of the cache to and from a disk, many in one go: parts that adjoin on
 * the disk become one request, and all requests of a batch are in flight
 * together.
 */
#ifndef GUEST_FS_CACHE_IO_H
#define GUEST_FS_CACHE_IO_H

#include "guest/dev/block.h"
#include "guest/fs/cache.h"

#define BATCH_REQUESTS_MAX 16
#define BATCH_SEGS_MAX     64
#define BATCH_PAGES_MAX    32

/* In a page of its own. Pages in it are held, and in flight. */
struct cache_batch {
	struct block_device *device;
	enum block_op op;
	uint32_t block_bytes;
	uint32_t nr_requests, nr_segs, nr_pages;
	struct block_request requests[BATCH_REQUESTS_MAX];
	struct block_seg segs[BATCH_SEGS_MAX];
	struct cache_page *pages[BATCH_PAGES_MAX];
};

/* NULL without memory. */
struct cache_batch *batch_create(struct block_device *device, uint32_t block_bytes);
void batch_destroy(struct cache_batch *batch);
void batch_clear(struct cache_batch *batch, enum block_op op);

/* Adds a page of a file, of nr_blocks blocks; false if there is no room, and then
 * nothing is added. May be offloaded. */
bool batch_add(struct cache_batch *batch, struct cache_page *page, uint32_t nr_blocks);
/* The same for a block of the file system's own, which may be block 0. */
bool batch_add_block(struct cache_batch *batch, struct cache_page *page);

/* Blocks until all is done. 0 or the first error. Pages are not in flight any
 * more, still held, and who waited for them is READY. */
int batch_run(struct cache_batch *batch);

/* Lets go of the pages. May be offloaded. */
void batch_release(struct cache_batch *batch);

/* Blocks until some batch is done, or given up. */
void batch_wait_any(void);
/* What was to be in batches will not be: who waits for it looks again. */
void batch_give_up(void);

#endif
