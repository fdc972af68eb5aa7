/* SPDX-License-Identifier: MIT */
#include "guest/fs/cache_io.h"

#include "guest/arch/direct.h"
#include "guest/core/wait.h"
#include "guest/mm/page.h"

_Static_assert(sizeof(struct cache_batch) <= PAGE_SIZE, "a page");

/* Who needs a page that is in flight; few, so all look again. */
static struct wait_queue batch_done = WAIT_QUEUE_INIT(batch_done);

struct cache_batch *batch_create(struct block_device *device, uint32_t block_bytes)
{
	paddr_t pa = page_alloc();
	struct cache_batch *batch;

	if (!pa)
		return NULL;
	batch = direct_map(pa);
	batch->device = device;
	batch->block_bytes = block_bytes;
	batch_clear(batch, BLOCK_READ);
	return batch;
}

void batch_destroy(struct cache_batch *batch)
{
	page_put(direct_paddr(batch));
}

void batch_clear(struct cache_batch *batch, enum block_op op)
{
	batch->op = op;
	batch->nr_requests = batch->nr_segs = batch->nr_pages = 0;
}

/* A block goes on where the last request ends. */
static bool extend_request(struct cache_batch *batch, uint64_t sector, paddr_t pa)
{
	struct block_request *r;
	struct block_seg *last;

	if (!batch->nr_requests)
		return false;
	r = &batch->requests[batch->nr_requests - 1];
	last = &batch->segs[batch->nr_segs - 1];
	if (r->sector + r->nr_sectors != sector)
		return false;
	if (last->pa + last->len == pa) {
		last->len += batch->block_bytes;
	} else {
		if (r->nr_segs == BLOCK_SEGS_MAX)
			return false;
		batch->segs[batch->nr_segs++] = (struct block_seg){ pa, batch->block_bytes };
		r->nr_segs++;
	}
	r->nr_sectors += batch->block_bytes / BLOCK_SECTOR_SIZE;
	return true;
}

static void add_block(struct cache_batch *batch, uint32_t block, paddr_t pa)
{
	uint32_t nr_sectors = batch->block_bytes / BLOCK_SECTOR_SIZE;
	uint64_t sector = (uint64_t)block * nr_sectors;

	if (extend_request(batch, sector, pa))
		return;
	batch->requests[batch->nr_requests++] = (struct block_request){
		.op = batch->op,
		.nr_segs = 1,
		.segs = &batch->segs[batch->nr_segs],
		.sector = sector,
		.nr_sectors = nr_sectors,
	};
	batch->segs[batch->nr_segs++] = (struct block_seg){ pa, batch->block_bytes };
}

static bool has_room(const struct cache_batch *batch, uint32_t nr_blocks)
{
	return batch->nr_pages < BATCH_PAGES_MAX &&
	       batch->nr_requests + nr_blocks <= BATCH_REQUESTS_MAX &&
	       batch->nr_segs + nr_blocks <= BATCH_SEGS_MAX;
}

static void add_page(struct cache_batch *batch, struct cache_page *page)
{
	page->is_in_flight = true;
	batch->pages[batch->nr_pages++] = cache_hold(page);
}

bool batch_add(struct cache_batch *batch, struct cache_page *page, uint32_t nr_blocks)
{
	paddr_t pa = direct_paddr(page->data);

	if (!has_room(batch, nr_blocks))
		return false;
	for (uint32_t i = 0; i < nr_blocks; i++)
		if (page->block[i])
			add_block(batch, page->block[i], pa + (uint64_t)i * batch->block_bytes);
	add_page(batch, page);
	return true;
}

bool batch_add_block(struct cache_batch *batch, struct cache_page *page)
{
	if (!has_room(batch, 1))
		return false;
	add_block(batch, page->index, direct_paddr(page->data));
	add_page(batch, page);
	return true;
}

int batch_run(struct cache_batch *batch)
{
	int err = 0;

	for (uint32_t i = 0; i < batch->nr_requests; i++)
		block_submit(batch->device, &batch->requests[i]);
	for (uint32_t i = 0; i < batch->nr_requests; i++) {
		int result = block_wait(batch->device, &batch->requests[i]);

		if (!err)
			err = result;
	}
	for (uint32_t i = 0; i < batch->nr_pages; i++)
		batch->pages[i]->is_in_flight = false;
	wait_wake_all(&batch_done);
	return err;
}

void batch_release(struct cache_batch *batch)
{
	for (uint32_t i = 0; i < batch->nr_pages; i++)
		cache_unhold(batch->pages[i]);
	batch->nr_pages = 0;
}

void batch_wait_any(void)
{
	wait_uninterrupted(&batch_done);
}

void batch_give_up(void)
{
	wait_wake_all(&batch_done);
}
