/* SPDX-License-Identifier: MIT */
#include "guest/fs/inode.h"

#include "guest/arch/direct.h"
#include "guest/core/clock.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/pool.h"

static struct pool inode_pool = POOL_INIT(inode_pool, struct inode);
static uint32_t last_number;

struct inode *inode_create(const struct inode_ops *ops, uint32_t device, uint32_t mode)
{
	struct inode *inode = pool_alloc(&inode_pool);

	if (!inode)
		return NULL;
	inode->ops = ops;
	inode->users = 1;
	inode->device = device;
	inode->number = ++last_number;
	inode->mode = mode;
	list_init(&inode->names);
	return inode;
}

/* Frees inode if nothing holds it any more, and then perhaps the folder that it
 * was in, which may have been removed before. */
static void free_unused(struct inode *inode)
{
	while (inode && !inode->users && !inode->nlink) {
		struct inode *parent = inode->parent;

		if (inode->ops->retire) {
			inode->ops->retire(inode);
			return;
		}
		if (inode->ops->release)
			inode->ops->release(inode);
		pool_free(&inode_pool, inode);
		inode = parent;
		if (inode)
			inode->users--;
	}
}

void inode_put(struct inode *inode)
{
	inode->users--;
	free_unused(inode);
}

void inode_unname(struct inode *inode)
{
	/* The other link of an empty folder is the one that it has to itself. */
	inode->nlink = inode_is_dir(inode) ? 0 : inode->nlink - 1;
	free_unused(inode);
}

void inode_destroy(struct inode *inode)
{
	pool_free(&inode_pool, inode);
}

void inode_touch(struct inode *inode, unsigned what)
{
	uint64_t now = clock_real_ns();

	if (what & INODE_READ)
		inode->atime_ns = now;
	if (what & INODE_WRITTEN)
		inode->mtime_ns = now;
	if (what & (INODE_WRITTEN | INODE_CHANGED))
		inode->ctime_ns = now;
	inode_changed(inode);
}

/* Where the page is; NULL: zeroes. */
static const char *page_of(const struct inode *inode, uint64_t index)
{
	paddr_t pa;

	if (inode_is_on_disk(inode))
		return inode->ops->tree->page(inode, index);
	pa = content_find(&inode->content, index);
	return pa ? direct_map(pa) : NULL;
}

uint64_t inode_read(const struct inode *inode, uint64_t offset, void *buf, uint64_t len)
{
	uint64_t done = 0;

	if (offset >= inode->object.size)
		return 0;
	len = min_u64(len, inode->object.size - offset);
	while (done < len) {
		uint64_t at = offset + done, into = at % PAGE_SIZE;
		uint64_t n = min_u64(len - done, PAGE_SIZE - into);
		const char *page = page_of(inode, at / PAGE_SIZE);

		if (page)
			memcpy((char *)buf + done, page + into, n);
		else
			memset((char *)buf + done, 0, n);
		done += n;
	}
	return len;
}
