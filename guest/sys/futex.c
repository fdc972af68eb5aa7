/* SPDX-License-Identifier: MIT */
/*
 * futex(2): processes wait for a word of memory to change, and are woken by who
 * changes it. One who waits with others for a word has it in memory that they
 * share: semaphores, mutexes and the like of a C library are made of that.
 *
 * A word is named by the object that its page belongs to and the place in there, so
 * it does not matter where each process has mapped it, or whether its page is in
 * memory. What is nobody else's is named by the address space. The one who waits keeps
 * either alive: it has it mapped, and it is its process's only thread.
 */
#include <linux/futex.h>

#include "guest/core/clock.h"
#include "guest/core/wait.h"
#include "guest/lib/ledger.h"
#include "guest/mm/usercopy.h"
#include "guest/sys/futex.h"
#include "guest/sys/syscall.h"
#include "guest/sys/time.h"

#define NR_BUCKETS 64

struct futex_key {
	const void *of; /* struct memory_object or struct space */
	uint64_t offset;
};

/* One process that waits; on its kernel stack. */
struct futex_waiter {
	struct list link;        /* in its bucket, first come first */
	struct wait_queue queue; /* of it alone; empty if its wait is over or stopped */
	struct futex_key key;
	uint32_t bitset;
	bool is_woken;
};

/* One that was never used is all zeroes. */
static struct list buckets[NR_BUCKETS];

static struct list *bucket_of(const struct futex_key *key)
{
	uint64_t hash = ((uint64_t)key->of + key->offset) * 0x9e3779b97f4a7c15;
	struct list *bucket = &buckets[hash >> 58];

	_Static_assert(NR_BUCKETS == 1 << (64 - 58), "as many as the bits of the hash say");
	if (unlikely(!bucket->next))
		list_init(bucket);
	return bucket;
}

static bool key_is_same(const struct futex_key *a, const struct futex_key *b)
{
	return a->of == b->of && a->offset == b->offset;
}

/* The key of a word that is mapped. -EFAULT for one that is the process's own and
 * cannot be written to: it will never change. */
static int find_shared_key(vaddr_t va, struct futex_key *key)
{
	struct space *space = current()->space;
	const struct region *r = space_find(space, va);

	if (!r)
		return -EFAULT;
	if (r->flags & REGION_F_SHARED) {
		key->of = r->object;
		key->offset = r->offset + (va - r->start);
	} else if (!r->object && !(r->prot & SPACE_PROT_WRITE)) {
		return -EFAULT;
	}
	return 0;
}

/* Finds out what va names by operation op, and, unless value is NULL or an error is
 * returned, its value, which stays as it is until the process waits for something. */
static int find_word(vaddr_t va, int op, struct futex_key *key, uint32_t *value)
{
	bool is_private = op & FUTEX_PRIVATE_FLAG;
	uint32_t unused;

	if (va % sizeof(*value))
		return -EINVAL;
	if (va >= USER_END)
		return -EFAULT;
	/* The page may have to be brought, so this goes first. */
	if ((value || !is_private) && get_user(value ? value : &unused, va, sizeof(*value)))
		return -EFAULT;
	key->of = current()->space;
	key->offset = va;
	return is_private ? 0 : find_shared_key(va, key);
}

/* When a wait is over; 0: it is already. FUTEX_WAIT has a duration, others a point. */
static int read_deadline(vaddr_t timeout, int op, uint64_t *deadline)
{
	uint64_t ns, now;
	int err;

	*deadline = WAIT_FOREVER;
	if (!timeout)
		return 0;
	err = time_get_timespec(timeout, &ns);
	if (err)
		return err;
	if ((op & FUTEX_CMD_MASK) != FUTEX_WAIT) {
		now = op & FUTEX_CLOCK_REALTIME ? clock_real_ns() : clock_mono_ns();
		ns = ns > now ? ns - now : 0;
	}
	*deadline = ns ? time_deadline(ns) : 0;
	return 0;
}

/*
 * Waits once: 0 if woken, and else why not. The value is compared again by the caller
 * if the process was stopped meanwhile: nobody wakes one that is.
 */
