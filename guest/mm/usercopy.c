/* SPDX-License-Identifier: MIT */
/*
 * Copies go page by page through the direct map: the space says where a page
 * is, having first checked the access and brought the page in. So a bad
 * pointer is found before anything is touched, and no fault can happen here.
 */
#include "guest/mm/usercopy.h"

#include "guest/arch/direct.h"
#include "guest/arch/offload.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"

/* Fewer bytes than this are not worth an offloaded call. */
#define OFFLOAD_BYTES_MIN 256

static inline void copy_within_page(void *dst, const void *src, uint64_t len)
{
	if (len < OFFLOAD_BYTES_MIN)
		memcpy(dst, src, len);
	else
		offload_copy(dst, src, len);
}

/* The bytes at va, of the page at pa (0: there is none), up to its end, and at most
 * *len; NULL if bad. */
static inline void *piece_of(vaddr_t va, paddr_t pa, uint64_t *len)
{
	uint64_t into = va % PAGE_SIZE;

	*len = min_u64(*len, PAGE_SIZE - into);
	if (va >= USER_END)
		return user_untrusted(va);
	return pa ? (char *)direct_map(pa) + into : NULL;
}

static void *user_piece(struct space *space, vaddr_t va, uint64_t *len, unsigned access)
{
	return piece_of(va, va < USER_END ? space_page(space, va, access) : 0, len);
}

static __attribute__((noinline)) int copy_from_pages(struct space *space, void *dst, vaddr_t src,
						      uint64_t len)
{
	while (len) {
		uint64_t n = len;
		void *piece = user_piece(space, src, &n, ACCESS_READ);

		if (!piece)
			return -EFAULT;
		copy_within_page(dst, piece, n);
		dst = (char *)dst + n;
		src += n;
		len -= n;
	}
	return 0;
}

static __attribute__((noinline)) int copy_to_pages(struct space *space, vaddr_t dst,
						    const void *src, uint64_t len)
{
	while (len) {
		uint64_t n = len;
		void *piece = user_piece(space, dst, &n, ACCESS_WRITE);

		if (!piece)
			return -EFAULT;
		copy_within_page(piece, src, n);
		src = (const char *)src + n;
		dst += n;
		len -= n;
	}
	return 0;
}

/*
 * Where most copies go: a few bytes, in one page that is there, near the one
 * that was looked for last. NULL: elsewhere.
 */
static inline void *user_near(const struct space *space, vaddr_t va, uint64_t len, uint64_t needed)
{
	uint64_t into = va % PAGE_SIZE, pte;

	if (!paging_is_near(&space->tables, va) || len >= OFFLOAD_BYTES_MIN ||
	    into + len > PAGE_SIZE)
		return NULL;
	pte = *paging_near(&space->tables, va);
	return (pte & needed) == needed ? (char *)direct_map(pte_paddr(pte)) + into : NULL;
}

int user_read(struct space *space, void *dst, vaddr_t src, uint64_t len)
{
	const void *near = user_near(space, src, len, PTE_PRESENT);

	if (likely(near)) {
		memcpy(dst, near, len);
		return 0;
	}
	return copy_from_pages(space, dst, src, len);
}

int user_write(struct space *space, vaddr_t dst, const void *src, uint64_t len)
{
	void *near = user_near(space, dst, len, PTE_PRESENT | PTE_WRITE);

	if (likely(near)) {
		memcpy(near, src, len);
		return 0;
	}
	return copy_to_pages(space, dst, src, len);
}

/* As user_piece, for reading, and at once. */
static void *user_piece_now(struct space *space, vaddr_t va, uint64_t *len)
{
	paddr_t pa = va < USER_END ? space_page_now(space, va, ACCESS_READ) : 0;
	void *piece = piece_of(va, pa, len);

	if (!piece)
		space->refused = va;
	return piece;
}

int user_read_now(struct space *space, void *dst, vaddr_t src, uint64_t len)
{
	while (len) {
		uint64_t n = len;
		const void *piece = user_piece_now(space, src, &n);

		if (!piece)
			return -EFAULT;
		copy_within_page(dst, piece, n);
		dst = (char *)dst + n;
		src += n;
		len -= n;
	}
	return 0;
}

