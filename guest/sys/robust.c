/* SPDX-License-Identifier: MIT */
/*
 * Robust mutexes (set_robust_list(2)): a program keeps a list of those that it has
 * locked. When it ends, or becomes another program, what is in the word of each says
 * so, and one who waits for it is woken.
 *
 * The list is the program's, so it may be anything. It is read where that is offloaded;
 * what has to be done in ring 0 is returned, and then it is gone on with where it was.
 */
#include "guest/sys/robust.h"

#include <linux/futex.h>

#include "guest/arch/offload.h"
#include "guest/mm/usercopy.h"
#include "guest/sys/futex.h"
#include "guest/sys/syscall.h"

/* struct robust_list_head: the first entry, how far the word of an entry is from it,
 * and an entry that is about to be put into the list or taken off. An entry begins with
 * the address of the next one, of which the lowest bit is not part. */
#define HEAD_BYTES 24
#define HEAD_OFFSET 8
#define HEAD_PENDING 16
#define HAS_PRIORITY 1ull

/* What ring 0 has to do before the walk goes on; none: it is over. */
enum { STEP_NONE, STEP_BRING, STEP_WAKE };

struct robust_walk {
	struct process *process;
	vaddr_t head;
	uint64_t entry, offset, pending; /* the first is the next to be seen to */
	uint32_t nr_left;
	bool has_begun;
	vaddr_t va;      /* what is to be brought or woken */
	unsigned access;
};

/* The bytes there, which are in one page; NULL if that is to be brought. */
static void *find(struct robust_walk *w, vaddr_t va, uint64_t len, unsigned access)
{
	w->va = va;
	w->access = access;
	return user_present_whole(w->process->space, va, len, access);
}

static bool read_pointer(struct robust_walk *w, vaddr_t va, uint64_t *value)
{
	const uint64_t *at = find(w, va, sizeof(*at), ACCESS_READ);

	if (at)
		*value = *at;
	return at;
}

/* Marks the word of an entry, if it is this process's; what else is to be done. To do
 * it once more changes nothing. */
static unsigned mark(struct robust_walk *w, uint64_t entry, bool is_pending)
{
	vaddr_t va = (entry & ~HAS_PRIORITY) + w->offset;
	uint32_t *word = find(w, va, sizeof(*word), ACCESS_READ), value;
	bool is_plain = !(entry & HAS_PRIORITY);

	if (!word)
		return STEP_BRING;
	value = *word;
	/* It may have been given back without waking anybody by then. */
	if (is_pending && is_plain && !(value & FUTEX_TID_MASK))
		return STEP_WAKE;
	if ((value & FUTEX_TID_MASK) != w->process->pid)
		return STEP_NONE;
	word = find(w, va, sizeof(*word), ACCESS_WRITE);
	if (!word)
		return STEP_BRING;
	*word = (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
	return is_plain && value & FUTEX_WAITERS ? STEP_WAKE : STEP_NONE;
}

static bool begin(struct robust_walk *w)
{
	w->has_begun = read_pointer(w, w->head, &w->entry) &&
		       read_pointer(w, w->head + HEAD_OFFSET, &w->offset) &&
		       read_pointer(w, w->head + HEAD_PENDING, &w->pending);
	return w->has_begun;
}

/* An address from which nothing crosses a page; the words are checked in the same way. */
static bool is_entry(const struct robust_walk *w, uint64_t entry)
{
	return (entry & ~HAS_PRIORITY) % sizeof(uint64_t) == 0 && w->offset % sizeof(uint32_t) == 0;
}

static uint64_t walk_run(void *arg)
{
	struct robust_walk *w = arg;
	unsigned step;
	uint64_t next;

	if (!w->has_begun && !begin(w))
		return STEP_BRING;
	while ((w->entry & ~HAS_PRIORITY) != w->head && w->nr_left) {
		if (!is_entry(w, w->entry))
			return STEP_NONE;
		if (!read_pointer(w, w->entry & ~HAS_PRIORITY, &next))
			return STEP_BRING;
		step = (w->entry ^ w->pending) & ~HAS_PRIORITY ? mark(w, w->entry, false) :
								 STEP_NONE;
		if (step == STEP_BRING)
			return step;
		w->entry = next;
		w->nr_left--;
		if (step)
			return step;
	}
	if (!w->pending || !is_entry(w, w->pending))
		return STEP_NONE;
	step = mark(w, w->pending, true);
	if (step != STEP_BRING)
		w->pending = 0;
	return step;
}

static bool bring(struct space *space, vaddr_t va, unsigned access, bool may_wait)
{
	if (may_wait)
		return user_bring(space, va, access);
	return va < USER_END && space_page_now(space, va, access);
}

void robust_end(struct process *p, bool may_wait)
{
	struct robust_walk w = { .process = p, .head = p->robust_list,
				 .nr_left = ROBUST_LIST_LIMIT };
	uint64_t step;

	p->robust_list = 0;
	if (w.head % sizeof(uint64_t))
		return;
	while ((step = offload_call(walk_run, &w))) {
		if (step == STEP_WAKE)
			futex_wake_one(w.va);
		else if (!bring(p->space, w.va, w.access, may_wait))
			return;
	}
}

int64_t sys_set_robust_list(struct trap_frame *f)
{
	if (arg_u64(f, 1) != HEAD_BYTES)
		return -EINVAL;
	current()->robust_list = arg_u64(f, 0);
	return 0;
}

int64_t sys_get_robust_list(struct trap_frame *f)
{
	static const uint64_t bytes = HEAD_BYTES;
	int pid = arg_int(f, 0);
	const struct process *p = pid ? process_find(pid) : current();
	uint64_t head;

	if (!p)
		return -ESRCH;
	head = p->robust_list; /* it may be gone when this is told */
	if (put_user(arg_u64(f, 2), &bytes, sizeof(bytes)))
		return -EFAULT;
	return put_user(arg_u64(f, 1), &head, sizeof(head));
}
