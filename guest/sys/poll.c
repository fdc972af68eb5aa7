/* SPDX-License-Identifier: MIT */
/* Waiting for any of several files: poll(2), select(2) and their kin. */
#include <asm/poll.h>
#include <asm/signal.h>

#include "guest/arch/direct.h"
#include "guest/core/clock.h"
#include "guest/core/watch.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/sys/fd.h"
#include "guest/sys/signals.h"
#include "guest/sys/syscall.h"

#define NS_PER_SEC 1000000000ull
#define NS_PER_MS  1000000ull
#define NS_PER_US  1000ull

/* Reported whether asked for or not. */
#define ALWAYS (POLLERR | POLLHUP | POLLNVAL)
/* Of a file that is always ready. */
#define READY (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM)

struct pollfd_user {
	int32_t fd;
	int16_t events, revents;
};

/*
 * One call: the entries to look at, in as many pages as they need. poll's come
 * from the program so, those of select are made of its sets.
 */
struct poll {
	struct pollfd_user *pages[FD_MAX * sizeof(struct pollfd_user) / PAGE_SIZE];
	uint32_t nr;
	uint64_t deadline; /* TSC */
	struct watcher watcher;
};

#define PER_PAGE (PAGE_SIZE / sizeof(struct pollfd_user))

static struct pollfd_user *poll_entry(const struct poll *p, uint32_t i)
{
	return &p->pages[i / PER_PAGE][i % PER_PAGE];
}

/* Room for nr entries; false without memory. */
static bool poll_begin(struct poll *p, uint32_t nr)
{
	memset(p->pages, 0, sizeof(p->pages));
	p->nr = nr;
	for (uint32_t i = 0; i * PER_PAGE < nr; i++) {
		paddr_t pa = page_alloc();

		if (!pa)
			return false;
		p->pages[i] = direct_map(pa);
	}
	return true;
}

static void poll_end(struct poll *p)
{
	for (uint32_t i = 0; i < ARRAY_SIZE(p->pages); i++)
		if (p->pages[i])
			page_put(direct_paddr(p->pages[i]));
}

/* What has become of one entry. */
static int16_t look(const struct pollfd_user *entry, struct watcher *watcher)
{
	uint32_t wanted = (uint16_t)entry->events | ALWAYS;
	struct file *file;

	if (entry->fd < 0)
		return 0;
	file = fd_get(entry->fd);
	if (!file)
		return POLLNVAL;
	return (file->ops->poll ? file->ops->poll(file, watcher) : READY) & wanted;
}

/* Looks at all entries; how many have something to tell. */
static int64_t look_at_all(struct poll *p, struct watcher *watcher)
{
	int64_t ready = 0;

	for (uint32_t i = 0; i < p->nr; i++) {
		struct pollfd_user *entry = poll_entry(p, i);

		entry->revents = look(entry, watcher);
		ready += !!entry->revents;
	}
	return ready;
}

/* Waits until an entry has something to tell, or the deadline. */
static int64_t poll_wait(struct poll *p)
{
	int64_t ready = look_at_all(p, NULL);
	int err = 0;

	if (ready || p->deadline == 0)
		return ready;
	watch_begin(&p->watcher);
	ready = look_at_all(p, &p->watcher);
	if (p->watcher.is_failed)
		err = -ENOMEM;
	while (!ready && !err) {
		err = watch_wait(&p->watcher, p->deadline);
		ready = look_at_all(p, NULL);
	}
	watch_end(&p->watcher);
	return ready || err == -ETIMEDOUT ? ready : err;
}

/* ---- time and signals ------------------------------------------------- */

/* The deadline after ns from now; 0: not to wait at all. */
static uint64_t deadline_after(uint64_t sec, uint64_t ns)
{
	uint64_t ticks, now = clock_timer_now();

	if (!sec && !ns)
		return 0;
	ticks = clock_ns_to_timer(sec > UINT64_MAX / NS_PER_SEC / 2 ? UINT64_MAX :
								      sec * NS_PER_SEC + ns);
	return ticks > UINT64_MAX - now ? WAIT_FOREVER : now + ticks;
}

/* A timeout of sec and a part of a second, such as ns_per says. 0 or -EINVAL;
 * -EFAULT. at 0: for ever. */
