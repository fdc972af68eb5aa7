/* SPDX-License-Identifier: MIT */
/* The end of removed files: their blocks and their inode become free. */
#include "guest/arch/offload.h"
#include "guest/core/clock.h"
#include "guest/fs/ext2_fs.h"
#include "guest/lib/errno.h"

#define NS_PER_SEC 1000000000ull

struct end {
	struct ext2_node *node;
	uint32_t time;
};

static int cut_all(struct ext2 *fs, void *arg)
{
	const struct end *end = arg;

	(void)fs;
	/* A link's target is where others have block numbers. */
	if (inode_is_symlink(end->node->inode) && ext2_link_is_fast(end->node))
		return 0;
	if (!inode_is_regular(end->node->inode) && !inode_is_dir(end->node->inode) &&
	    !inode_is_symlink(end->node->inode))
		return 0;
	return ext2_map_cut(end->node, 0);
}

/* The block of attributes, which may be others' too. */
static int free_acl(struct ext2_node *node)
{
	struct ext2 *fs = node->fs;
	struct ext2_xattr_header *header;
	struct cache_page *page;
	int err;

	if (!node->file_acl)
		return 0;
	if (!ext2_is_data_block(fs, node->file_acl))
		return ext2_complain(fs, "attributes out of range, of inode", node->ino);
	err = ext2_get(fs, node->file_acl, &page);
	if (err)
		return err;
	header = (struct ext2_xattr_header *)page->data;
	if (header->magic != EXT2_XATTR_MAGIC)
		return ext2_complain(fs, "attributes that are none, of inode", node->ino);
	if (header->refcount <= 1)
		return ext2_block_free(fs, node->file_acl);
	err = ext2_edit(fs, page, CACHE_INODE, node->ino);
	if (!err)
		header->refcount--;
	return err;
}

static int free_inode(struct ext2 *fs, void *arg)
{
	const struct end *end = arg;
	struct ext2_node *node = end->node;
	struct ext2_raw_inode *raw;
	struct cache_page *page;
	int err = free_acl(node);

	if (!err)
		err = ext2_ino_free(fs, node->ino, inode_is_dir(node->inode));
	if (!err)
		err = ext2_raw(fs, node->ino, &page, &raw);
	if (!err)
		err = ext2_edit(fs, page, CACHE_INODE, node->ino);
	if (err)
		return err;
	raw->links_count = 0;
	raw->dtime = end->time;
	raw->size = raw->size_high = raw->blocks = raw->file_acl = 0;
	return 0;
}

static uint64_t forget_run(void *node)
{
	ext2_inode_forget(node);
	return 0;
}

int ext2_inode_end(struct ext2_node *node)
{
	struct end end = { node, clock_real_ns() / NS_PER_SEC };
	int err;

	do
		err = ext2_run(node->fs, cut_all, &end);
	while (err == 1);
	if (!err)
		err = ext2_run(node->fs, free_inode, &end);
	/* Else blocks that are nobody's are not free. */
	node->fs->has_error |= err != 0;
	offload_call(forget_run, node);
	return err;
}
