/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a regular file, as pages: found by their number in constant
 * time, absent where nothing was ever written.
 *
 * A tree of page numbers, of a height that grows with the file: none at all for
 * one page, one node up to 4 MiB, two levels beyond. Below it may lie a piece
 * of the initrd, which is used where it is until it is written to.
 *
 * Nothing here blocks. All of it may be offloaded.
 */
#ifndef GUEST_FS_CONTENT_H
#define GUEST_FS_CONTENT_H

#include "guest/lib/compiler.h"

/* No file is larger. */
#define CONTENT_BYTES_MAX (4ull << 30)

struct content {
	uint32_t root;        /* number of the only page, or of the top node */
	uint32_t height;      /* of nodes */
	uint32_t nr_pages;    /* of its own, nodes not counted */
	paddr_t archive;      /* page aligned, in the initrd; 0: none */
	uint64_t archive_bytes;
};

/* The page with that index, still the content's, or 0: zeroes. Of the archive's
 * last page only its own bytes count: content_own makes one without others. */
paddr_t content_find(const struct content *content, uint64_t index);

/* The page with that index as one that may be written to; 0 if there is none to
 * be had. Without is_kept, what it held is lost if it has to be made. */
paddr_t content_own(struct content *content, uint64_t index, bool is_kept);

/* Makes the rest of the page that byte size is in zeroes: before the file grows
 * beyond size. False if that takes a page that is not to be had. */
bool content_end_page(struct content *content, uint64_t size);

/* Forgets what lies from byte size on; the rest of that page reads as zeroes.
 * False, and nothing forgotten, if that takes a page that is not to be had. */
bool content_cut(struct content *content, uint64_t size);

/* The first index from index on, below end, with a page or without; else end. */
uint64_t content_next(const struct content *content, uint64_t index, uint64_t end, bool has_page);

/* Pages, those of the archive included. */
uint64_t content_nr_pages(const struct content *content);

/* Pages that files may still take: some are kept for programs. */
uint64_t content_nr_free(void);

#endif
