/* SPDX-License-Identifier: MIT */
#include "guest/sys/signal_queue.h"

#include "guest/mm/pool.h"

/* Those of one signal are a ring; who has it points to the last one. */
struct signal_queued {
	struct signal_queued *next;
	struct signal_info info;
};

static struct pool queued_pool = POOL_INIT(queued_pool, struct signal_queued);

static struct signal_queued **last_of(struct process *p, int sig)
{
	return &p->signals->last_queued[sig - SIGNAL_QUEUED_MIN];
}

bool signal_queue_add(struct process *p, int sig, const struct signal_info *info)
{
	struct signal_queued *one = p->signals ? pool_alloc(&queued_pool) : NULL;
	struct signal_queued **last;

	if (!one)
		return false;
	one->info = *info;
	last = last_of(p, sig);
	one->next = *last ? (*last)->next : one;
	if (*last)
		(*last)->next = one;
	*last = one;
	p->signals->actions[sig - 1].flags |= SIGNAL_HAS_MORE;
	p->signals->nr_queued++;
	return true;
}

/* The first of them, off the ring. */
static struct signal_info remove_first(struct process *p, int sig)
{
	struct signal_queued **last = last_of(p, sig), *one = (*last)->next;
	struct signal_info info = one->info;

	(*last)->next = one->next;
	if (one == *last) {
		*last = NULL;
		p->signals->actions[sig - 1].flags &= ~(uint64_t)SIGNAL_HAS_MORE;
	}
	pool_free(&queued_pool, one);
	p->signals->nr_queued--;
	return info;
}

void signal_queue_next(struct process *p, int sig)
{
	p->signals->infos[sig - 1] = remove_first(p, sig);
	p->signals_pending |= SIGNAL_BIT(sig);
}

void signal_queue_drop(struct process *p, int sig)
{
	while (*last_of(p, sig))
		remove_first(p, sig);
}

void signal_queue_drop_all(struct process *p)
{
	for (int sig = SIGNAL_QUEUED_MIN; sig <= SIGNALS_MAX && p->signals->nr_queued; sig++)
		signal_queue_drop(p, sig);
}

void signal_queue_leave(struct process *p)
{
	for (int sig = SIGNAL_QUEUED_MIN; sig <= SIGNALS_MAX; sig++) {
		*last_of(p, sig) = NULL;
		p->signals->actions[sig - 1].flags &= ~(uint64_t)SIGNAL_HAS_MORE;
	}
	p->signals->nr_queued = 0;
}

uint64_t signal_queue_count(const struct process *p)
{
	uint64_t set = p->signals_pending & SIGNALS_QUEUED, nr = p->signals ? p->signals->nr_queued : 0;

	for (; set; set &= set - 1)
		nr++;
	return nr;
}
