/* SPDX-License-Identifier: MIT */
/*
 * Physical pages: who owns them and how many do.
 *
 * Memory that nobody has used since boot is known to be zero and is handed out
 * in address order; what has been freed comes back last in, first out. Pages of
 * the kernel, the device tree and the initrd are not managed here: getting and
 * putting them does nothing, so they can be mapped like any other.
 */
#ifndef GUEST_MM_PAGE_H
#define GUEST_MM_PAGE_H

#include <lde/layout.h>

#include "guest/lib/compiler.h"

#define PAGE_SIZE LDE_PAGE_SIZE

/* Manages [start, end), which must be zero. Some of it goes into the books. */
void page_init(paddr_t start, paddr_t end);

/* Takes bytes of zeroes from the untouched memory for good; 0 if there is not
 * enough. */
paddr_t page_reserve(uint64_t bytes);

/* A page with one owner, 0 when there is none. Its content is arbitrary... */
paddr_t page_alloc(void);
/* ...or zero. */
paddr_t page_alloc_zeroed(void);
/* The same for offloaded code, which zeroes where it is. */
paddr_t page_alloc_zeroed_here(void);

/* One more owner, one less; the last one frees it. */
void page_get(paddr_t pa);
void page_put(paddr_t pa);
/* Whether the caller, who owns the page, is the only one. */
bool page_is_exclusive(paddr_t pa);

/* The same for a device that is to read into the page, or to write from it. */
void page_pin(paddr_t pa);
void page_unpin(paddr_t pa);
/* For the self-check: what seems to be shared may have a device as its other owner. */
bool page_is_any_pinned(void);

/* Those that reclaim can get back included. */
uint64_t page_nr_free(void);

/*
 * When no page is left, reclaim is asked to give some back: false if it has none.
 * It may be called wherever a page is allocated, offloaded too. *nr_pages: how
 * many it could give.
 */
void page_set_reclaim(bool (*reclaim)(void), const uint32_t *nr_pages);

/* Lists of pages by number (0: end), linked outside the pages. */
uint32_t page_list_push(uint32_t head, paddr_t pa);
void page_list_free(uint32_t head);

/*
 * For the self-check (guest/sys/selfcheck.h). page_check_init, before the first
 * process, takes memory for the rest; false if there is none. An owner that is
 * found is one of those that were counted; page_check looks at all pages. Each
 * says what is wrong, or NULL.
 */
bool page_check_init(void);
void page_check_begin(void);
const char *page_check_owner(paddr_t pa);
const char *page_check(void);
uint32_t page_list_next(uint32_t head);

#endif
