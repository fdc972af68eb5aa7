/* SPDX-License-Identifier: MIT */
/*
 * The guest's files: a cpio archive (newc, cpio(5)) that is written straight
 * into guest memory, so that a file is read once, into the page from which the
 * guest's kernel maps it. The data of a regular file starts on a page: the
 * name in front of it is padded with NULs, which every reader accepts.
 *
 * Names have no leading slash. Each name occurs once; whoever comes first
 * stays. Parent directories are put in before what is in them.
 */
#ifndef VMM_BOOT_INITRD_H
#define VMM_BOOT_INITRD_H

#include <stddef.h>
#include <stdint.h>

#include "vmm/host/memory.h"

struct archive {
	const struct guestmem *mem;
	uint64_t start_gpa; /* page aligned */
	uint64_t end_gpa;   /* so far */
	uint32_t next_inode;
	void *names; /* tsearch(3) tree of the names that are in */
	/* Files below a root that were left out; the first ones with a message. */
	uint64_t nr_skipped;
};

/* Begins an archive at start_gpa (page aligned) in memory that is all zeroes. */
void archive_init(struct archive *archive, const struct guestmem *mem, gpa_t start_gpa);
void archive_fini(struct archive *archive);

/*
 * Adds a file under an absolute guest path. Returns 0, or -errno: -ENOSPC if
 * the memory is full, -EINVAL for a path that is not absolute or has "..",
 * -ENAMETOOLONG, -EISDIR and so on for what is no regular file, or what
 * open(2) and read(2) say. Adding what is there already does nothing.
 */
int archive_add_file(struct archive *archive, const char *host_path, const char *guest_path);
int archive_add_blob(struct archive *archive, const void *data, size_t len,
		     const char *guest_path);

/* The same for an empty directory. */
int archive_add_dir(struct archive *archive, const char *guest_path);

/*
 * Adds everything below the directory host_dir. Symbolic links are kept; a
 * device, socket or pipe and a file that cannot be read are left out, with a
 * line logged for the first of them, and counted. Does not leave the file system's tree by links.
 */
int archive_add_tree(struct archive *archive, const char *host_dir);

/* Writes the end mark; end_gpa is then final. 0 or -ENOSPC. */
int archive_finish(struct archive *archive);

#endif
