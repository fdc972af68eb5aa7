/* SPDX-License-Identifier: MIT */
#include "guest/fs/content.h"

#include "guest/arch/direct.h"
#include "guest/lib/ledger.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"

/* A node is a page of page numbers, 0 where there is nothing. */
#define NODE_BITS    10
#define NODE_ENTRIES (1u << NODE_BITS)
#define HEIGHT_MAX   2

_Static_assert((uint64_t)PAGE_SIZE << HEIGHT_MAX * NODE_BITS == CONTENT_BYTES_MAX, "the tree's reach");

/* What files leave to programs: a part of all pages. */
#define RESERVE_SHARE 16

static inline void *page_at(uint32_t number)
{
	return direct_map((paddr_t)number << LDE_PAGE_SHIFT);
}

uint64_t content_nr_free(void)
{
	uint64_t free = page_nr_free(), reserve = ledger.pages_total / RESERVE_SHARE;

	return free > reserve ? free - reserve : 0;
}

static uint32_t page_make(bool is_zero)
{
	paddr_t pa = 0;

	if (content_nr_free())
		pa = is_zero ? page_alloc_zeroed() : page_alloc();
	return pa >> LDE_PAGE_SHIFT;
}

/* Where the number of the page is kept, or NULL if no node reaches it. */
static const uint32_t *slot_find(const struct content *c, uint64_t index)
{
	const uint32_t *slot = &c->root;

	if (index >> NODE_BITS * c->height)
		return NULL;
	for (unsigned level = c->height; level; level--) {
		const uint32_t *node = page_at(*slot);

		if (!*slot)
			return NULL;
		slot = &node[index >> NODE_BITS * (level - 1) & (NODE_ENTRIES - 1)];
	}
	return slot;
}

/* Puts a node above the root until the tree reaches index. */
static bool tree_grow(struct content *c, uint64_t index)
{
	while (index >> NODE_BITS * c->height) {
		if (c->root) {
			uint32_t number = page_make(true);

			if (!number)
				return false;
			*(uint32_t *)page_at(number) = c->root;
			c->root = number;
		}
		c->height++;
	}
	return true;
}

/* The same, building the nodes that are missing. */
static uint32_t *slot_ensure(struct content *c, uint64_t index)
{
	uint32_t *slot = &c->root;

	if (!tree_grow(c, index))
		return NULL;
	for (unsigned level = c->height; level; level--) {
		if (!*slot)
			*slot = page_make(true);
		if (!*slot)
			return NULL;
		slot = (uint32_t *)page_at(*slot) +
		       (index >> NODE_BITS * (level - 1) & (NODE_ENTRIES - 1));
	}
	return slot;
}

static paddr_t archive_page(const struct content *c, uint64_t index)
{
	return index * PAGE_SIZE < c->archive_bytes ? c->archive + index * PAGE_SIZE : 0;
}

paddr_t content_find(const struct content *content, uint64_t index)
{
	const uint32_t *slot = slot_find(content, index);

	if (slot && *slot)
		return (paddr_t)*slot << LDE_PAGE_SHIFT;
	return archive_page(content, index);
}

/* A new page with what the archive has for it, then zeroes. */
static uint32_t page_from_archive(const struct content *c, uint64_t index)
{
	paddr_t from = archive_page(c, index);
	uint64_t bytes = min_u64(PAGE_SIZE, c->archive_bytes - index * PAGE_SIZE);
	uint32_t number = page_make(!from || bytes < PAGE_SIZE);

	if (number && from)
		memcpy(page_at(number), direct_map(from), bytes);
	return number;
}

paddr_t content_own(struct content *content, uint64_t index, bool is_kept)
{
	uint32_t *slot = slot_ensure(content, index);

	if (!slot)
		return 0;
	if (!*slot) {
		*slot = is_kept ? page_from_archive(content, index) : page_make(false);
		content->nr_pages += !!*slot;
	}
	return (paddr_t)*slot << LDE_PAGE_SHIFT;
}

/*
 * Frees what lies under *slot, a tree of that height and not 0, from index on;
 * *slot becomes 0 if all of it went.
 */
static void tree_cut(struct content *c, uint32_t *slot, unsigned height, uint64_t index)
{
	uint32_t *node = page_at(*slot);

	if (!height) {
		c->nr_pages--;
	} else {
		unsigned shift = NODE_BITS * (height - 1);
		unsigned first = index >> shift;

		for (unsigned i = first; i < NODE_ENTRIES; i++)
			if (node[i])
				tree_cut(c, &node[i], height - 1,
					 i == first ? index & ((1ull << shift) - 1) : 0);
		for (unsigned i = 0; i <= first && i < NODE_ENTRIES; i++)
			if (node[i])
				return;
	}
	page_put((paddr_t)*slot << LDE_PAGE_SHIFT);
	*slot = 0;
}

bool content_end_page(struct content *content, uint64_t size)
{
	uint64_t into = size % PAGE_SIZE, index = size / PAGE_SIZE;
	paddr_t pa;

	if (!into || !content_find(content, index))
		return true;
	pa = content_own(content, index, true);
	if (pa)
		memset((char *)direct_map(pa) + into, 0, PAGE_SIZE - into);
	return pa;
}

bool content_cut(struct content *content, uint64_t size)
{
	uint64_t index = (size + PAGE_SIZE - 1) / PAGE_SIZE;

	if (!content_end_page(content, size))
		return false;
	if (content->root && !(index >> NODE_BITS * content->height))
		tree_cut(content, &content->root, content->height, index);
	if (!content->root)
		content->height = 0;
	content->archive_bytes = min_u64(content->archive_bytes, size);
	return true;
}

uint64_t content_next(const struct content *content, uint64_t index, uint64_t end, bool has_page)
{
	while (index < end && !!content_find(content, index) != has_page)
		index++;
	return index;
}

uint64_t content_nr_pages(const struct content *content)
{
	uint64_t archived = (content->archive_bytes + PAGE_SIZE - 1) / PAGE_SIZE;

	/* A page that was copied from the archive takes the place of its own. */
	return max_u64(content->nr_pages, archived);
}