static int read_timeout(vaddr_t at, uint64_t ns_per, uint64_t *deadline)
{
	int64_t time[2];

	*deadline = WAIT_FOREVER;
	if (!at)
		return 0;
	if (get_user(time, at, sizeof(time)))
		return -EFAULT;
	if (ns_per == NS_PER_US) { /* select takes more than a second there */
		time[0] += time[1] / 1000000;
		time[1] %= 1000000;
	}
	if (time[0] < 0 || time[1] < 0 || time[1] * ns_per >= NS_PER_SEC)
		return -EINVAL;
	*deadline = deadline_after(time[0], time[1] * ns_per);
	return 0;
}

/* Tells the program how much of its timeout is left. */
static void write_timeout(vaddr_t at, uint64_t ns_per, uint64_t deadline)
{
	uint64_t now = clock_timer_now(), left = 0;
	int64_t time[2];

	if (!at || deadline == WAIT_FOREVER)
		return;
	if (deadline > now)
		left = clock_timer_to_ns(deadline - now);
	time[0] = left / NS_PER_SEC;
	time[1] = left % NS_PER_SEC / ns_per;
	put_user(at, time, sizeof(time)); /* memory that is read-only is left so */
}

/* For the time of the call another mask counts, as in rt_sigsuspend. */
static int mask_begin(vaddr_t at, uint64_t size)
{
	struct process *p = current();
	uint64_t mask;

	if (!at)
		return 0;
	if (size != sizeof(mask))
		return -EINVAL;
	if (get_user(&mask, at, sizeof(mask)))
		return -EFAULT;
	p->mask_after_suspend = p->signal_mask;
	p->is_suspended = true;
	p->signal_mask = mask & ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
	signal_check(p);
	return 0;
}

/* The last that is done. On -EINTR the handler runs first, and its return brings the mask
 * back; unless the signal was taken back by now. */
static void mask_end(vaddr_t at, int64_t result)
{
	struct process *p = current();

	if (!at || (result == -EINTR && p->needs_attention))
		return;
	p->is_suspended = false;
	p->signal_mask = p->mask_after_suspend;
	signal_check(p);
}

/* ---- poll -------------------------------------------------------------- */

static int read_entries(struct poll *p, vaddr_t from)
{
	for (uint32_t i = 0; i < p->nr; i += PER_PAGE) {
		uint64_t nr = min_u64(p->nr - i, PER_PAGE);

		if (get_user(poll_entry(p, i), from + i * sizeof(struct pollfd_user),
			     nr * sizeof(struct pollfd_user)))
			return -EFAULT;
	}
	return 0;
}

static int write_results(struct poll *p, vaddr_t to)
{
	for (uint32_t i = 0; i < p->nr; i++) {
		const struct pollfd_user *entry = poll_entry(p, i);

		if (put_user(to + i * sizeof(*entry) + offsetof(struct pollfd_user, revents),
			     &entry->revents, sizeof(entry->revents)))
			return -EFAULT;
	}
	return 0;
}

static int64_t poll_entries(vaddr_t entries, uint32_t nr, uint64_t deadline)
{
	struct poll p = { .deadline = deadline };
	int64_t result = -ENOMEM;

	if (nr > (unsigned)current()->files->limit)
		return -EINVAL;
	if (poll_begin(&p, nr)) {
		result = read_entries(&p, entries);
		if (!result)
			result = poll_wait(&p);
		if (result >= 0 && write_results(&p, entries))
			result = -EFAULT;
	}
	poll_end(&p);
	return result;
}

int64_t sys_poll(struct trap_frame *f)
{
	int timeout_ms = arg_int(f, 2);
	uint64_t deadline = WAIT_FOREVER;

	if (timeout_ms >= 0)
		deadline = deadline_after(timeout_ms / 1000, timeout_ms % 1000 * NS_PER_MS);
	return poll_entries(arg_u64(f, 0), arg_int(f, 1), deadline);
}

int64_t sys_ppoll(struct trap_frame *f)
{
	uint64_t deadline;
	int64_t result = read_timeout(arg_u64(f, 2), 1, &deadline);

	if (!result)
		result = mask_begin(arg_u64(f, 3), arg_u64(f, 4));
	if (result)
		return result;
	result = poll_entries(arg_u64(f, 0), arg_int(f, 1), deadline);
	write_timeout(arg_u64(f, 2), 1, deadline);
	mask_end(arg_u64(f, 3), result);
	return result;
}

/* ---- select ------------------------------------------------------------ */

#define SET_BITS  64
#define SET_WORDS (FD_MAX / SET_BITS)

/* What a number in each of the three sets is to be looked at for, and what
 * makes it stay in. */