static int wait_once(struct futex_waiter *w, uint64_t deadline)
{
	int err;

	list_add_tail(bucket_of(&w->key), &w->link);
	err = wait_on(&w->queue, deadline);
	if (w->is_woken)
		return 0;
	list_remove(&w->link);
	if (err != -EINTR)
		return err ? err : -EAGAIN;
	return deadline == WAIT_FOREVER ? -ERESTARTSYS : -EINTR;
}

static int64_t futex_wait(vaddr_t va, int op, uint32_t expected, uint64_t deadline, uint32_t bitset)
{
	struct futex_waiter w = { .bitset = bitset };
	uint32_t value;
	int err;

	if (!bitset)
		return -EINVAL;
	wait_queue_init(&w.queue);
	do {
		err = find_word(va, op, &w.key, &value);
		if (err)
			return err;
		if (value != expected)
			return -EAGAIN;
		if (!deadline)
			return -ETIMEDOUT;
		err = wait_once(&w, deadline);
	} while (err == -EAGAIN);
	return err;
}

static void wake(struct futex_waiter *w)
{
	list_remove(&w->link);
	w->is_woken = true;
	wait_wake_one(&w->queue);
}

static bool is_waiting(const struct futex_waiter *w, const struct futex_key *key)
{
	return key_is_same(&w->key, key) && !list_is_empty(&w->queue.waiters);
}

/* Wakes up to max, but one if there is any; as on Linux also if max is less. */
static int wake_waiters(const struct futex_key *key, int max, uint32_t bitset)
{
	int nr = 0;

	list_for_each_safe(l, bucket_of(key)) {
		struct futex_waiter *w = list_entry(l, struct futex_waiter, link);

		if (!is_waiting(w, key) || !(w->bitset & bitset))
			continue;
		wake(w);
		if (++nr >= max)
			break;
	}
	return nr;
}

static int64_t futex_wake(vaddr_t va, int op, int max, uint32_t bitset)
{
	struct futex_key key;
	int err;

	if (!bitset)
		return -EINVAL;
	err = find_word(va, op, &key, NULL);
	return err ? err : wake_waiters(&key, max, bitset);
}

void futex_wake_one(vaddr_t va)
{
	futex_wake(va, FUTEX_WAKE, 1, FUTEX_BITSET_MATCH_ANY);
}

/* What FUTEX_WAKE_OP's last argument says: 31..28 operation, 27..24 comparison, and
 * two numbers of 12 bits with signs. */
static int32_t change_operand(uint32_t code)
{
	int32_t operand = (int32_t)(code << 8) >> 20;

	return code >> 28 & FUTEX_OP_OPARG_SHIFT ? (int32_t)(1u << (operand & 31)) : operand;
}

static int change(uint32_t code, uint32_t *value)
{
	uint32_t operand = change_operand(code);

	switch (code >> 28 & ~FUTEX_OP_OPARG_SHIFT) {
	case FUTEX_OP_SET:
		*value = operand;
		return 0;
	case FUTEX_OP_ADD:
		*value += operand;
		return 0;
	case FUTEX_OP_OR:
		*value |= operand;
		return 0;
	case FUTEX_OP_ANDN:
		*value &= ~operand;
		return 0;
	case FUTEX_OP_XOR:
		*value ^= operand;
		return 0;
	default:
		return -ENOSYS;
	}
}

/* Whether the second word's waiters are to be woken, too; or -ENOSYS. */
static int compare(uint32_t code, int32_t value)
{
	int32_t operand = (int32_t)(code << 20) >> 20;

	switch (code >> 24 & 0xf) {
	case FUTEX_OP_CMP_EQ:
		return value == operand;
	case FUTEX_OP_CMP_NE:
		return value != operand;
	case FUTEX_OP_CMP_LT:
		return value < operand;
	case FUTEX_OP_CMP_LE:
		return value <= operand;
	case FUTEX_OP_CMP_GT:
		return value > operand;
	case FUTEX_OP_CMP_GE:
		return value >= operand;
	default:
		return -ENOSYS;
	}
}

/* Changes the second word, wakes some who wait for the first one, and, if the second
 * was as the last argument says, some who wait for that. How many of both. */
