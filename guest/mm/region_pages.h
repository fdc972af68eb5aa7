/* SPDX-License-Identifier: MIT */
/* The pages behind a region; for mm only. */
#ifndef GUEST_MM_REGION_PAGES_H
#define GUEST_MM_REGION_PAGES_H

#include "guest/mm/region.h"

/* Gives back all pages of r, of a space that is not loaded. May be offloaded. */
void region_free_pages(struct space *space, struct region *r);

/* These may be offloaded, and are to be where many regions may have to be changed. True
 * if there were pages: then region_flush is due, in ring 0. */

/* Gives back the pages of r in [start, end). */
bool region_drop_pages(struct space *space, struct region *r, vaddr_t start, vaddr_t end);

/* Gives back those of r that are a file's own, unchanged, and can be brought again. */
bool region_shed_pages(struct space *space, struct region *r);

/* Brings the page-table entries in line with r->prot. */
bool region_update_pages(struct space *space, struct region *r);

/* Entries changed under a loaded root must be forgotten by the CPU as well. */
void region_flush(const struct space *space);

/* Moves all pages of from to the region at to (same order); -ENOMEM and
 * nothing moved if a page table cannot be had. */
int region_move_pages(struct space *space, struct region *from, struct region *to, vaddr_t start);

#endif
