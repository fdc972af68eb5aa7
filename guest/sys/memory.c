/* SPDX-License-Identifier: MIT */
/* System calls that change the address space. */
#include <asm/signal.h>
#include <linux/mman.h>
#include <linux/resource.h>

#include "guest/arch/offload.h"
#include "guest/core/rlimit.h"
#include "guest/core/sched.h"
#include "guest/fs/device.h"
#include "guest/fs/regular.h"
#include "guest/mm/page.h"
#include "guest/sys/fd.h"
#include "guest/sys/image.h"
#include "guest/sys/signals.h"
#include "guest/sys/syscall.h"

#define PROT_KNOWN (PROT_READ | PROT_WRITE | PROT_EXEC)

_Static_assert(PROT_READ == SPACE_PROT_READ && PROT_WRITE == SPACE_PROT_WRITE &&
		       PROT_EXEC == SPACE_PROT_EXEC,
	       "space.h has them as mmap(2) does");

/* Page aligned, not empty, inside the user half. */
static bool range_is_good(vaddr_t start, uint64_t bytes)
{
	return start % PAGE_SIZE == 0 && bytes && start < USER_END && bytes <= USER_END - start;
}

/* What x86 does with a protection: what can be written can be read. */
static uint8_t effective_prot(int prot)
{
	return prot & PROT_WRITE ? prot | PROT_READ : prot;
}

/* RLIMIT_AS: whether bytes more may be mapped. */
static bool may_grow(struct space *space, uint64_t bytes)
{
	uint64_t limit;

	if (likely(!rlimit_has_any(current())))
		return true;
	limit = rlimit_get(current(), RLIMIT_AS).soft;
	return limit == RLIMIT_UNLIMITED ||
	       (bytes <= limit && space_size(space) <= limit - bytes);
}

static bool heap_grow(struct space *space, vaddr_t from, vaddr_t to)
{
	struct space_mapping m = {
		.start = from,
		.bytes = to - from,
		.prot = SPACE_PROT_READ | SPACE_PROT_WRITE,
		.flags = REGION_F_HEAP,
	};

	return may_grow(space, m.bytes) &&
	       space_is_free(space, from, m.bytes + STACK_GUARD_BYTES) && !space_map(space, &m);
}

/* brk(2) as the kernel has it: the new break, or the old one on failure. */
int64_t sys_brk(struct trap_frame *f)
{
	struct space *space = current()->space;
	vaddr_t brk = arg_u64(f, 0), from = ALIGN_UP(space->brk, PAGE_SIZE), to;

	if (brk < space->brk_start || brk >= USER_END - PAGE_SIZE)
		return space->brk;
	to = ALIGN_UP(brk, PAGE_SIZE);
	if (to > from && !heap_grow(space, from, to))
		return space->brk;
	if (to < from && space_unmap(space, to, from - to))
		return space->brk;
	space->brk = brk;
	return brk;
}

/* Where a mapping goes: at addr if it must, near it if it can, else anywhere. */
static int choose_address(struct space *space, vaddr_t addr, uint64_t bytes, int flags,
			  vaddr_t *start)
{
	bool fits = addr >= USER_START && range_is_good(addr, bytes);

	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		if (addr % PAGE_SIZE)
			return -EINVAL;
		if (!range_is_good(addr, bytes))
			return -ENOMEM;
		if (!fits)
			return -EPERM;
		*start = addr;
		if (!(flags & MAP_FIXED_NOREPLACE))
			return space_unmap(space, addr, bytes);
		return space_is_free(space, addr, bytes) ? 0 : -EEXIST;
	}
	addr = ALIGN_DOWN(addr, PAGE_SIZE);
	fits = addr >= USER_START && range_is_good(addr, bytes);
	*start = fits && space_is_free(space, addr, bytes) ? addr :
							     space_find_gap(space, bytes);
	return *start ? 0 : -ENOMEM;
}

/* Fills in what the content of a file brings to a mapping; one more user of it. */
static int use_content(struct space_mapping *m, struct inode *inode, uint64_t offset)
{
	if (!inode_has_content(inode))
		return -ENODEV;
	m->object = &inode_get(inode)->object;
	m->offset = offset;
	m->length = offset < inode->object.size ?
			    min_u64(m->bytes, inode->object.size - offset) : 0;
	m->flags |= REGION_F_FILE;
	return 0;
}

/* Memory that is shared with children, whoever touches a page first: it belongs
 * to a file without a name. */
static int use_shared_memory(struct space_mapping *m)
{
	struct inode *inode = regular_create(MODE_REGULAR | 0600);
	int err = inode ? regular_resize(inode, m->bytes) : -ENOMEM;

	if (err) {
		if (inode)
			inode_put(inode);
		return -ENOMEM;
	}
	m->object = &inode->object;
	m->length = m->bytes;
	m->flags |= REGION_F_FILE;
	return 0;
}

/* Memory that is of no file; private if nothing is filled in. */
static int use_memory(struct space_mapping *m, int flags)
{
	return (flags & MAP_TYPE) == MAP_PRIVATE ? 0 : use_shared_memory(m);
}

