/* SPDX-License-Identifier: MIT */
/* Between initrd.c and initrd_tree.c: single entries of the archive. */
#ifndef VMM_BOOT_INITRD_ENTRY_H
#define VMM_BOOT_INITRD_ENTRY_H

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct archive;

/* What the header of an entry says, except for its name. */
struct archive_entry {
	mode_t mode;
	uid_t uid;
	gid_t gid;
	time_t mtime;
	uint64_t len; /* bytes of data */
};

/* As stat(2) has it; len is st_size. */
struct archive_entry archive_entry_of(const struct stat *st);

/* Adds an entry with its data under a name without leading slash that is not
 * in yet. 0, -EEXIST, -ENOSPC, -ENOMEM or -EFBIG. */
int archive_add_entry(struct archive *archive, const struct archive_entry *entry,
		      const char *name, const void *contents);

/* Adds a regular file of the host; flags are further ones for open(2). */
int archive_add_host_file(struct archive *archive, const char *host_path, const char *name,
			  int flags);

#endif
