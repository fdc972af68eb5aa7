/* SPDX-License-Identifier: MIT */
/*
 * The only way to a program's memory: every pointer that a program passes in
 * goes through here. 0, or -EFAULT for whatever the program itself could not
 * have read or written; then some bytes may have been moved. The pages are
 * those of the running process, which is BLOCKED while one comes from a disk: who
 * calls has nothing half done that others could see, or brings the pages first
 * (user_bring_all).
 */
#ifndef GUEST_MM_USERCOPY_H
#define GUEST_MM_USERCOPY_H

#include "guest/arch/direct.h"
#include "guest/arch/frame.h"
#include "guest/lib/limits.h"
#include "guest/mm/space.h"

int user_read(struct space *space, void *dst, vaddr_t src, uint64_t len);
int user_write(struct space *space, vaddr_t dst, const void *src, uint64_t len);
int user_zero(struct space *space, vaddr_t dst, uint64_t len);

/*
 * The same for offloaded code, and for spaces other than the running process's:
 * a page that would have to be waited for is -EFAULT too, and space->refused is
 * where, so that user_bring and another try may help.
 */
int user_read_now(struct space *space, void *dst, vaddr_t src, uint64_t len);

/* From one program's memory to another's. */
int user_copy_now(struct space *to, vaddr_t dst, struct space *from, vaddr_t src, uint64_t len);

/* Length of a string without its NUL, -EFAULT, or -E2BIG if it does not end
 * within max bytes. */
int64_t user_strlen_now(struct space *space, vaddr_t src, uint64_t max);

/* A pointer to what is no program's memory: refused, unless that limit is off and
 * the kernel believes whatever it is told. */
static inline void *user_untrusted(vaddr_t va)
{
	return limits.pointer_checks ? NULL : (void *)va;
}

/*
 * For loops that copy much in one offloaded call: the bytes at va up to the end
 * of its page, and at most *len, if that page is there for access; else NULL,
 * and user_bring, in ring 0, says whether it can be.
 */
void *user_present(struct space *space, vaddr_t va, uint64_t *len, unsigned access);
/* The same for len bytes, which must be in one page. */
void *user_present_elsewhere(struct space *space, vaddr_t va, uint64_t len, unsigned access);
/* Whether that is found at once: then it is *place. */
static inline bool user_present_near(struct space *space, vaddr_t va, uint64_t len,
				     unsigned access, void **place)
{
	/* What is writable is present. */
	uint64_t wanted = access == ACCESS_WRITE ? PTE_WRITE : PTE_PRESENT, pte;

	if (!paging_is_near(&space->tables, va))
		return false;
	pte = *paging_near(&space->tables, va);
	if (unlikely(!(pte & wanted) || va % LDE_PAGE_SIZE + len > LDE_PAGE_SIZE))
		return false;
	*place = (char *)direct_map(pte_paddr(pte)) + va % LDE_PAGE_SIZE;
	return true;
}

static inline void *user_present_whole(struct space *space, vaddr_t va, uint64_t len,
				       unsigned access)
{
	void *place;

	return user_present_near(space, va, len, access, &place) ?
		       place : user_present_elsewhere(space, va, len, access);
}

bool user_bring(struct space *space, vaddr_t va, unsigned access);

/* The same for all of a range; what follows at once does not block. */
bool user_bring_all(struct space *space, vaddr_t va, uint64_t len, unsigned access);

/* Whether all of the range is there for access; else *absent is in a page that
 * is not. */
bool user_is_present(struct space *space, vaddr_t va, uint64_t len, unsigned access,
		     vaddr_t *absent);

/* A string with its NUL: its length without, -EFAULT, or -ENAMETOOLONG if it
 * does not end within size bytes. */
int64_t user_read_string(struct space *space, char *dst, vaddr_t src, uint64_t size);

#endif