static int use_file(struct space_mapping *m, const struct file *file, uint64_t offset, int flags)
{
	if (offset + m->bytes < offset)
		return -EOVERFLOW;
	if (flags & MAP_SHARED && m->prot & PROT_WRITE && !fd_can_write(file))
		return -EACCES;
	if (!fd_can_read(file))
		return -EACCES;
	if (flags & MAP_SHARED && !fd_can_write(file))
		m->flags |= REGION_F_READ_ONLY;
	if (device_is_zero(file->inode))
		return use_memory(m, flags);
	return use_content(m, file->inode, offset);
}

/* What is mapped, by the arguments of mmap(2); its object, if it has one, has to be
 * let go of after space_map. */
static int choose_content(struct space_mapping *m, const struct trap_frame *f, int flags)
{
	if (flags & MAP_ANONYMOUS)
		return use_memory(m, flags);
	return use_file(m, fd_get(arg_int(f, 4)), arg_u64(f, 5), flags);
}

static bool type_is_known(int flags)
{
	switch (flags & MAP_TYPE) {
	case MAP_PRIVATE:
	case MAP_SHARED:
		return true;
	case MAP_SHARED_VALIDATE:
		return !(flags & MAP_ANONYMOUS);
	default:
		return false;
	}
}

static struct inode *inode_of(const struct memory_object *object)
{
	return container_of(object, struct inode, object);
}

/* Whether what is written there goes to a file on a disk, now or after mprotect. */
static bool is_written_back(const struct memory_object *object, unsigned flags)
{
	return object && flags & REGION_F_SHARED && !(flags & REGION_F_READ_ONLY) &&
	       inode_is_on_disk(inode_of(object));
}

int64_t sys_mmap(struct trap_frame *f)
{
	struct space *space = current()->space;
	int prot = arg_int(f, 2), flags = arg_int(f, 3), err;
	struct space_mapping m = { .prot = effective_prot(prot & PROT_KNOWN) };

	if (arg_u64(f, 5) % PAGE_SIZE)
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS) && !fd_get(arg_int(f, 4)))
		return -EBADF;
	if (!arg_u64(f, 1) || !type_is_known(flags))
		return -EINVAL;
	if (arg_u64(f, 1) > USER_END)
		return -ENOMEM;
	m.bytes = ALIGN_UP(arg_u64(f, 1), PAGE_SIZE);
	if (!may_grow(space, m.bytes))
		return -ENOMEM;
	err = choose_content(&m, f, flags);
	if ((flags & MAP_TYPE) != MAP_PRIVATE)
		m.flags |= REGION_F_SHARED;
	if (!err)
		err = choose_address(space, arg_u64(f, 0), m.bytes, flags, &m.start);
	if (!err)
		err = space_map(space, &m);
	if (!err && is_written_back(m.object, m.flags))
		inode_of(m.object)->ops->tree->map_for_writing(inode_of(m.object));
	if (m.object)
		inode_put(inode_of(m.object)); /* the mapping has it now, or there is none */
	return err ? err : (int64_t)m.start;
}

int64_t sys_munmap(struct trap_frame *f)
{
	vaddr_t start = arg_u64(f, 0);
	uint64_t bytes = ALIGN_UP(arg_u64(f, 1), PAGE_SIZE);

	if (!range_is_good(start, bytes))
		return -EINVAL;
	return space_unmap(current()->space, start, bytes);
}

int64_t sys_mprotect(struct trap_frame *f)
{
	vaddr_t start = arg_u64(f, 0);
	uint64_t bytes = ALIGN_UP(arg_u64(f, 1), PAGE_SIZE);
	int prot = arg_int(f, 2);

	if (start % PAGE_SIZE)
		return -EINVAL;
	if (!arg_u64(f, 1))
		return 0;
	if (prot & ~(PROT_KNOWN | PROT_SEM))
		return -EINVAL;
	if (!range_is_good(start, bytes))
		return -ENOMEM;
	return space_protect(current()->space, start, bytes, effective_prot(prot));
}

/* Takes the mapping elsewhere: to a fixed place, or to wherever there is room. */
static int64_t remap_move(struct space *space, vaddr_t from, uint64_t old, uint64_t new, int flags,
			  vaddr_t to)
{
	int err = 0;

	if (flags & MREMAP_FIXED) {
		if (!range_is_good(to, new) || to < USER_START ||
		    (to < from + old && from < to + new))
			return -EINVAL;
		err = space_unmap(space, to, new);
	} else {
		to = space_find_gap(space, new);
		err = to ? 0 : -ENOMEM;
	}
	if (!err && new < old) {
		err = space_unmap(space, from + new, old - new);
		old = new;
	}
	if (!err)
		err = space_move(space, from, old, to, new);
	return err ? err : (int64_t)to;
}

