/* SPDX-License-Identifier: MIT */
/* Reads the initrd, a cpio archive in the "newc" format (cpio(5)). */
#ifndef GUEST_FS_INITRD_H
#define GUEST_FS_INITRD_H

#include "guest/lib/compiler.h"

/*
 * Adds every entry of the archive [start, start + size), in the direct map, to
 * the tree of inodes. 0, -EINVAL for an archive that is not well formed, or
 * -ENOMEM. Names and data stay where they are. May be offloaded.
 */
int initrd_unpack(const char *start, uint64_t size);

#endif