static int64_t futex_wake_op(const struct trap_frame *f)
{
	int op = arg_int(f, 1), max = arg_int(f, 2), max2 = arg_int(f, 3), err;
	uint32_t code = arg_u64(f, 5), before, after;
	struct futex_key key, key2;
	vaddr_t va2 = arg_u64(f, 4);

	err = find_word(arg_u64(f, 0), op, &key, NULL);
	if (err)
		return err;
	if (va2 % sizeof(before))
		return -EINVAL;
	/* Nothing is waited for between reading and writing. */
	if (!user_bring(current()->space, va2, ACCESS_WRITE))
		return -EFAULT;
	err = find_word(va2, op, &key2, &before);
	after = before;
	if (!err)
		err = change(code, &after);
	if (err)
		return err;
	if (put_user(va2, &after, sizeof(after)))
		return -EFAULT;
	err = compare(code, before);
	if (err < 0)
		return err;
	return wake_waiters(&key, max, FUTEX_BITSET_MATCH_ANY) +
	       (err ? wake_waiters(&key2, max2, FUTEX_BITSET_MATCH_ANY) : 0);
}

static void requeue(struct futex_waiter *w, const struct futex_key *to)
{
	struct list *from_bucket = bucket_of(&w->key), *to_bucket = bucket_of(to);

	w->key = *to;
	if (to_bucket == from_bucket)
		return;
	list_remove(&w->link);
	list_add_tail(to_bucket, &w->link);
}

/* Wakes some, and lets some of the others wait for another word; how many of both. */
static int64_t requeue_waiters(const struct futex_key *from, const struct futex_key *to,
			       int max_woken, int max_moved)
{
	int nr_woken = 0, nr_moved = 0;

	list_for_each_safe(l, bucket_of(from)) {
		struct futex_waiter *w = list_entry(l, struct futex_waiter, link);

		if (!is_waiting(w, from))
			continue;
		if (nr_woken < max_woken) {
			wake(w);
			nr_woken++;
		} else if (nr_moved < max_moved) {
			requeue(w, to);
			nr_moved++;
		}
	}
	return nr_woken + nr_moved;
}

/* expected: what the first word must be; NULL if that does not matter. */
static int64_t futex_requeue(const struct trap_frame *f, const uint32_t *expected)
{
	int op = arg_int(f, 1), max_woken = arg_int(f, 2), max_moved = arg_int(f, 3), err;
	struct futex_key from, to;
	uint32_t value;

	if (max_woken < 0 || max_moved < 0)
		return -EINVAL;
	err = find_word(arg_u64(f, 4), op, &to, NULL);
	/* Last, so that the value is that of now. */
	if (!err)
		err = find_word(arg_u64(f, 0), op, &from, expected ? &value : NULL);
	if (err)
		return err;
	if (expected && value != *expected)
		return -EAGAIN;
	return requeue_waiters(&from, &to, max_woken, max_moved);
}

int64_t sys_futex(struct trap_frame *f)
{
	vaddr_t va = arg_u64(f, 0);
	int op = arg_int(f, 1), cmd = op & FUTEX_CMD_MASK, err;
	uint32_t value = arg_u64(f, 2), last = arg_u64(f, 5);
	uint64_t deadline = WAIT_FOREVER;

	if (cmd == FUTEX_WAIT || cmd == FUTEX_WAIT_BITSET) {
		err = read_deadline(arg_u64(f, 3), op, &deadline);
		if (err)
			return err;
	}
	if (op & FUTEX_CLOCK_REALTIME && cmd != FUTEX_WAIT_BITSET)
		return -ENOSYS; /* Linux has no such, either */
	switch (cmd) {
	case FUTEX_WAIT:
		return futex_wait(va, op, value, deadline, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAIT_BITSET:
		return futex_wait(va, op, value, deadline, last);
	case FUTEX_WAKE:
		return futex_wake(va, op, value, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAKE_BITSET:
		return futex_wake(va, op, value, last);
	case FUTEX_REQUEUE:
		return futex_requeue(f, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(f, &last);
	case FUTEX_WAKE_OP:
		return futex_wake_op(f);
	default: /* with priorities */
		ledger.futexes_refused++;
		return -ENOSYS;
	}
}
