/* SPDX-License-Identifier: MIT */
/*
 * The page cache: what has been read of disks, and what is to be written.
 *
 * A page of it is a page of a file, or one block of a file system's own data
 * (then only the block's bytes of it count). Pages that are clean and not in
 * use are given up, the least recently used first, when the cache is full or
 * when memory is short; so the cache takes what nobody else wants, up to a
 * quarter of the memory.
 *
 * Nothing here blocks, and all of it may be offloaded, but cache_io.h. What
 * was found or added since the last cache_begin is not given up, so code that
 * does not block need not hold what it works on.
 */
#ifndef GUEST_FS_CACHE_H
#define GUEST_FS_CACHE_H

#include "guest/lib/list.h"

#define CACHE_BLOCKS_MAX 4 /* a page has at most as many blocks */

/*
 * In which order things are written, so that what is on the disk at any moment
 * can be repaired: a file's bytes before what leads to them; the block that a name
 * is moved to before the one that it comes from, so that a file always has one.
 */
enum cache_class {
	CACHE_BITMAP,
	CACHE_DATA,
	CACHE_NUMBERS,     /* blocks of block numbers: of data... */
	CACHE_NUMBERS_2,   /* ...of those, */
	CACHE_NUMBERS_3,   /* and of those again */
	CACHE_INODE,
	CACHE_NAMES,
	CACHE_NAMES_LEFT,  /* those that a name was moved from, to another block */
	CACHE_NR_CLASSES,
};

/* What pages belong to: a file, or the rest of a file system. */
struct cache_owner {
	struct list pages;
	uint32_t nr_pages;
	uint32_t nr_dirty;
	uint32_t nr_keepers; /* > 0: none is given up */
	uint32_t nr_holds;   /* of all pages: what a disk has of them may be older still */
};

/* Pages that are to be written to a disk, those changed first in front. */
struct cache_dirty {
	struct list pages[CACHE_NR_CLASSES];
	uint32_t nr;
};

struct cache_page {
	struct cache_page *next;      /* in its bucket */
	struct list in_lru, in_owner;
	struct list in_dirty;         /* while dirty, on one of a struct cache_dirty's */
	struct cache_owner *owner;    /* NULL: removed while it was in use */
	struct cache_dirty *dirty;    /* NULL: clean */
	uint64_t index;               /* in the file, or the block's number */
	char *data;
	uint32_t block[CACHE_BLOCKS_MAX]; /* of a file: where its parts are; 0: nowhere */
	uint32_t epoch;               /* of its last use */
	uint32_t ino;                 /* for whom a block of the structure was changed last */
	uint16_t users;               /* who block while they need it */
	uint8_t class;                /* while dirty */
	bool is_valid;                /* data is what it is to be; else it is being read */
	bool is_in_flight;            /* a disk reads or writes it */
	bool is_target;               /* while dirty: a name was moved to it */
	bool is_pending;              /* to be written as it is: it must not change before */
};

/* Once, before the first disk is mounted. False without memory. */
bool cache_init(void);

void cache_owner_init(struct cache_owner *owner);
void cache_dirty_init(struct cache_dirty *dirty);

/* A piece of work begins: what was in use before is not any more. */
void cache_begin(void);

/* The page, or NULL. */
struct cache_page *cache_find(struct cache_owner *owner, uint64_t index);

/* A page of zeroes that is not there yet, not valid; NULL without memory. */
struct cache_page *cache_add(struct cache_owner *owner, uint64_t index);

/* Takes the page away, changed or not. */
void cache_remove(struct cache_page *page);
/* All pages of an owner from index on. */
void cache_remove_from(struct cache_owner *owner, uint64_t index);

/* The same for one page, if it is there; false, and not taken away, if it was found
 * or added since the last cache_begin. */
bool cache_forget(struct cache_owner *owner, uint64_t index);

/* It is to be written; a page that is already keeps its place, unless the class is a
 * later one. */
void cache_set_dirty(struct cache_page *page, struct cache_dirty *dirty, enum cache_class class);
void cache_set_clean(struct cache_page *page);

/* Against being given up and freed while somebody blocks. */
static inline struct cache_page *cache_hold(struct cache_page *page)
{
	page->owner->nr_holds++;
	page->users++;
	return page;
}

void cache_unhold(struct cache_page *page);

/* Gives up to nr pages back to the allocator; how many. */
uint32_t cache_shrink(uint32_t nr);

/* How many pages there may be. */
uint32_t cache_nr_max(void);
/* Whether a disk has so much to write that its writers must wait for it. */
bool cache_is_crowded(const struct cache_dirty *dirty);

#endif
