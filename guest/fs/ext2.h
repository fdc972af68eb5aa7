/* SPDX-License-Identifier: MIT */
/*
 * The file system of the disks: ext2, revision 1, as `mke2fs -t ext2` makes it
 * (docs/architecture.md, "Files on a disk").
 */
#ifndef GUEST_FS_EXT2_H
#define GUEST_FS_EXT2_H

#include "guest/dev/block.h"
#include "guest/lib/compiler.h"

struct ext2;
struct inode;

/*
 * Mounts what is on the device. NULL, and *fs, or what is wrong with it: a
 * string constant. Reads, and, unless it is to be or the device is read-only,
 * writes that it is in use.
 */
const char *ext2_mount(struct block_device *device, bool is_read_only, struct ext2 **fs);

/* Its root, which is its own parent and has no name; the caller becomes a user. */
struct inode *ext2_root(struct ext2 *fs);

/* Writes all back. 0 or an error of the disk; what was lost since the last call counts
 * too. */
int ext2_sync(struct ext2 *fs);

/* Writes all back, for who cannot be told of errors, or for the file system's own
 * reasons. 0, or what kept it from writing its structure; content that was lost is told
 * to those who sync it. */
int ext2_write_back(struct ext2 *fs);

/* Writes the pages of files, so that memory can be had of them; false if there was
 * nothing to write. Blocks. */
bool ext2_shed(struct ext2 *fs);

/* Writes all back, and notes that all is well, if it is: if nothing has been lost that
 * nobody was told of. Nothing may use it any more,
 * but it can still be read. */
int ext2_unmount(struct ext2 *fs);

/* After that: gives back all memory. Its root is in no folder any more. */
void ext2_close(struct ext2 *fs);

#endif
