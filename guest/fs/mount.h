/* SPDX-License-Identifier: MIT */
/*
 * Disks in the tree of files. They are mounted before the first process runs, at
 * folders of the tree in memory, and unmounted after the last one.
 */
#ifndef GUEST_FS_MOUNT_H
#define GUEST_FS_MOUNT_H

#include "guest/lib/compiler.h"

struct fmt;

/*
 * Mounts as spec says: "vda:/mnt", with ":ro" behind it for reading only. Folders
 * that are missing on the way are made. False, having told people, if it cannot.
 */
bool mount_add(const char *spec);

/* Writes all back; may block. */
void mount_sync_all(void);
/* Memory is short: writes what only the page cache has, so that it can be given up.
 * False if that is nothing. Blocks. */
bool mount_shed(void);

/* After the last process: writes all back, and notes that all is well. */
void mount_end(void);
/* Afterwards, for the self-check: the tree is again as it was, and all memory given
 * back. */
void mount_forget(void);

/* A line for each, as /proc/mounts has it. */
void mount_text(struct fmt *f);

#endif