int64_t sys_mremap(struct trap_frame *f)
{
	struct space *space = current()->space;
	vaddr_t from = arg_u64(f, 0);
	uint64_t old = ALIGN_UP(arg_u64(f, 1), PAGE_SIZE), new = ALIGN_UP(arg_u64(f, 2), PAGE_SIZE);
	int flags = arg_int(f, 3);
	struct region *r;

	if (from % PAGE_SIZE || !new || flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED) ||
	    ((flags & MREMAP_FIXED) && !(flags & MREMAP_MAYMOVE)))
		return -EINVAL;
	if (!old)
		return -EINVAL; /* duplicating a shared mapping: not offered */
	if (new > USER_END)
		return -ENOMEM;
	r = range_is_good(from, old) ? space_find(space, from) : NULL;
	if (!r)
		return -EFAULT;
	if (new <= old && !(flags & MREMAP_FIXED)) { /* then whatever lies there is unmapped */
		int err = new < old ? space_unmap(space, from + new, old - new) : 0;

		return err ? err : (int64_t)from;
	}
	if (r->end - from < old)
		return -EFAULT;
	if (new > old && !may_grow(space, new - old))
		return -ENOMEM;
	if (flags & MREMAP_FIXED)
		return remap_move(space, from, old, new, flags, arg_u64(f, 4));
	if (r->end == from + old && range_is_good(from, new) &&
	    space_is_free(space, r->end, new - old)) {
		space_grow(r, new - old);
		return from;
	}
	if (!(flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	return remap_move(space, from, old, new, flags, 0);
}

int64_t sys_madvise(struct trap_frame *f)
{
	vaddr_t start = arg_u64(f, 0);
	uint64_t bytes = ALIGN_UP(arg_u64(f, 1), PAGE_SIZE);

	if (start % PAGE_SIZE || bytes < arg_u64(f, 1))
		return -EINVAL;
	if (!bytes)
		return 0;
	if (!range_is_good(start, bytes))
		return -ENOMEM;
	switch (arg_int(f, 2)) {
	case MADV_DONTNEED:
		space_discard(current()->space, start, bytes);
		return 0;
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_WILLNEED:
	case MADV_FREE: /* as lazy as Linux: the content may stay */
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
	case MADV_DONTFORK:
	case MADV_DOFORK:
		return 0;
	default:
		return -EINVAL;
	}
}

/* A part of the address space, from its start to which there is nothing to sync. */
struct sync {
	struct space *space;
	vaddr_t start, end;
};

/* The next inode in there that has to be synced, or 0. */
static uint64_t find_to_sync(void *arg)
{
	struct sync *s = arg;
	struct region *r;

	while (s->start < s->end && (r = space_find_from(s->space, s->start)) && r->start < s->end) {
		s->start = r->end;
		if (is_written_back(r->object, r->flags))
			return (uint64_t)inode_of(r->object);
	}
	return 0;
}

/* What is mapped never differs from its file in memory; a disk has to be told. */
static int sync_range(vaddr_t start, vaddr_t end)
{
	struct sync s = { current()->space, start, end };
	struct inode *inode;
	int err = 0;

	while (!err && (inode = (struct inode *)offload_call(find_to_sync, &s)))
		err = inode->ops->tree->sync(inode);
	return err;
}

int64_t sys_msync(struct trap_frame *f)
{
	vaddr_t start = arg_u64(f, 0);
	int flags = arg_int(f, 2);

	if (start % PAGE_SIZE || flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) ||
	    (flags & MS_ASYNC && flags & MS_SYNC))
		return -EINVAL;
	return flags & MS_SYNC ? sync_range(start, start + arg_u64(f, 1)) : 0;
}

/* One call of mincore(2): of so many pages from start on it is still to be said. */
struct mincore {
	struct space *space;
	vaddr_t start, to;
	uint64_t left;
};

/* As far as there is one page to say it in. -EFAULT: that has to be brought. */
static uint64_t look_at_pages(void *arg)
{
	struct mincore *m = arg;
	uint64_t nr = m->left, mapped;
	uint8_t *there;

	if (!space_find(m->space, m->start))
		return -ENOMEM;
	there = user_present(m->space, m->to, &nr, ACCESS_WRITE);
	if (!there)
		return -EFAULT;
	mapped = space_find_resident(m->space, m->start, nr, there);
	m->start += mapped * PAGE_SIZE;
	m->to += mapped;
	m->left -= mapped;
	return mapped < nr ? -ENOMEM : 0;
}

int64_t sys_mincore(struct trap_frame *f)
{
	vaddr_t start = arg_u64(f, 0), to = arg_u64(f, 2);
	uint64_t bytes = arg_u64(f, 1), nr = bytes / PAGE_SIZE + !!(bytes % PAGE_SIZE);
	struct mincore m = { current()->space, start, to, nr };

	if (start % PAGE_SIZE)
		return -EINVAL;
	if (bytes > USER_END || start > USER_END - bytes)
		return -ENOMEM;
	if (nr > USER_END || to > USER_END - nr)
		return -EFAULT;
	while (m.left) {
		int err = (int)offload_call(look_at_pages, &m);

		if (err == -EFAULT && user_bring(m.space, m.to, ACCESS_WRITE))
			err = 0;
		/* It may take long, but knows no EINTR: others than SIGKILL wait. */
		if (!err && !sched_cond_resched() &&
		    current()->signals_pending & SIGNAL_BIT(SIGKILL))
			err = -EINTR;
		if (err)
			return err;
	}
	return 0;
}