void *user_present(struct space *space, vaddr_t va, uint64_t *len, unsigned access)
{
	uint64_t into = va % PAGE_SIZE;
	uint64_t *pte = va < USER_END ? paging_find(&space->tables, va) : NULL;

	if (va >= USER_END) {
		*len = min_u64(*len, PAGE_SIZE - into);
		return user_untrusted(va);
	}
	if (!pte || !(*pte & PTE_PRESENT) || (access == ACCESS_WRITE && !(*pte & PTE_WRITE)))
		return NULL;
	*len = min_u64(*len, PAGE_SIZE - into);
	return (char *)direct_map(pte_paddr(*pte)) + into;
}

void *user_present_elsewhere(struct space *space, vaddr_t va, uint64_t len, unsigned access)
{
	uint64_t n = len;
	void *piece = user_present(space, va, &n, access);

	return n == len ? piece : NULL;
}

bool user_bring(struct space *space, vaddr_t va, unsigned access)
{
	return va < USER_END ? space_page(space, va, access) : user_untrusted(va) != NULL;
}

bool user_is_present(struct space *space, vaddr_t va, uint64_t len, unsigned access,
		     vaddr_t *absent)
{
	while (len) {
		uint64_t n = len;

		if (!user_present(space, va, &n, access)) {
			*absent = va;
			return false;
		}
		va += n;
		len -= n;
	}
	return true;
}

bool user_bring_all(struct space *space, vaddr_t va, uint64_t len, unsigned access)
{
	vaddr_t absent;

	while (!user_is_present(space, va, len, access, &absent))
		if (!user_bring(space, absent, access))
			return false;
	return true;
}

struct zero {
	struct space *space;
	vaddr_t dst;
	uint64_t left;
};

static uint64_t zero_run(void *arg)
{
	struct zero *z = arg;

	while (z->left) {
		uint64_t n = z->left;
		void *piece = user_present(z->space, z->dst, &n, ACCESS_WRITE);

		if (!piece)
			break;
		memset(piece, 0, n);
		z->dst += n;
		z->left -= n;
	}
	return 0;
}

int user_zero(struct space *space, vaddr_t dst, uint64_t len)
{
	struct zero z = { space, dst, len };

	while (z.left) {
		offload_call(zero_run, &z);
		if (z.left && !user_bring(space, z.dst, ACCESS_WRITE))
			return -EFAULT;
	}
	return 0;
}

struct string_read {
	struct space *space;
	char *dst;
	vaddr_t src;
	uint64_t done, size;
};

/* Copies as much of the string as is in pages that are there; true at its NUL. */
static uint64_t string_run(void *arg)
{
	struct string_read *s = arg;

	while (s->done < s->size) {
		uint64_t n = s->size - s->done, len;
		const char *piece = user_present(s->space, s->src + s->done, &n, ACCESS_READ);

		if (!piece)
			return false;
		len = strnlen(piece, n);
		memcpy(s->dst + s->done, piece, len);
		s->done += len;
		if (len < n) {
			s->dst[s->done] = '\0';
			return true;
		}
	}
	return false;
}

int64_t user_read_string(struct space *space, char *dst, vaddr_t src, uint64_t size)
{
	struct string_read s = { space, dst, src, 0, size };

	while (s.done < size) {
		if (offload_call(string_run, &s))
			return s.done;
		if (s.done < size && !user_bring(space, src + s.done, ACCESS_READ))
			return -EFAULT;
	}
	return -ENAMETOOLONG;
}

int user_copy_now(struct space *to, vaddr_t dst, struct space *from, vaddr_t src, uint64_t len)
{
	while (len) {
		uint64_t n = len;
		const void *piece = user_piece_now(from, src, &n);

		if (!piece || user_write(to, dst, piece, n))
			return -EFAULT;
		src += n;
		dst += n;
		len -= n;
	}
	return 0;
}

int64_t user_strlen_now(struct space *space, vaddr_t src, uint64_t max)
{
	uint64_t done = 0;

	while (done < max) {
		uint64_t n = max - done, len;
		const char *piece = user_piece_now(space, src + done, &n);

		if (!piece)
			return -EFAULT;
		len = strnlen(piece, n);
		done += len;
		if (len < n)
			return done;
	}
	return -E2BIG;
}
