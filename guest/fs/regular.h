/* SPDX-License-Identifier: MIT */
/* Regular files, and links: what is kept in memory besides folders. */
#ifndef GUEST_FS_REGULAR_H
#define GUEST_FS_REGULAR_H

#include "guest/fs/inode.h"

extern const struct inode_ops regular_inode_ops, link_inode_ops;
extern const struct file_ops regular_file_ops;

/* An empty file without a name; NULL without memory. */
struct inode *regular_create(uint32_t mode);

/* Takes what the file is from the initrd, page aligned, without copying. */
void regular_set_archive(struct inode *inode, paddr_t data, uint64_t size);

/* A link to target, text of text.h that it takes over; NULL without memory:
 * then it does not. */
struct inode *link_create(const char *target, uint64_t len);

/* 0, -EFBIG or -ENOSPC, or what a disk has against it. What is new reads as zeroes. */
int regular_resize(struct inode *inode, uint64_t size);

/* Makes sure of pages for [offset, offset + len), -ENOSPC if there are not
 * enough, -EOPNOTSUPP on a disk. */
int regular_reserve(struct inode *inode, uint64_t offset, uint64_t len);

#endif
