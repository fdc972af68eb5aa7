/* SPDX-License-Identifier: MIT */
/* Files in address spaces. */
#include "guest/arch/direct.h"
#include "guest/arch/offload.h"
#include "guest/fs/ext2_fs.h"
#include "guest/fs/wanted.h"
#include "guest/lib/errno.h"
#include "guest/mm/page.h"

/*
 * Pages are brought when they are touched; they stay while a page table has them,
 * since the cache gives up only what it has alone. Through a writable mapping pages
 * change without a word, so all of such a file's that are here are kept, and written
 * at each sync.
 */
static bool is_mapped_for_writing(const struct ext2_node *node)
{
	return !list_is_empty(&node->in_mapped);
}

/* Whether what is written to the page has no place on the disk yet. */
static bool lacks_blocks(const struct ext2_node *node, const struct cache_page *page)
{
	uint64_t start = page->index * PAGE_SIZE, size = node->inode->object.size;

	for (uint32_t i = 0; i < node->fs->blocks_per_page; i++)
		if (!page->block[i] && start + ((uint64_t)i << node->fs->block_shift) < size)
			return true;
	return false;
}

static paddr_t object_page(struct memory_object *object, uint64_t index, bool is_shared)
{
	struct ext2_node *node = ext2_node_of(container_of(object, struct inode, object));
	struct cache_page *page = cache_find(&node->pages, index);
	paddr_t pa;

	if (!page || !page->is_valid)
		return 0;
	if (is_shared && is_mapped_for_writing(node) && lacks_blocks(node, page))
		return 0;
	pa = direct_paddr(page->data);
	page_get(pa);
	return pa;
}

static void object_get(struct memory_object *object)
{
	inode_get(container_of(object, struct inode, object))->nr_maps++;
}

/* What is being read is as the disk has it. */
static void set_all_dirty(struct ext2_node *node)
{
	list_for_each(l, &node->pages.pages) {
		struct cache_page *page = list_entry(l, struct cache_page, in_owner);

		if (!page->is_valid || !ext2_has_blocks(page->block))
			continue;
		/* What was written behind the end is in no file. */
		ext2_clear_end(node, page);
		cache_set_dirty(page, &node->fs->dirty, CACHE_DATA);
	}
}

static void object_put(struct memory_object *object)
{
	struct inode *inode = container_of(object, struct inode, object);
	struct ext2_node *node = ext2_node_of(inode);

	if (!--inode->nr_maps && is_mapped_for_writing(node)) {
		list_remove(&node->in_mapped);
		node->pages.nr_keepers--;
		set_all_dirty(node);
	}
	inode_put(inode);
}

void ext2_map_for_writing(struct inode *inode)
{
	struct ext2_node *node = ext2_node_of(inode);

	if (is_mapped_for_writing(node))
		return;
	list_add_tail(&node->fs->mapped, &node->in_mapped);
	node->pages.nr_keepers++;
}

void ext2_hold(struct inode *inode)
{
	ext2_node_of(inode)->pages.nr_keepers++;
}

void ext2_let_go(struct inode *inode)
{
	ext2_node_of(inode)->pages.nr_keepers--;
}

struct load {
	struct ext2_node *node;
	uint64_t index, end;
};

static uint64_t load_run(void *arg)
{
	struct load *l = arg;

	cache_begin();
	for (; l->index < l->end; l->index++) {
		struct cache_page *page = cache_find(&l->node->pages, l->index);

		if (!page || !page->is_valid)
			return ext2_want_page(l->node, l->index);
	}
	return 0;
}

int ext2_load(struct inode *inode, uint64_t start, uint64_t len)
{
	struct load l = { ext2_node_of(inode), start / PAGE_SIZE, 0 };
	int err = 0;

	if (start >= inode->object.size)
		return 0;
	l.end = (start + min_u64(len, inode->object.size - start) + PAGE_SIZE - 1) / PAGE_SIZE;
	do
		err = (int)offload_call(load_run, &l);
	while (wanted_bring_for(&err));
	return err;
}

struct own {
	struct ext2_node *node;
	uint64_t index;
};

/* The page, with blocks for what lies before the end. */
static int own_work(struct ext2 *fs, void *arg)
{
	const struct own *o = arg;
	uint64_t size = o->node->inode->object.size;
	struct cache_page *page = cache_find(&o->node->pages, o->index);

	(void)fs;
	if (o->index * PAGE_SIZE >= size)
		return 0;
	if (!page || !page->is_valid)
		return ext2_want_page(o->node, o->index);
	return ext2_own_page(o->node, o->index, 0,
			     min_u64(PAGE_SIZE, size - o->index * PAGE_SIZE), &page);
}

/*
 * Who faults may hold the lock of this file, since it reads into the mapping or writes
 * from it; so the lock is not taken. Nor need it be: a page in front of the file's end
 * is in nobody's way who changes that.
 */
static int object_bring(struct memory_object *object, uint64_t index, bool is_shared)
{
	struct ext2_node *node = ext2_node_of(container_of(object, struct inode, object));
	struct own o = { node, index };

	if (index * PAGE_SIZE >= object->size)
		return -ENODATA;
	if (is_shared && is_mapped_for_writing(node))
		return ext2_run_growing(node->fs, own_work, &o);
	return ext2_bring_pages(node, index);
}

const struct memory_object_ops ext2_object_ops = {
	.page = object_page,
	.bring = object_bring,
	.get = object_get,
	.put = object_put,
};

/* Whether somebody may have written where there are none: the file has grown. A hole
 * gets them before it is mapped, so one that no page table has is still a hole. */
static bool may_need_blocks(const struct ext2_node *node, const struct cache_page *page)
{
	return page->is_valid && lacks_blocks(node, page) &&
	       (ext2_has_blocks(page->block) || !page_is_exclusive(direct_paddr(page->data)));
}

static int give_blocks(struct ext2_node *node)
{
	struct list *pages = &node->pages.pages, *l = pages->next;

	while (l != pages) {
		struct cache_page *page = list_entry(l, struct cache_page, in_owner);
		bool is_gone = false;
		int err = 0;

		if (may_need_blocks(node, page)) {
			struct own o = { node, page->index };

			cache_hold(page);
			err = ext2_run(node->fs, own_work, &o);
			is_gone = !page->owner; /* cut off while a disk was waited for */
			l = is_gone ? pages : l;
			cache_unhold(page);
		}
		if (err)
			return err;
		l = l->next;
	}
	return 0;
}

void ext2_write_maps(struct ext2_node *node)
{
	int err;

	if (!is_mapped_for_writing(node))
		return;
	err = give_blocks(node);
	if (err)
		ext2_note_lost(node, err);
	set_all_dirty(node);
}

const char *ext2_page(const struct inode *inode, uint64_t index)
{
	struct cache_page *page = cache_find(&ext2_node_of(inode)->pages, index);

	return page && page->is_valid ? page->data : NULL;
}

const struct inode_ops ext2_file_inode_ops = {
	.name = ext2_inode_own_name,
	.retire = ext2_inode_retire,
	.tree = &ext2_tree_ops,
};
