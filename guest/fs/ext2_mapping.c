/* SPDX-License-Identifier: MIT */
/* Files in address spaces: they are in memory as long as they are mapped. */
#include "guest/arch/direct.h"
#include "guest/arch/offload.h"
#include "guest/fs/ext2_fs.h"
#include "guest/fs/wanted.h"
#include "guest/lib/errno.h"
#include "guest/mm/page.h"

/*
 * A file that is mapped is in memory: ext2_load brings it in, and keepers see to
 * it that it stays. What is not here has come since, by a file that grew: a hole.
 */
static paddr_t object_page(struct memory_object *object, uint64_t index, bool is_shared)
{
	struct ext2_node *node = ext2_node_of(container_of(object, struct inode, object));
	struct cache_page *page = cache_find(&node->pages, index);
	uint32_t blocks[CACHE_BLOCKS_MAX] = { 0 };
	paddr_t pa;

	(void)is_shared;
	if (!page) {
		if (ext2_map_page(node, index, 0, 0, blocks) || ext2_has_blocks(blocks))
			return 0; /* a fault cannot wait for a disk */
		page = cache_add(&node->pages, index);
		if (!page)
			return 0;
		page->is_valid = true;
	}
	pa = direct_paddr(page->data);
	page_get(pa);
	return pa;
}

static void object_get(struct memory_object *object)
{
	struct inode *inode = container_of(object, struct inode, object);

	ext2_node_of(inode)->pages.nr_keepers++;
	inode_get(inode)->nr_maps++;
}

static void set_all_dirty(struct ext2_node *node)
{
	list_for_each(l, &node->pages.pages) {
		struct cache_page *page = list_entry(l, struct cache_page, in_owner);

		if (ext2_has_blocks(page->block))
			cache_set_dirty(page, &node->fs->dirty, CACHE_DATA);
	}
}

static void object_put(struct memory_object *object)
{
	struct inode *inode = container_of(object, struct inode, object);
	struct ext2_node *node = ext2_node_of(inode);

	inode->nr_maps--;
	if (!--node->pages.nr_keepers && !list_is_empty(&node->in_mapped)) {
		list_remove(&node->in_mapped);
		set_all_dirty(node);
	}
	inode_put(inode);
}

const struct memory_object_ops ext2_object_ops = {
	.page = object_page,
	.get = object_get,
	.put = object_put,
};

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

/* Blocks for the holes of what will be written to through a mapping. */
static int own_work(struct ext2 *fs, void *arg)
{
	struct load *l = arg;
	uint64_t size = l->node->inode->object.size;

	for (; l->index < l->end && l->index * PAGE_SIZE < size; l->index++) {
		uint64_t n = min_u64(PAGE_SIZE, size - l->index * PAGE_SIZE);
		struct cache_page *page;
		int err = ext2_own_page(l->node, l->index, 0, n, &page);

		if (err)
			return err;
		ext2_mark(fs);
	}
	return 0;
}

int ext2_load(struct inode *inode, uint64_t start, uint64_t len, bool can_write)
{
	struct ext2_node *node = ext2_node_of(inode);
	struct load l = { node, start / PAGE_SIZE, 0 };
	int err = 0;

	if (start >= inode->object.size)
		return 0;
	l.end = (start + min_u64(len, inode->object.size - start) + PAGE_SIZE - 1) / PAGE_SIZE;
	if (l.end - l.index > cache_nr_max())
		return -ENOMEM;
	do
		err = (int)offload_call(load_run, &l);
	while (wanted_bring_for(&err));
	if (err || !can_write)
		return err;
	l.index = start / PAGE_SIZE;
	sleep_lock_take(&node->lock);
	err = ext2_run_growing(node->fs, own_work, &l);
	sleep_lock_drop(&node->lock);
	if (!err && list_is_empty(&node->in_mapped))
		list_add_tail(&node->fs->mapped, &node->in_mapped);
	return err;
}

/* Blocks for a page that has none, unless it is behind the end. */
static int own_one(struct ext2_node *node, uint64_t index)
{
	struct load l = { node, index, index + 1 };

	return ext2_run(node->fs, own_work, &l);
}

int ext2_write_maps(struct ext2_node *node)
{
	struct list *pages = &node->pages.pages, *l = pages->next;

	while (l != pages) {
		struct cache_page *page = list_entry(l, struct cache_page, in_owner);
		bool is_gone = false;
		int err = 0;

		if (!ext2_has_blocks(page->block)) {
			cache_hold(page);
			err = own_one(node, page->index);
			is_gone = !page->owner; /* cut off while a disk was waited for */
			l = is_gone ? pages : l;
			cache_unhold(page);
		}
		if (err)
			return err;
		l = l->next;
	}
	set_all_dirty(node);
	return 0;
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