static const struct {
	int16_t asks, counts;
} sets[3] = {
	{ POLLIN | POLLRDNORM, POLLIN | POLLRDNORM | POLLHUP | POLLERR },
	{ POLLOUT | POLLWRNORM, POLLOUT | POLLWRNORM | POLLERR },
	{ POLLPRI, POLLPRI },
};

struct select {
	uint32_t nr; /* of descriptors */
	vaddr_t sets[3];
	uint64_t words[3][SET_WORDS];
};

static uint32_t nr_words(const struct select *s)
{
	return (s->nr + SET_BITS - 1) / SET_BITS;
}

/* Only once: others may change memory that is shared. */
static int read_sets(struct select *s)
{
	for (unsigned k = 0; k < 3; k++) {
		memset(s->words[k], 0, sizeof(s->words[k]));
		if (s->sets[k] && get_user(s->words[k], s->sets[k], nr_words(s) * 8))
			return -EFAULT;
		if (s->nr % SET_BITS)
			s->words[k][s->nr / SET_BITS] &= (1ull << s->nr % SET_BITS) - 1;
	}
	return 0;
}

/* The bits that are in any of word i of the sets. */
static uint64_t any_bit(const struct select *s, uint32_t i)
{
	return s->words[0][i] | s->words[1][i] | s->words[2][i];
}

static uint32_t nr_entries(const struct select *s)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < nr_words(s); i++)
		for (uint64_t any = any_bit(s, i); any; any &= any - 1)
			nr++;
	return nr;
}

/* An entry for each number that is in a set. */
static int make_entries(const struct select *s, struct poll *p)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < nr_words(s); i++) {
		for (uint64_t any = any_bit(s, i); any; any &= any - 1) {
			unsigned bit = __builtin_ctzll(any);
			struct pollfd_user *entry = poll_entry(p, nr++);

			entry->fd = i * SET_BITS + bit;
			entry->events = 0;
			for (unsigned k = 0; k < 3; k++)
				if (s->words[k][i] >> bit & 1)
					entry->events |= sets[k].asks;
			if (!fd_get(entry->fd))
				return -EBADF;
		}
	}
	return 0;
}

/* Leaves in the sets what is ready; how many bits that is. */
static int64_t write_sets(struct select *s, const struct poll *p)
{
	int64_t ready = 0;

	memset(s->words, 0, sizeof(s->words));
	for (uint32_t i = 0; i < p->nr; i++) {
		const struct pollfd_user *entry = poll_entry(p, i);

		for (unsigned k = 0; k < 3; k++) {
			if (!(entry->events & sets[k].asks && entry->revents & sets[k].counts))
				continue;
			s->words[k][entry->fd / SET_BITS] |= 1ull << entry->fd % SET_BITS;
			ready++;
		}
	}
	for (unsigned k = 0; k < 3; k++)
		if (s->sets[k] && put_user(s->sets[k], s->words[k], nr_words(s) * 8))
			return -EFAULT;
	return ready;
}

static int64_t select_sets(struct select *s, uint64_t deadline)
{
	struct poll p = { .deadline = deadline };
	int64_t result = read_sets(s);

	if (result)
		return result;
	result = poll_begin(&p, nr_entries(s)) ? make_entries(s, &p) : -ENOMEM;
	if (!result)
		result = poll_wait(&p);
	if (result >= 0)
		result = write_sets(s, &p);
	poll_end(&p);
	return result;
}

static int64_t select_call(struct trap_frame *f, uint64_t ns_per, vaddr_t mask, uint64_t mask_size)
{
	struct select s;
	uint64_t deadline;
	int64_t result = read_timeout(arg_u64(f, 4), ns_per, &deadline);

	if (result)
		return result;
	if (arg_int(f, 0) < 0)
		return -EINVAL;
	s.nr = min_u64(arg_int(f, 0), FD_MAX);
	for (unsigned k = 0; k < 3; k++)
		s.sets[k] = arg_u64(f, 1 + k);
	result = mask_begin(mask, mask_size);
	if (result)
		return result;
	result = select_sets(&s, deadline);
	write_timeout(arg_u64(f, 4), ns_per, deadline);
	mask_end(mask, result);
	return result;
}

int64_t sys_select(struct trap_frame *f)
{
	return select_call(f, NS_PER_US, 0, 0);
}

int64_t sys_pselect6(struct trap_frame *f)
{
	uint64_t mask[2] = { 0, 0 }; /* where it is, its size */

	if (arg_u64(f, 5) && get_user(mask, arg_u64(f, 5), sizeof(mask)))
		return -EFAULT;
	return select_call(f, 1, mask[0], mask[1]);
}
