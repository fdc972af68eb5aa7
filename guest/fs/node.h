/* SPDX-License-Identifier: MIT */
/* Making files of every kind, and the ones that are there from the start. */
#ifndef GUEST_FS_NODE_H
#define GUEST_FS_NODE_H

#include "guest/fs/inode.h"

/* A file of the kind that mode says, but no link, without a name and with one
 * user; rdev: which device. NULL without memory. */
struct inode *node_create(uint32_t mode, uint32_t rdev);

/*
 * /dev, /proc and /tmp, where the initrd does not have them; what it has of
 * /dev gives way. They are as old as now_ns (CLOCK_REALTIME). False without
 * memory. May be offloaded.
 */
bool node_create_standard(uint64_t now_ns);

/* /dev/vda and so on, for the block devices that there are. False without memory. */
bool node_create_disks(void);

/* /dev/slow, a read of which takes so long (device.h). False without memory. */
bool node_create_slow(uint64_t ns);

#endif
